"""Answers from other sites, of which the owner decides; and the webmentions behind them."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from rooms.admin.records import Record
from rooms.models import Response, Webmention


@admin.register(Response)
class ResponseAdmin(Record):
    """A new answer is on no page before the owner shows it."""

    list_display = ["who", "rsvp", "room", "state", "link", "received"]
    list_filter = ["state", "room"]
    search_fields = ["name", "url", "source"]
    actions = ["show", "hide"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rooms.change_response")

    @admin.display(description=_("who"))
    def who(self, response: Response) -> str:
        return response.name or response.url or response.source

    @admin.display(description=_("source"))
    def link(self, response: Response) -> SafeString:
        return format_html(
            '<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>',
            response.source,
            response.source,
        )

    @admin.action(description=_("Show on the room’s page"), permissions=["decide"])
    def show(self, request: HttpRequest, queryset: QuerySet[Response]) -> None:
        count = queryset.update(state=Response.State.SHOWN)
        text = ngettext("%d answer is shown.", "%d answers are shown.", count)
        messages.success(request, text % count)

    @admin.action(description=_("Hide"), permissions=["decide"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Response]) -> None:
        count = queryset.update(state=Response.State.HIDDEN)
        text = ngettext("%d answer is hidden.", "%d answers are hidden.", count)
        messages.success(request, text % count)


@admin.register(Webmention)
class WebmentionAdmin(Record):
    """What is to be verified or sent, and how it went."""

    list_display = ["source", "target", "incoming", "attempts", "due", "outcome"]
    list_filter = ["incoming"]
    list_select_related = []
