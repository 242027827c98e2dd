"""The page that programs get when they fetch a link for a preview.

Chat programs fetch a link when somebody sends it. They keep no cookies, run no scripts, and show
the title, picture and words of what they find to everyone in the chat. So they learn about a room
only by an invite that lets people in, or if strangers may come in anyway. All other links, whether
they lead to a room or not, get the same page and cost the same work.

A browser marks a navigation with ``Sec-Fetch-Mode`` or, over plain HTTP,
``Upgrade-Insecure-Requests``. A browser that sends neither, or is taken for a program by its name,
gets the preview too. The preview then goes on by itself with ``?enter``, so nothing depends on a
guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from rooms.cards.shared import Shared
from rooms.entry import hours
from rooms.entry.framing import let_frame
from rooms.models import Room
from rooms.page import link_preview
from rooms.roles import VisitorPolicy
from rooms.views.announcing import announce
from rooms.views.framed import is_framed

ENTER = "enter"

# Some programs fetch with a browser's engine and headers, but under their own name.
_PROGRAM = re.compile(
    r"bot\b|crawler|spider|preview|facebookexternalhit|whatsapp|telegram|slack|discord|embedly",
    re.IGNORECASE,
)

View = Callable[..., HttpResponse]


def for_people(view: View) -> View:
    """Only browsers see ``view``; programs get the preview. It uses nothing up."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_navigation(request):
            return view(request, *args, **kwargs)
        return preview(request, **kwargs)

    return inner


def is_navigation(request: HttpRequest) -> bool:
    """Whether a browser asks because somebody opened the link."""
    if ENTER in request.GET or request.method == "POST" or is_framed(request):
        return True
    if _PROGRAM.search(request.headers.get("User-Agent", "")):
        return False
    return (
        request.headers.get("Sec-Fetch-Mode") == "navigate"
        or request.headers.get("Upgrade-Insecure-Requests") == "1"
    )


def preview(request: HttpRequest, **link: str) -> HttpResponse:
    """The page for programs. Old browsers leave it at once."""
    notes = "key" in link
    title = _("Notes of a call") if notes else _("Join the call")
    found = link_preview.of_link(timezone.now(), **link)
    values = {"title": found.title if found else title, "link_preview": found}
    if found and "slug" in link:
        announce(request)
    response = render(request, "rooms/preview.html", values)
    if notes:
        # The call page frames the notes, in old browsers too.
        let_frame(response, "'self'")
    return response


def previewed(request: HttpRequest, room: Room, now: datetime) -> dict[str, Any]:
    """The same tags for a browser's page: some programs fetch with a browser's headers."""
    token = request.resolver_match.kwargs.get("token", "") if request.resolver_match else ""
    hidden = not token and room.visitors == VisitorPolicy.NOTHING
    if hidden or room.closed or hours.window(room, now) is None:
        return {}
    return {"link_preview": link_preview.of(Shared(room, token), now)}
