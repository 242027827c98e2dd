"""What happened: calls, chat, people who were removed. To read and to delete, not to write."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rooms import removal, sfu
from rooms.admin.bases import RecordModelAdmin
from rooms.models import Arrival, Ban, Call, ChatLine
from rooms.roles import Grant, Role


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


@admin.register(Arrival)
class ArrivalAdmin(Record):
    """Who came in during the last hours, which is not who is in the call now: that only the media workers know."""

    list_display = ["__str__", "room", "role", "invite", "since"]
    list_select_related = ["room", "invite__room"]
    search_fields = ["name"]
    actions = ["remove"]

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rooms.add_ban")

    @admin.action(description=_("Remove from the call, and let in no more"), permissions=["remove"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Arrival]) -> None:
        for arrival in queryset.select_related("room"):
            name = str(arrival)
            try:
                removal.remove_now(arrival.room, Grant(Role.OWNER), arrival.participant)
                messages.success(
                    request,
                    gettext("%(name)s was removed. Deleting the ban lets them in again.")
                    % {"name": name},
                )
            except removal.NotAllowed:
                messages.error(
                    request,
                    gettext("%(name)s runs the room: revoke the invite instead.") % {"name": name},
                )
            except removal.NotHere:
                messages.error(request, gettext("%(name)s has left long ago.") % {"name": name})
            except sfu.Unavailable:
                text = gettext(
                    "%(name)s cannot come in again, but the media workers do not answer. Try again in a moment."
                )
                messages.warning(request, text % {"name": name})
