"""What happened: calls, chat lines, removals. These can be read and deleted, but not written."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rooms import chat
from rooms.admin import archiving
from rooms.admin.bases import CallAttendances, RecordModelAdmin
from rooms.admin.sites import ban_site_of
from rooms.admin.widgets import full_link, invite_link
from rooms.entry import removal
from rooms.indieweb import people
from rooms.models import Arrival, Attendance, Ban, Call, ChatLine, Decision, SiteProfile
from rooms.roles import Grant, Role
from rooms.workers import sfu


class Record(RecordModelAdmin):
    """Rows that only the program writes."""

    list_filter = ["room"]
    list_select_related = ["room"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttendanceInline(CallAttendances):
    """Who was there, to read."""

    model = Attendance
    fields = ["name", "role", "came", "left"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("rooms.view_call")


@admin.register(Call)
class CallAdmin(Record):
    list_display = ["room", "started", "ended", "lasted", "most_people", "archive"]
    fields = ["room", "started", "ended", "lasted", "most_people", "archive"]
    readonly_fields = ["lasted", "archive"]
    date_hierarchy = "started"
    inlines = [AttendanceInline]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(archiving.call_view, self))
        return [path("<int:pk>/archive/", view, name="rooms_call_archive"), *super().get_urls()]

    @admin.display(description=_("archive"))
    def archive(self, call: Call) -> SafeString:
        return archiving.archive_link(call)

    @admin.display(description=_("duration"))
    def lasted(self, call: Call) -> str:
        if call.ended is None:
            return str(_("in progress"))
        minutes, seconds = divmod(int((call.ended - call.started).total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


@admin.register(ChatLine)
class ChatLineAdmin(Record):
    list_display = ["room", "number", "name", "text", "sent", "changed"]
    fields = ["room", "number", "name", "text", "sent", "reply_to", "changed"]
    readonly_fields = ["changed"]
    search_fields = ["name", "text"]

    @admin.display(description=_("edited or deleted"))
    def changed(self, line: ChatLine) -> str:
        """Who did it, and when. The text of a deleted line is gone."""
        at = line.deleted or line.edited
        if at is None:
            return ""
        what = gettext("deleted by %(name)s") if line.deleted else gettext("edited by %(name)s")
        moment = formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
        return f"{what % {'name': line.changed_by}}, {moment}"

    def delete_model(self, request: HttpRequest, obj: ChatLine) -> None:
        chat.delete(obj.room_id, ChatLine.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ChatLine]) -> None:
        """Their numbers are not used again."""
        for room in set(queryset.order_by().values_list("room", flat=True)):
            chat.delete(room, queryset.filter(room=room))


@admin.register(SiteProfile)
class SiteProfileAdmin(Record):
    """Who has signed in with their own site."""

    list_display = ["__str__", "me", "fetched"]
    list_filter = ["fetched"]
    list_select_related = []
    search_fields = ["name", "me"]

    def delete_model(self, request: HttpRequest, obj: SiteProfile) -> None:
        people.delete(SiteProfile.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SiteProfile]) -> None:
        people.delete(queryset)


@admin.register(Ban)
class BanAdmin(Record):
    """Deleting a ban lets the person in again; a stopped invite stays stopped."""

    list_display = ["__str__", "room", "invite", "me", "created"]
    list_select_related = ["room", "invite__room"]


@admin.register(Decision)
class DecisionAdmin(Record):
    """Deleting one forgets what the hosts decided about a person, such as that they were refused.

    Whoever is in the call gets their own role and rights back within a second.
    """

    list_display = ["__str__", "room", "role", "admitted", "by", "changed"]
    fields = ["room", "name", "given_name", "role", "admitted", "by", "changed"]
    list_filter = ["room", "admitted", "role"]
    search_fields = ["name", "given_name"]


@admin.register(Arrival)
class ArrivalAdmin(Record):
    """Arrivals of the last hours. Only the media workers know who is in a call now."""

    list_display = ["__str__", "room", "role", "invite", "me", "since"]
    list_select_related = ["room", "invite__room"]
    search_fields = ["name", "me"]
    actions = ["remove", "remove_and_stop", "ban_site"]

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rooms.add_ban")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return self.has_remove_permission(request) and request.user.has_perm("rooms.change_invite")

    def has_site_permission(self, request: HttpRequest) -> bool:
        return self.has_remove_permission(request) and request.user.has_perm("rooms.change_room")

    @admin.action(
        description=_("Remove from the call and do not let in again"), permissions=["remove"]
    )
    def remove(self, request: HttpRequest, queryset: QuerySet[Arrival]) -> None:
        for arrival in queryset.select_related("room"):
            self._remove(request, arrival, stop_link=False)

    @admin.action(
        description=_("Remove from the call and stop the link they joined with"),
        permissions=["stop"],
    )
    def remove_and_stop(self, request: HttpRequest, queryset: QuerySet[Arrival]) -> None:
        for arrival in queryset.select_related("room"):
            self._remove(request, arrival, stop_link=True)

    @admin.action(description=_("Ban everyone from this person’s site"), permissions=["site"])
    def ban_site(self, request: HttpRequest, queryset: QuerySet[Arrival]) -> None:
        for arrival in queryset.select_related("room"):
            if not arrival.me:
                text = gettext("%(name)s has not signed in with a site. Remove them instead.")
                messages.error(request, text % {"name": str(arrival)})
                continue
            text = gettext("People of %(domain)s cannot join “%(room)s” any more.")
            told = {"domain": ban_site_of(arrival), "room": arrival.room.title}
            messages.success(request, text % told)
            self._remove(request, arrival, stop_link=False)

    def _remove(self, request: HttpRequest, arrival: Arrival, *, stop_link: bool) -> None:
        name, room = {"name": str(arrival)}, arrival.room
        try:
            owner = Grant(Role.OWNER)
            done = removal.ban(
                room, owner, arrival.participant, stop_link=stop_link, arrival=arrival.pk
            )
        except removal.NotAllowed:
            text = gettext("%(name)s runs the room. Revoke their invite instead.")
            return messages.error(request, text % name)
        except removal.NotHere:
            return messages.error(request, gettext("%(name)s left the call long ago.") % name)
        if done.fresh is not None:
            text = (
                gettext("No one new can join with the link of %(name)s. Here is a new one:") % name
            )
            messages.success(
                request, format_html("{} {}", text, full_link(invite_link(done.fresh)))
            )
        try:
            removal.remove_now(room, done.participants)
        except sfu.Unavailable:
            text = gettext(
                "%(name)s cannot rejoin, but the media workers do not answer. If %(name)s is still "
                "in the call, the workers will end that when they are back."
            )
            return messages.warning(request, text % name)
        text = gettext("%(name)s was removed. To let them in again, delete their ban.")
        messages.success(request, text % name)
