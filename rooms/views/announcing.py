"""Pages that other sites may answer to say where they take webmentions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from rooms.entry.sharing import absolute

View = Callable[..., HttpResponse]


def announce(request: HttpRequest) -> None:
    """Let the page that answers this request say where it takes webmentions."""
    request.webmention = absolute(reverse("webmention"))  # type: ignore[attr-defined]


def announcing(view: View) -> View:
    """Also say so in a header, if the view calls ``announce``. ``base.html`` has the element."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if endpoint := getattr(request, "webmention", ""):
            link = f'<{endpoint}>; rel="webmention"'
            response["Link"] = ", ".join(filter(None, (response.get("Link"), link)))
        return response

    return inner
