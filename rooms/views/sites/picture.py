"""The picture that link previews show of a room."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from rooms.cards import pictures
from rooms.views.assets import FOR_EVER


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """A JPEG. Its address changes with its content, and only we can make it."""
    found = pictures.room_of(name)
    if found is None:
        raise Http404
    try:
        body, lasting = pictures.jpeg(*found)
    except pictures.Busy:
        return HttpResponse(status=503, headers={"Retry-After": "5", "Cache-Control": "no-store"})
    headers = {
        "Cache-Control": FOR_EVER if lasting else "no-store",
        "Content-Security-Policy": "default-src 'none'",
    }
    return HttpResponse(body, content_type="image/jpeg", headers=headers)
