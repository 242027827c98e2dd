"""What a card in another site's page says about a room: to strangers, and to those with an invite.

Nothing is used up, and nobody is looked up: every reader gets the same card.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rooms.entry import framing, hosts, hours
from rooms.entry.access import Refusal, invite_grant, needs_host, visitor_grant
from rooms.looks import chosen
from rooms.models import Background, Invite, Room
from rooms.roles import Grant
from rooms.workers import sfu


@dataclass(frozen=True, slots=True)
class Card:
    """``sources``: who may frame it. Without ``button`` there is nowhere to go."""

    title: str
    sources: str
    description: str = ""
    state: str = ""
    # Somebody is in the call.
    live: bool = False
    opens: datetime | None = None
    closes: datetime | None = None
    button: str = ""
    href: str = ""
    background: Background | None = None
    found: bool = True


def nothing() -> Card:
    """The card of a room that strangers may not know, and of one that does not exist.

    Every site may frame it, because it says nothing.
    """
    return Card(
        _("There is nothing here"),
        "*",
        _("This link does not lead to a call. Ask the person who made this page to check it."),
        found=False,
    )


def of_room(slug: str, now: datetime) -> Card:
    """The card behind a room's name."""
    room = Room.objects.select_related("background").filter(slug=slug).first()
    if room is None:
        return nothing()
    return _card(room, visitor_grant(room, banned=False, now=now), room.get_absolute_url(), now)


def of_invite(token: str, now: datetime) -> Card:
    """The card behind an invite."""
    invite = Invite.objects.select_related("room__background").filter(token=token).first()
    if invite is None:
        return nothing()
    room = invite.room
    verdict = invite_grant(room, invite, person_admitted=False, banned=False, now=now)
    if verdict is Refusal.invite_not_yet:
        return _early(room, invite.get_absolute_url(), invite.not_before, None)
    return _card(room, verdict, invite.get_absolute_url(), now)


def _card(room: Room, verdict: Grant | Refusal, address: str, now: datetime) -> Card:
    if verdict is Refusal.not_found:
        return nothing()
    if verdict is Refusal.room_closed:
        return _of(room, state=_("This call is over."))
    if verdict is Refusal.room_not_open:
        window = hours.window(room, now) or hours.ALWAYS
        return _early(room, address, window.opens, window.closes)
    if verdict is Refusal.room_locked:
        return _of(
            room, state=_("This call is locked."), button=_("Enter"), href=_in_frame(address)
        )
    if isinstance(verdict, Grant) or verdict is Refusal.sign_in_needed:
        return _open(room, verdict, address, now)
    return Card(
        _("This link no longer works"),
        framing.ancestors(room),
        _("Ask the person who made this page for a new one."),
    )


def _open(room: Room, verdict: Grant | Refusal, address: str, now: datetime) -> Card:
    window = hours.window(room, now) or hours.ALWAYS
    people = people_in(room.slug)
    button = _("Join the call")
    if isinstance(verdict, Grant) and not verdict.publish:
        button = _("Join to listen")
    state = "" if people is None else counted(people)
    if people is not None and people >= room.max_people:
        state, button = _("This call is full."), _("Enter")
    elif isinstance(verdict, Grant) and _waits(room, verdict, people):
        state, button = _("The host is not here yet."), _("Enter and wait")
    return _of(
        room,
        state=state,
        live=bool(people),
        closes=window.closes,
        button=button,
        href=_in_frame(address),
    )


def _waits(room: Room, grant: Grant, people: int | None) -> bool:
    """Whether to wait for a host. Nobody knows that without Redis."""
    if people is None or not needs_host(room, grant):
        return False
    return not (people and hosts.host_in_now(room.slug))


def _early(room: Room, address: str, opens: datetime | None, closes: datetime | None) -> Card:
    """The page behind the button counts down, and goes on by itself."""
    return _of(
        room, opens=opens, closes=closes, button=_("Enter and wait"), href=_in_frame(address)
    )


def _of(
    room: Room,
    *,
    state: str = "",
    live: bool = False,
    opens: datetime | None = None,
    closes: datetime | None = None,
    button: str = "",
    href: str = "",
) -> Card:
    picture = chosen.background(room)
    return Card(
        room.title,
        framing.ancestors(room),
        room.description,
        state,
        live,
        opens,
        closes,
        button,
        href,
        picture if picture is not None and picture.image else None,
    )


def _in_frame(address: str) -> str:
    return f"{address}?frame"


def counted(people: int) -> str:
    """How many are in, in a sentence."""
    if not people:
        return _("No one is in yet.")
    return ngettext("%(count)d person is in.", "%(count)d people are in.", people) % {
        "count": people
    }


def people_in(slug: str) -> int | None:
    """How many people are in the call; None if Redis is away. It says nothing to the log."""
    try:
        return sfu.live_counts_now([slug]).get(slug, 0)
    except sfu.Unavailable:
        return None
