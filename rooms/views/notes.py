"""The notes alone, by the key in their link."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from rooms import texts
from rooms.access import Refusal
from rooms.looks import look
from rooms.models import Room
from rooms.passes import clean_name
from rooms.security import content_security_policy
from rooms.views.refused import refused


@xframe_options_sameorigin
@never_cache
@require_safe
def notes(request: HttpRequest, key: str) -> HttpResponse:
    """The built-in notes; where Etherpad keeps the notes, the way there."""
    room = Room.objects.select_related("background").filter(Q(notes_key=key) | Q(notes_read_key=key)).first()
    if room is None:
        return refused(request, Refusal.not_found)
    read_only = room.notes_key != key
    from rooms import pads

    provider = pads.provider()
    if provider.name != "builtin":
        return HttpResponseRedirect(provider.open_url(room, read_only))
    appearance = look(room.background)
    config = {
        "key": key,
        "read_only": read_only,
        "ws": "/ws/notes/",
        "title": room.title,
        "name": clean_name(request.GET.get("userName", "")),
        "texts": texts.for_scripts(),
    }
    values = {"room": room, "config": config, "background": appearance, "look_url": appearance.stylesheet if appearance else ""}
    response = render(request, "rooms/notes.html", values)
    response["Content-Security-Policy"] = content_security_policy(frame_ancestors="'self'")
    return response
