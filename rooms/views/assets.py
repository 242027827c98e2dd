"""Background images, the stylesheets that put them behind a call, and photos of people."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from rooms.looks.stylesheet import fingerprint, stylesheet
from rooms.models import Background
from rooms.security import service_worker_policy

# The address changes with the content.
FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


@require_safe
def background_image(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    """An image that we encoded. The URL pattern admits no path out of the folder."""
    try:
        body = (settings.MEDIA_ROOT / "backgrounds" / f"{name}.{kind}").read_bytes()
    except OSError:
        raise Http404 from None
    headers = {"Cache-Control": FOR_EVER, "Content-Security-Policy": "default-src 'none'"}
    return HttpResponse(body, content_type=TYPES[kind], headers=headers)


@require_safe
def photo(request: HttpRequest, name: str) -> HttpResponse:
    """A person's photo from another site, as we encoded it."""
    try:
        body = (settings.MEDIA_ROOT / "photos" / f"{name}.webp").read_bytes()
    except OSError:
        raise Http404 from None
    headers = {"Cache-Control": FOR_EVER, "Content-Security-Policy": "default-src 'none'"}
    return HttpResponse(body, content_type=TYPES["webp"], headers=headers)


@require_safe
def look(request: HttpRequest, pk: int, fingerprint_: str) -> HttpResponse:
    """A background's stylesheet. An old fingerprint is answered too, but not to be cached."""
    background = get_object_or_404(Background, pk=pk)
    current = fingerprint(background) == fingerprint_
    headers = {"Cache-Control": FOR_EVER if current else "no-cache"}
    return HttpResponse(
        stylesheet(background), content_type="text/css; charset=utf-8", headers=headers
    )


@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """The service worker that shows notifications, the same for everyone.

    Its address never changes, because browsers keep it. Its scope has no page, so it controls none.
    """
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": service_worker_policy()}
    return HttpResponse(
        _push_worker(), content_type="text/javascript; charset=utf-8", headers=headers
    )


@cache
def _push_worker() -> bytes:
    return (settings.BASE_DIR / "static" / "rooms" / "push_worker.js").read_bytes()
