"""As whom somebody opens a room's page: the owner, the holder of an invite, or a visitor."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rooms.entry import hours, passes
from rooms.entry.access import Refusal, place, user_grant
from rooms.entry.facts import current_grant
from rooms.entry.passes import Pass
from rooms.models import Admission, Invite, Room
from rooms.roles import Grant, Role
from rooms.workers.live import is_in_now, people_in


def strongest(
    room: Room, held: Pass | None, user: int | None, now: datetime
) -> tuple[Pass, Grant | Refusal]:
    """The strongest standing: the logged-in owner, then the holder of a pass, then a visitor."""
    known = held or Pass(room.pk, Role.LISTENER, None, passes.new_person())
    if user is not None:
        owner = replace(known, role=Role.OWNER, invite=None, user=user)
        return owner, user_grant(room, is_staff=True, now=now)
    verdict = invited(room, held, now)
    visitor = replace(known, invite=None, user=None)
    if held is not None and isinstance(verdict, Grant):
        return replace(held, role=verdict.role), verdict
    inside = room.locked and held is not None and is_in(room, known.person)
    visiting = current_grant(visitor, now, rejoining=inside)
    if isinstance(visiting, Grant) and verdict not in (Refusal.removed, Refusal.not_admitted):
        return replace(visitor, role=visiting.role), visiting
    if held is not None and held.invite is not None:
        return held, verdict
    return replace(visitor, role=Role.LISTENER), visiting


def invited(room: Room, held: Pass | None, now: datetime) -> Grant | Refusal:
    """The standing that the invite of a pass gives; ``not_found`` without an invite."""
    if held is None or held.user is not None or held.invite is None:
        return Refusal.not_found
    return current_grant(held, now, rejoining=been_in(room, held))


def been_in(room: Room, pass_: Pass) -> bool:
    """Whether they joined before: reloading a locked or full room must not shut them out.

    It opens only the page: the join checks the lock again, and the media worker the number of
    people. Being in a locked room by another link counts too.
    """
    if pass_.invite is None:
        return False
    came = Admission.objects.filter(invite=pass_.invite, person=pass_.person)
    return came.exists() or (room.locked and is_in(room, pass_.person))


def is_in(room: Room, person: str) -> bool:
    """Whether this person is in the call now, in any tab."""
    return is_in_now(room.slug, passes.participant_of(room.pk, person))


def has_place(room: Room, grant: Grant, pass_: Pass) -> bool:
    """Whether the page may open. The media worker decides again when they join."""
    return (
        been_in(room, pass_)
        or isinstance(place(room, grant, people_in(room.slug)), Grant)
        or is_in(room, pass_.person)
    )


def opening(refusal: Refusal, room: Room, invite: Invite | None, now: datetime) -> datetime | None:
    """When it is worth coming back."""
    if refusal is Refusal.room_not_open:
        window = hours.window(room, now)
        return window.opens if window is not None else None
    return invite.not_before if refusal is Refusal.invite_not_yet and invite is not None else None
