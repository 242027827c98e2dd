"""Who asks for a room's notes, and by what."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from rooms.entry import notes_access
from rooms.entry.access import Refusal
from rooms.entry.notes_access import Access, Claim
from rooms.entry.passes import Pass
from rooms.models import Room
from rooms.roles import VisitorPolicy
from rooms.views.refused import PAGES


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may open the notes. ``ticket``: they are in the call; else they have the link.

    ``key`` is what stands in the address. ``held`` are the passes in their cookies.
    """

    room: Room
    access: Access
    key: str
    ticket: Pass | None
    held: tuple[Pass, ...]


def reader(request: HttpRequest, key: str) -> Reader | Refusal:
    """Who may open the notes by this key or ticket; or why they may not."""
    ticket = notes_access.read_ticket(key)
    held = notes_access.held_in(request.COOKIES)
    found = notes_access.access(Claim(held=(ticket,)) if ticket else Claim(key, held))
    if isinstance(found, Refusal):
        return found if found in PAGES else Refusal.not_found
    room = Room.objects.select_related("background").filter(pk=found.room).first()
    return Reader(room, found, key, ticket, held) if room is not None else Refusal.not_found


def way_in(request: HttpRequest, reader: Reader) -> str:
    """The room's address, if it lets this browser into the call; a notes link alone does not."""
    room = reader.room
    address = room.get_absolute_url()
    if room.visitors != VisitorPolicy.NOTHING or request.user.is_staff:
        return address
    mine = [Claim(held=(pass_,)) for pass_ in reader.held if pass_.room == room.pk]
    known = any(isinstance(each, Access) for each in notes_access.accesses(mine))
    return address if known else ""
