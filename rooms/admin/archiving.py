"""The archives of calls in the admin, and what a shorter time of keeping will delete."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import IO, TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from rooms import site_time
from rooms.models import Call, Room
from rooms.posts import keeping
from rooms.posts.archive import archive, file_name

if TYPE_CHECKING:
    from rooms.admin.bases import RecordModelAdmin, RoomModelAdmin

LAST_CALLS = 5

CHUNK_BYTES = 64 * 1024


def may_download(request: HttpRequest) -> bool:
    """Whether they may see calls and their chat."""
    return bool(request.user.has_perms(["rooms.view_call", "rooms.view_chatline"]))


def call_view(admin: RecordModelAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The archive of one call."""
    if not may_download(request):
        raise PermissionDenied
    call = get_object_or_404(Call.objects.select_related("room__background"), pk=pk)
    return download(request, call)


def room_view(admin: RoomModelAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The archive of the newest call of a room, for the page at the end of a call."""
    if not may_download(request):
        raise PermissionDenied
    call = Call.objects.select_related("room__background").filter(room=pk).first()
    if call is None:
        messages.warning(request, _("There is no record of a call yet. Try again in a moment."))
        return HttpResponseRedirect(reverse("admin:rooms_room_change", args=[pk]))
    return download(request, call)


@require_safe
def download(request: HttpRequest, call: Call) -> HttpResponseBase:
    """The ZIP file as it is sent, in small pieces."""
    file = archive(call, timezone.now())
    if not isinstance(request, ASGIRequest):
        return FileResponse(file, as_attachment=True, filename=file_name(call))
    # Django would read all of a file into memory before it sends anything.
    response = StreamingHttpResponse(_pieces(file), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{file_name(call)}"'
    return response


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await sync_to_async(file.read)(CHUNK_BYTES):
            yield piece


def archive_link(call: Call) -> SafeString:
    text = _("Download the archive") if call.ended else _("Download the archive so far")
    address = reverse("admin:rooms_call_archive", args=[call.pk])
    return format_html('<a href="{}">{}</a>', address, text)


def last_calls(room: Room) -> SafeString | str:
    """The newest calls of a room, with their archives."""
    calls = list(room.calls.all()[:LAST_CALLS]) if room.pk else []
    if not calls:
        return _("There has been no call yet.")
    rows = (
        (
            reverse("admin:rooms_call_change", args=[call.pk]),
            date_format(site_time.local(call.started), "DATETIME_FORMAT"),
            archive_link(call),
        )
        for call in calls
    )
    return format_html(
        '<ul class="calls">{}</ul>', format_html_join("", '<li><a href="{}">{}</a> – {}</li>', rows)
    )


def warn_of_deletion(request: HttpRequest, room: Room) -> None:
    """Say how many calls the keeper will delete now that a room keeps them for so many days."""
    if room.keep_days is None:
        return
    limit = keeping.limit_of(room.keep_days, timezone.now())
    count = Call.objects.filter(room=room, ended__lte=limit).count()
    if not count:
        return
    text = ngettext(
        "%(count)d call that ended before %(date)s will be deleted in the next ten minutes, with "
        "its chat and the names of who was there. To keep it, change the number of days now.",
        "%(count)d calls that ended before %(date)s will be deleted in the next ten minutes, with "
        "their chat and the names of who was there. To keep them, change the number of days now.",
        count,
    )
    date = date_format(site_time.local(limit), "DATETIME_FORMAT")
    messages.warning(request, text % {"count": count, "date": date})
