"""The page "Live": workers and rooms in progress, in words and units. It refreshes itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rooms.admin.live.draining import drain_address
from rooms.admin.live.people import summary
from rooms.models import Room
from rooms.workers import sfu
from rooms.workers.number_words import (
    ROOM_COLUMNS,
    WORKER_COLUMNS,
    Column,
    worries_of_room,
    worries_of_worker,
)
from rooms.workers.numbers import Overview, RoomNow, WorkerNow
from sfu_worker.numbers import RoomNumbers

if TYPE_CHECKING:
    from rooms.admin.bases import RoomModelAdmin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Card:
    """A worker or a room. ``cells`` are (label, text), ``drain`` the page that drains a worker."""

    title: str
    cells: list[tuple[str, str]]
    worries: list[str]
    url: str = ""
    note: str = ""
    drain: str = ""


def live_view(model_admin: RoomModelAdmin, request: HttpRequest) -> HttpResponse:
    """For anyone who may see rooms. With ``?part``, only what changes, for the page's script."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    may_act = model_admin.has_change_permission(request)
    context = live(may_drain=may_act) | summary() | {"may_act": may_act}
    if "part" in request.GET:
        return TemplateResponse(request, "admin/rooms/room/live_part.html", context)
    context |= model_admin.admin_site.each_context(request) | {
        "title": _("Live"),
        "opts": model_admin.opts,
    }
    return TemplateResponse(
        request, "admin/rooms/room/live.html", context | {"media": model_admin.media}
    )


def live(*, may_drain: bool) -> dict[str, Any]:
    """Cards for the template; ``away`` if Redis does not answer."""
    try:
        overview = sfu.overview_now()
    except sfu.Unavailable:
        return {"away": True}
    workers = [worker_card(worker, may_drain=may_drain) for worker in overview.workers]
    return {"workers": workers, "rooms": room_cards(overview)}


def worker_card(worker: WorkerNow, *, may_drain: bool) -> Card:
    drain = drain_address(worker.name) if may_drain and not worker.draining else ""
    return Card(worker.name, cells(WORKER_COLUMNS, worker), worries_of_worker(worker), drain=drain)


def room_cards(overview: Overview) -> list[Card]:
    """The rooms in progress, by title. A room that was deleted meanwhile has no page."""
    rooms = {
        room.slug: room
        for room in Room.objects.filter(slug__in=[now.slug for now in overview.rooms])
    }
    cards = [room_card(now, rooms.get(now.slug)) for now in overview.rooms]
    return sorted(cards, key=lambda card: card.title)


def room_card(now: RoomNow, room: Room | None) -> Card:
    return Card(
        title=room.title if room else _("Deleted room"),
        cells=cells(ROOM_COLUMNS, now.numbers),
        worries=worries_of_room(now.numbers),
        url=reverse("admin:rooms_room_change", args=[room.pk]) if room else "",
        note=_("on %(worker)s") % {"worker": now.worker},
    )


def right_now(room: Room) -> SafeString | str:
    """The numbers of one room, for its own page."""
    try:
        numbers: RoomNumbers | None = sfu.room_numbers_now(room.slug)
    except sfu.Unavailable:
        return _("Unknown, because Redis does not answer.")
    if numbers is None:
        return _("No one is in the call.")
    card = Card(room.title, cells(ROOM_COLUMNS, numbers), worries_of_room(numbers))
    return render_to_string("admin/rooms/room/numbers.html", {"card": card})


def cells(columns: list[Column[T]], source: T) -> list[tuple[str, str]]:
    return [(str(column.label), column.text(source)) for column in columns]
