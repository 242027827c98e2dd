"""The notes alone, by the key in their link."""

from __future__ import annotations

import math

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rooms.entry.access import Refusal
from rooms.entry.framing import frameable
from rooms.entry.passes import clean_name
from rooms.looks import chosen
from rooms.looks.stylesheet import look
from rooms.models import Room
from rooms.notes import pads
from rooms.page import texts
from rooms.views.previews import for_people
from rooms.views.refused import Page, refused

AWAY = Page(
    _("The notes did not load"),
    _("The call continues without them. Try again in a moment."),
    _("Try again"),
    again=True,
)


@never_cache
@require_safe
@for_people
def notes(request: HttpRequest, key: str) -> HttpResponse:
    """The built-in notes, or a redirect to the Etherpad that keeps the notes."""
    room = (
        Room.objects.select_related("background")
        .filter(Q(notes_key=key) | Q(notes_read_key=key))
        .first()
    )
    if room is None:
        return refused(request, Refusal.not_found)
    read_only = room.notes_key != key
    provider = pads.provider()
    if isinstance(provider, pads.Etherpad):
        return to_pad(
            request, provider, room, read_only, clean_name(request.GET.get("userName", ""))
        )
    appearance = look(chosen.background(room))
    config = {
        "key": key,
        "read_only": read_only,
        "ws": "/ws/notes/",
        "title": room.title,
        "name": clean_name(request.GET.get("userName", "")),
        "texts": texts.for_scripts(),
    }
    values = {
        "room": room,
        "config": config,
        "background": appearance,
        "look_url": appearance.stylesheet if appearance else "",
    }
    return frameable(render(request, "rooms/notes.html", values), room)


def to_pad(
    request: HttpRequest, provider: pads.Etherpad, room: Room, read_only: bool, name: str
) -> HttpResponse:
    """The way to the notes in Etherpad, or why it is not available now."""
    options = {**pads.FRAME_OPTIONS, **({"userName": name} if name else {})}
    try:
        pad = HttpResponseRedirect(provider.pad_url(room, read_only, options))
        return frameable(pad, room)
    except pads.PadUnavailable:
        response = render(
            request,
            "rooms/refused.html",
            {"page": AWAY, "again": request.get_full_path()},
            status=503,
        )
        response["Retry-After"] = str(math.ceil(pads.AWAY_SECONDS))
        return frameable(response, room)
