"""Who may come into a room. Pure: rows and the time in, a grant or a named refusal out.

The checks come in the order in which people need to know, and tell a stranger nothing:

1. no such room or invite, or no right to know of the room -> ``not_found``
2. removed by the host -> ``removed``; refused by a host in the waiting room -> ``not_admitted``
3. the invite: revoked, expired, stopped for newcomers, used up, not valid yet
4. the room: closed (for everyone), not open now, open to people who sign in, locked (the last
   three not for moderators)

``me`` is the site that somebody has proved to be theirs; ``""`` if they have not signed in.

``host_away`` comes next, from ``needs_host`` and ``rooms.entry.hosts``. ``room_full`` comes last,
from ``place`` and from the media worker, which alone counts the people.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Protocol

from rooms.entry import hours
from rooms.entry.sites import domains
from rooms.models import SignIn, WaitingRoom
from rooms.roles import Grant, Role, VisitorPolicy


class Refusal(Enum):
    """Why somebody may not come in.

    The value has the HTTP status; messages and pages use the name.
    """

    def __init__(self, status: int, _order: int) -> None:
        # The order makes each value unique: members with equal values would be aliases.
        self.status = status

    not_found = (404, 0)
    removed = (403, 1)
    invite_revoked = (410, 2)
    invite_expired = (410, 3)
    invite_used_up = (410, 4)
    invite_not_yet = (403, 5)
    room_closed = (410, 6)
    room_not_open = (403, 7)
    room_locked = (423, 8)
    room_full = (503, 9)
    invite_stopped = (410, 10)
    sign_in_needed = (403, 11)
    host_away = (403, 12)
    not_admitted = (403, 13)
    call_ended = (410, 14)


class RoomRules(hours.Times, Protocol):
    """What the rules read of a room."""

    @property
    def visitors(self) -> str: ...
    @property
    def locked(self) -> bool: ...
    @property
    def closed(self) -> bool: ...
    @property
    def opens_with_owner(self) -> bool: ...
    @property
    def waiting_room(self) -> str: ...
    @property
    def max_people(self) -> int: ...
    @property
    def sign_in(self) -> str: ...
    @property
    def admitted_domains(self) -> str: ...
    @property
    def banned_domains(self) -> str: ...


class InviteRules(Protocol):
    """What the rules read of an invite."""

    @property
    def role(self) -> str: ...
    @property
    def not_before(self) -> datetime | None: ...
    @property
    def expires(self) -> datetime | None: ...
    @property
    def uses_left(self) -> int | None: ...
    @property
    def revoked(self) -> bool: ...
    @property
    def stopped(self) -> bool: ...


def invite_grant(
    room: RoomRules,
    invite: InviteRules,
    *,
    person_admitted: bool,
    banned: bool,
    now: datetime,
    rejoining: bool = False,
    me: str = "",
) -> Grant | Refusal:
    """The grant of somebody with an invite.

    ``person_admitted``: they came in by this invite before, so they do not count again.
    ``rejoining``: they were in the call a moment ago (a resume token says so) or are in it now
    (``rooms.workers.live``), so a lock does not keep them out.
    """
    if banned or domains.covers(room.banned_domains, me):
        return Refusal.removed
    if invite.revoked:
        return Refusal.invite_revoked
    if invite.expires is not None and now >= invite.expires:
        return Refusal.invite_expired
    if invite.stopped and not person_admitted:
        return Refusal.invite_stopped
    if invite.uses_left == 0 and not person_admitted:
        return Refusal.invite_used_up
    if invite.not_before is not None and now < invite.not_before:
        return Refusal.invite_not_yet
    return _room_open(room, Grant(Role(invite.role)), now, rejoining, me)


def visitor_grant(
    room: RoomRules, *, banned: bool, now: datetime, rejoining: bool = False, me: str = ""
) -> Grant | Refusal:
    """The grant of somebody who has only the room's address, and maybe a site that is admitted."""
    admitted = domains.covers(room.admitted_domains, me)
    if room.visitors == VisitorPolicy.NOTHING and not admitted:
        return Refusal.not_found
    if banned or domains.covers(room.banned_domains, me):
        return Refusal.removed
    speaks = admitted or room.visitors == VisitorPolicy.SPEAK
    return _room_open(room, Grant(Role.SPEAKER if speaks else Role.LISTENER), now, rejoining, me)


def user_grant(room: RoomRules, *, is_staff: bool, now: datetime) -> Grant | Refusal:
    """The grant of somebody who is logged in to the admin; no other account counts."""
    if not is_staff:
        return Refusal.not_found
    return _room_open(room, Grant(Role.OWNER), now, rejoining=False)


def needs_host(room: RoomRules, grant: Grant) -> bool:
    """Whether they come in only while a host is in the call. Whoever is in it already stays."""
    return room.opens_with_owner and not grant.moderate


def must_wait(room: RoomRules, grant: Grant, *, invited: bool, me: str = "") -> bool:
    """Whether they wait until a host lets them in, unless one already has.

    ``invited``: they came by an invite. Guests whose site is admitted count as invited.
    """
    if grant.moderate or room.waiting_room == WaitingRoom.OFF:
        return False
    if room.waiting_room == WaitingRoom.ALL:
        return True
    return not invited and not domains.covers(room.admitted_domains, me)


def place(room: RoomRules, grant: Grant, people: int) -> Grant | Refusal:
    """Whether there is a place for one more. Moderators always find one."""
    return Refusal.room_full if people >= room.max_people and not grant.moderate else grant


def _room_open(
    room: RoomRules, grant: Grant, now: datetime, rejoining: bool, me: str = ""
) -> Grant | Refusal:
    window = hours.window(room, now)
    if room.closed or window is None:
        return Refusal.room_closed
    if grant.moderate:
        return grant
    if not window.is_open(now):
        return Refusal.room_not_open
    if room.sign_in == SignIn.REQUIRED and not me:
        return Refusal.sign_in_needed
    if room.locked and not rejoining:
        return Refusal.room_locked
    return grant
