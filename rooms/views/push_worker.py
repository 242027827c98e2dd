"""The service worker that shows notifications.

Its address never changes, because browsers keep it. Its scope has no page, so it controls none.
"""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from rooms.security import service_worker_policy


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The same for everyone."""
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": service_worker_policy()}
    return HttpResponse(_text(), content_type="text/javascript; charset=utf-8", headers=headers)


@cache
def _text() -> bytes:
    return (settings.BASE_DIR / "static" / "rooms" / "push_worker.js").read_bytes()
