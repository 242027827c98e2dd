"""The notes alone, by the key in their link or by the ticket of somebody in the call."""

from __future__ import annotations

import math
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rooms.entry.framing import frameable
from rooms.entry.passes import clean_name, issue
from rooms.looks import chosen
from rooms.looks.stylesheet import look
from rooms.notes import pad_sessions, pads
from rooms.notes.cookie_domain import cookie_domain
from rooms.notes.pad_sessions import Owner
from rooms.page import texts
from rooms.views.notes_reader import Reader, reader, way_in
from rooms.views.previews import for_people
from rooms.views.refused import Page, refused

AWAY = Page(
    _("The notes did not load"),
    _("The call continues without them. Try again in a moment."),
    _("Try again"),
    again=True,
)

# In the query of the frame's address: the pad itself, without our page around it.
PAD = "pad"


@never_cache
@require_safe
@for_people
def notes(request: HttpRequest, key: str) -> HttpResponse:
    """The built-in notes, or the pad in Etherpad with the room's name over it."""
    found = reader(request, key)
    if not isinstance(found, Reader):
        return refused(request, found)
    room, provider = found.room, pads.provider()
    if isinstance(provider, pads.Etherpad) and PAD in request.GET:
        return to_pad(request, provider, found)
    appearance = look(chosen.background(room))
    values: dict[str, Any] = {
        "room": room,
        "background": appearance,
        "look_url": appearance.stylesheet if appearance else "",
        "way_in": way_in(request, found),
        "exports": {kind: reverse("notes_export", args=[key, kind]) for kind in ("md", "html")},
    }
    if isinstance(provider, pads.Etherpad):
        query = request.GET.copy()
        query[PAD] = ""
        values["frame"] = f"{request.path}?{query.urlencode()}"
        return frameable(render(request, "rooms/notes_pad.html", values), room)
    values["config"] = config(request, found, key)
    return frameable(render(request, "rooms/notes.html", values), room)


def config(request: HttpRequest, found: Reader, key: str) -> dict[str, object]:
    """What the scripts of the built-in notes need."""
    pass_ = found.ticket
    return {
        # What opens the WebSocket: never both.
        "key": "" if pass_ else key,
        "pass": issue(pass_) if pass_ else "",
        # What may stand in the address bar, where people copy it.
        "address": pads.own_page(found.room, not found.access.write),
        "read_only": not found.access.write,
        "ws": "/ws/notes/",
        "versions": reverse("notes_versions", args=[key]),
        "title": found.room.title,
        "name": found.access.name or clean_name(request.GET.get("userName", "")),
        "texts": texts.for_scripts(),
    }


def to_pad(request: HttpRequest, provider: pads.Etherpad, found: Reader) -> HttpResponse:
    """The way to the notes in Etherpad, with a session, or why it is not available now."""
    room, access = found.room, found.access
    name = clean_name(request.GET.get("userName", "")) or access.name
    options = {**pads.FRAME_OPTIONS, **({"userName": name} if name else {})}
    owner = Owner(access.person, "" if found.ticket else found.key, access.write)
    try:
        response = HttpResponseRedirect(provider.pad_url(room, not access.write, options))
        cookie = request.COOKIES.get(pad_sessions.COOKIE, "")
        session = pad_sessions.enter(provider, room, owner, name, cookie, timezone.now())
        response.set_cookie(
            pad_sessions.COOKIE,
            session,
            max_age=pad_sessions.LASTS,
            domain=cookie_domain(request.get_host(), provider.url) or None,
            secure=request.is_secure(),
            httponly=provider.api.reads_cookies(),
            samesite="Lax",
        )
        return frameable(response, room)
    except pads.PadUnavailable:
        return frameable(away(request), room)


def away(request: HttpRequest) -> HttpResponse:
    """Etherpad does not answer."""
    values = {"page": AWAY, "again": request.get_full_path()}
    response = render(request, "rooms/refused.html", values, status=503)
    response["Retry-After"] = str(math.ceil(pads.AWAY_SECONDS))
    return response
