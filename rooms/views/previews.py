"""What programs get that fetch a link for its preview: one page, the same for every link.

Chat programs fetch a link when somebody sends it. They keep no cookies, run no scripts, and show the
title, the picture and the words of what they find to everybody in the chat. So they are told nothing
about the room, not even whether there is one.

Browsers say that they navigate: by ``Sec-Fetch-Mode``, or on plain http, where they leave it out, by
``Upgrade-Insecure-Requests``. A browser that says neither (or is taken for a program by its name) gets
the preview too, which goes on by itself with ``?enter``. So nothing depends on a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rooms.security import content_security_policy

ENTER = "enter"

# Some programs fetch with a browser's engine and headers, but under their own name.
_PROGRAM = re.compile(
    r"bot\b|crawler|spider|preview|facebookexternalhit|whatsapp|telegram|slack|discord|embedly",
    re.IGNORECASE,
)

View = Callable[..., HttpResponse]


def for_people(view: View) -> View:
    """Only browsers see ``view``; programs get the preview. Nothing of the room is looked up for them."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_navigation(request):
            return view(request, *args, **kwargs)
        return preview(request)

    return inner


def is_navigation(request: HttpRequest) -> bool:
    """Whether a browser asks because somebody has opened the link."""
    if ENTER in request.GET or request.method == "POST":
        return True
    if _PROGRAM.search(request.headers.get("User-Agent", "")):
        return False
    return (
        request.headers.get("Sec-Fetch-Mode") == "navigate"
        or request.headers.get("Upgrade-Insecure-Requests") == "1"
    )


def preview(request: HttpRequest) -> HttpResponse:
    """The page for programs, which people in old browsers leave at once."""
    notes = request.path.startswith("/n/")
    response = render(request, "rooms/preview.html", {"notes": notes})
    if notes:
        # The call page has the notes in a frame, in old browsers too.
        response["Content-Security-Policy"] = content_security_policy(frame_ancestors="'self'")
    return response
