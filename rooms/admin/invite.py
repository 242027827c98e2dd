"""Invites: links with a role, shown in full, to copy or to scan."""

from __future__ import annotations

import io
from typing import Any

import segno
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from rooms.admin.bases import LINES, InviteModelAdmin
from rooms.admin.widgets import copy_button, full_link, invite_link, qr_code, whip_fields
from rooms.entry.access import Refusal, invite_grant
from rooms.models import Invite
from rooms.roles import Grant, Role

STATES = {
    Refusal.invite_revoked: _("revoked"),
    Refusal.invite_stopped: _("stopped for new people"),
    Refusal.invite_expired: _("expired"),
    Refusal.invite_used_up: _("used up"),
    Refusal.invite_not_yet: _("not valid yet"),
    Refusal.room_closed: _("room closed"),
    Refusal.room_not_open: _("room not open yet"),
    Refusal.room_locked: _("room locked"),
}


@admin.register(Invite)
class InviteAdmin(InviteModelAdmin):
    formfield_overrides = LINES
    list_display = [
        "__str__",
        "copy",
        "room",
        "role",
        "state",
        "expires",
        "uses",
    ]
    list_filter = ["room", "role", "revoked", "stopped"]
    list_select_related = ["room"]
    search_fields = ["label", "room__title"]
    fields = [
        "room",
        "label",
        "role",
        ("not_before", "expires"),
        "uses_left",
        ("revoked", "stopped"),
        "link",
        "qr",
        "obs",
        "people",
        "last_used",
    ]
    readonly_fields = ["link", "qr", "obs", "people", "last_used"]
    actions = ["stop", "let_in_again", "revoke"]
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invite]:
        invites: QuerySet[Invite] = super().get_queryset(request)
        return invites.prefetch_related("room__hours").annotate(admitted=Count("admissions"))

    def get_urls(self) -> list[URLPattern]:
        qr = path(
            "<int:pk>/qr.svg", self.admin_site.admin_view(self.qr_view), name="rooms_invite_qr"
        )
        return [qr, *super().get_urls()]

    def qr_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The QR code of an invite's link, for anyone who may see the invite."""
        invite = get_object_or_404(Invite, pk=pk)
        if not self.has_view_permission(request, invite):
            return HttpResponse(status=403)
        out = io.BytesIO()
        # Error correction M and a quiet zone of four: phones can read it from screens and paper.
        segno.make(invite_link(invite), error="m", micro=False).save(
            out, kind="svg", scale=6, border=4, light="#fff"
        )
        return HttpResponse(out.getvalue(), content_type="image/svg+xml")

    @admin.display(description=_("link"))
    def link(self, invite: Invite) -> SafeString | str:
        return (
            full_link(invite_link(invite))
            if invite.pk
            else gettext("Save the invite to see its link.")
        )

    @admin.display(description=_("QR code"))
    def qr(self, invite: Invite) -> SafeString | str:
        return qr_code(invite) if invite.pk else "–"

    @admin.display(description=_("stream with OBS"))
    def obs(self, invite: Invite) -> SafeString | str:
        if not invite.pk or not Grant(Role(invite.role)).publish:
            return gettext("Available once the invite is saved, for people who may speak.")
        return whip_fields(invite)

    @admin.display(description=_("link"))
    def copy(self, invite: Invite) -> SafeString:
        return copy_button(invite_link(invite))

    @admin.display(description=_("joined"), ordering="admitted")
    def uses(self, invite: Invite) -> str:
        """How many came in by it, and how many more may."""
        people = self.people(invite)
        if invite.uses_left is None:
            return str(people)
        return gettext("%(people)d, %(left)d left") % {"people": people, "left": invite.uses_left}

    @admin.display(description=_("people"), ordering="admitted")
    def people(self, invite: Invite) -> int:
        """How many came in by it."""
        return getattr(invite, "admitted", 0)

    @admin.display(description=_("state"))
    def state(self, invite: Invite) -> str:
        verdict = invite_grant(
            invite.room, invite, person_admitted=False, banned=False, now=timezone.now()
        )
        return str(STATES[verdict]) if isinstance(verdict, Refusal) else str(_("valid"))

    @admin.action(
        description=_("Stop for new people (people who have joined stay)"), permissions=["change"]
    )
    def stop(self, request: HttpRequest, queryset: QuerySet[Invite, Any]) -> None:
        count = self._set_stopped(queryset, True)
        text = ngettext(
            "%(count)d invite was stopped. No one new can join with its link.",
            "%(count)d invites were stopped. No one new can join with their links.",
            count,
        )
        messages.success(request, text % {"count": count})

    @admin.action(description=_("Let new people in again"), permissions=["change"])
    def let_in_again(self, request: HttpRequest, queryset: QuerySet[Invite, Any]) -> None:
        count = self._set_stopped(queryset, False)
        text = ngettext(
            "%(count)d invite lets new people in again.",
            "%(count)d invites let new people in again.",
            count,
        )
        messages.success(request, text % {"count": count})

    def _set_stopped(self, queryset: QuerySet[Invite, Any], stopped: bool) -> int:
        chosen = Invite.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        return chosen.filter(stopped=not stopped).update(stopped=stopped)

    @admin.action(description=_("Revoke invites"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invite, Any]) -> None:
        count = Invite.objects.filter(
            pk__in=list(queryset.values_list("pk", flat=True)), revoked=False
        ).update(revoked=True)
        text = ngettext(
            "%(count)d invite was revoked. No one can join with its link.",
            "%(count)d invites were revoked. No one can join with their links.",
            count,
        )
        messages.success(request, text % {"count": count})
