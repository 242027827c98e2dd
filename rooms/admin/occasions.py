"""Backgrounds by date, and what comes when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from rooms.admin.bases import ScheduledModelAdmin
from rooms.looks import chosen
from rooms.models import Room, ScheduledBackground

# More rooms than these are not previewed; the page would be long.
MOST_ROOMS = 20


@admin.register(ScheduledBackground)
class ScheduledBackgroundAdmin(ScheduledModelAdmin):
    list_display = ["small", "background", "when", "where"]
    list_display_links = ["small", "background"]
    list_select_related = ["background", "room"]
    fields = ["background", "room", "occasion", ("begins", "ends"), "yearly"]
    change_list_template = "admin/rooms/scheduledbackground/change_list.html"

    @admin.display(description=_("image"))
    def small(self, row: ScheduledBackground) -> SafeString | str:
        return thumbnail(row.background)

    @admin.display(description=_("when"))
    def when(self, row: ScheduledBackground) -> str:
        return days_of(row)

    @admin.display(description=_("room"))
    def where(self, row: ScheduledBackground) -> str:
        return row.room.title if row.room is not None else str(_("all rooms"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "coming": what_comes()}
        return super().changelist_view(request, context)


def what_comes() -> list[tuple[str, list[chosen.Stretch]]]:
    """The coming year of each room whose background changes by date."""
    everywhere = ScheduledBackground.objects.filter(room=None).exists()
    rooms = Room.objects.select_related("background")
    if not everywhere:
        rooms = rooms.filter(Q(scheduled_backgrounds__isnull=False)).distinct()
    today = timezone.localdate()
    return [(room.title, list(chosen.coming(room, today))) for room in rooms[:MOST_ROOMS]]


def days_of(row: ScheduledBackground) -> str:
    """In words."""
    if row.begins is None or row.ends is None or row.occasion != "dates":
        return row.get_occasion_display()
    words = _("%(first)s to %(last)s, every year") if row.yearly else _("%(first)s to %(last)s")
    return words % {"first": row.begins.isoformat(), "last": row.ends.isoformat()}


def thumbnail(background: Any) -> SafeString | str:
    if background is None or not background.thumbnail:
        return "–"
    return format_html(
        '<img class="thumbnail" src="{}" alt="{}" width="120" height="75">',
        background.thumbnail.url,
        background.alt,
    )
