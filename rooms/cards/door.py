"""What a door says: a small card for a sidebar, whose button is green while a host is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _

from rooms.entry import framing, hosts, hours
from rooms.entry.access import Refusal, must_wait, visitor_grant
from rooms.models import Room
from rooms.roles import Grant


@dataclass(frozen=True, slots=True)
class Door:
    """``colour``: green if a host is in. Without ``button`` there is nowhere to go."""

    title: str
    sources: str
    state: str
    colour: Literal["green", "grey"] = "grey"
    opens: datetime | None = None
    button: str = ""
    href: str = ""
    found: bool = True


def nothing() -> Door:
    """The door of a room that strangers may not know, and of one that does not exist."""
    return Door("", "*", _("There is nothing here"), found=False)


def of_room(slug: str, now: datetime) -> Door:
    """The door to the room of this name, for a stranger."""
    room = Room.objects.filter(slug=slug).first()
    verdict = visitor_grant(room, banned=False, now=now) if room is not None else None
    if room is None or verdict is Refusal.not_found:
        return nothing()
    sources, href = framing.ancestors(room), f"{room.get_absolute_url()}?frame"
    if verdict is Refusal.room_closed:
        return Door(room.title, sources, _("Closed"))
    if verdict is Refusal.room_not_open:
        window = hours.window(room, now) or hours.ALWAYS
        return Door(
            room.title,
            sources,
            _("The host is not here"),
            opens=window.opens,
            button=_("Enter and wait"),
            href=href,
        )
    if verdict is Refusal.room_locked:
        return Door(room.title, sources, _("The call is locked"), button=_("Enter"), href=href)
    knocks = isinstance(verdict, Grant) and must_wait(room, verdict, invited=False)
    if hosts.host_in_now(room.slug):
        button = _("Enter and knock") if knocks else _("Enter")
        return Door(room.title, sources, _("The host is in"), "green", None, button, href)
    button = _("Enter and knock") if knocks or room.opens_with_owner else _("Enter")
    return Door(room.title, sources, _("The host is not here"), button=button, href=href)
