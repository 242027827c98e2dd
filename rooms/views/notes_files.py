"""What is made of a room's notes: a file to keep, and earlier versions to go back to."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from rooms.entry.access import Refusal
from rooms.models import NotesVersion
from rooms.notes import store, versions
from rooms.posts.notes_text import NotesUnavailable, markdown, notes_html
from rooms.views.notes_reader import Reader, reader
from rooms.views.refused import refused

TYPES = {"md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8"}


@never_cache
@require_safe
def export(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """The notes as a file, in Markdown or HTML."""
    found = reader(request, key)
    if not isinstance(found, Reader):
        return refused(request, found)
    room = found.room
    try:
        html = notes_html(room)
    except NotesUnavailable as exc:
        return HttpResponse(str(exc), status=503, content_type="text/plain; charset=utf-8")
    values = {"title": room.title, "html": html}
    text = (
        markdown(format_html("<h1>{}</h1>", room.title) + html)
        if kind == "md"
        else render_to_string("rooms/notes_file.html", values)
    )
    response = HttpResponse(text, content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{room.slug}-notes.{kind}"'
    return response


# It changes nothing that others see, and the key in the address is the right to do it.
@never_cache
@csrf_exempt
@require_http_methods(["GET", "POST"])
def history(request: HttpRequest, key: str) -> HttpResponse:
    """The versions, the newest first. A POST keeps the notes as they are now before that.

    Only for those who may write: a link to read may be on a web page.
    """
    found = writer(request, key)
    if not isinstance(found, Reader):
        return JsonResponse({"error": found.name}, status=found.status)
    after = timedelta(0) if request.method == "POST" else versions.EVERY
    try:
        versions.keep(found.room.pk, timezone.now(), after=after)
    except store.BadUpdate:
        return JsonResponse({"error": "damaged"}, status=500)
    rows = versions.listed(found.room.pk)
    return JsonResponse({"versions": [described(row) for row in rows]})


@never_cache
@require_safe
def version(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One of them, as the operations of a Quill document."""
    found = writer(request, key)
    if not isinstance(found, Reader):
        return JsonResponse({"error": found.name}, status=found.status)
    row = NotesVersion.objects.filter(room=found.room, pk=pk).first()
    if row is None:
        return JsonResponse({"error": "not_found"}, status=404)
    try:
        return JsonResponse({**described(row), "ops": versions.delta(row)})
    except store.BadUpdate:
        return JsonResponse({"error": "damaged"}, status=500)


def writer(request: HttpRequest, key: str) -> Reader | Refusal:
    """Somebody who may write in the notes."""
    found = reader(request, key)
    if isinstance(found, Reader) and not found.access.write:
        return Refusal.not_found
    return found


def described(row: NotesVersion) -> dict[str, object]:
    """A version in the list."""
    return {"id": row.pk, "created": row.created.isoformat(), "names": row.names}
