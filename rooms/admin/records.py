"""What happened: calls, chat, people who were removed. To read and to delete, not to write."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from rooms.admin.bases import RecordModelAdmin
from rooms.models import Ban, Call, ChatLine


class Record(RecordModelAdmin):
    """Rows that the program writes."""

    list_filter = ["room"]
    list_select_related = ["room"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Call)
class CallAdmin(Record):
    list_display = ["room", "started", "ended", "lasted", "most_people"]
    date_hierarchy = "started"

    @admin.display(description=_("lasted"))
    def lasted(self, call: Call) -> str:
        if call.ended is None:
            return str(_("running"))
        minutes, seconds = divmod(int((call.ended - call.started).total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


@admin.register(ChatLine)
class ChatLineAdmin(Record):
    list_display = ["room", "number", "name", "text", "sent"]
    search_fields = ["name", "text"]


@admin.register(Ban)
class BanAdmin(Record):
    """Deleting a ban lets the person in again."""

    list_display = ["__str__", "room", "invite", "created"]
    list_select_related = ["room", "invite__room"]
