"""Pages in a frame of another site: no cookie is read or set there.

A blog at example.org and calls at call.example.org are one *site* to a browser, so their frames get
our cookies. The owner's log-in and the passes of earlier visits must not count there: whoever made
the page around a frame may draw something over its buttons.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from rooms.entry.framing import Framed, origins

FRAME = "frame"

# Values of Sec-Fetch-Dest.
EMBEDDED = {"iframe", "frame", "embed", "object"}

View = Callable[..., HttpResponse]


def is_framed(request: HttpRequest) -> bool:
    """Whether a page is to be shown in a frame: the address says so, or the browser does."""
    return FRAME in request.GET or request.headers.get("Sec-Fetch-Dest") in EMBEDDED


def told_origins(request: HttpRequest, room: Framed | None) -> str:
    """Which sites a page in their frame tells its height, for ``ui/frame/small_page.js``."""
    if room is None or not is_framed(request):
        return ""
    return " ".join(origins(room.embed_origins))


def no_cookies_in_frames(view: View) -> View:
    """In a frame, ``view`` sees a browser without cookies, in which nobody is logged in."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_framed(request):
            request.COOKIES = {}
            request.user = AnonymousUser()
        return view(request, *args, **kwargs)

    return inner
