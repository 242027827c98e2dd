"""Rooms: who is in them now, until when their links work, and the way in."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from rooms.admin import archiving, embedding
from rooms.admin.bases import LINES, RoomInvites, RoomModelAdmin
from rooms.admin.hours import HoursInline
from rooms.admin.live.draining import drain_view
from rooms.admin.live.numbers import live_view, right_now
from rooms.admin.live.people import act_view
from rooms.admin.sites import DOMAIN_FIELDS, DomainsField
from rooms.admin.widgets import copy_button, full_link, invite_link, qr_code
from rooms.entry import hours, knocking, notes_access, pad_rights
from rooms.entry.sharing import absolute
from rooms.indieweb.webmentions.sending import send_for_room
from rooms.models import Invite, Repeat, Room
from rooms.notes import pads
from rooms.roles import Role
from rooms.workers import live, sfu
from sfu_worker import wire


class InviteInline(RoomInvites):
    formfield_overrides = LINES
    model = Invite
    extra = 0
    fields = [
        ("label", "role"),
        ("not_before", "expires"),
        "uses_left",
        ("revoked", "stopped"),
        "link",
        "last_used",
    ]
    readonly_fields = ["link", "last_used"]
    show_change_link = True
    view_on_site = False

    @admin.display(description=_("link"))
    def link(self, invite: Invite) -> SafeString | str:
        if not invite.pk:
            return gettext("Save the invite to see its link.")
        code = format_html(
            "<details><summary>{}</summary>{}</details>", gettext("QR code"), qr_code(invite)
        )
        return format_html("{}{}", full_link(invite_link(invite)), code)


def enter_view(admin_: RoomAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """For links in e-mails: asks for the password first, if necessary."""
    return HttpResponseRedirect(get_object_or_404(Room, pk=pk).get_absolute_url())


class RoomList(ChangeList):
    """Knows who is in the rooms of this page.

    Redis is asked once, and the list works without it.
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        people = live.people([row.slug for row in rows])
        for row in rows:
            row.people_now = None if people is None else people.get(row.slug, 0)
        self.result_list = rows


@admin.register(Room)
class RoomAdmin(RoomModelAdmin):
    form = embedding.RoomForm
    formfield_overrides = LINES
    list_display = [
        "title",
        "slug",
        "state",
        "people_now",
        "enter",
        "guests_link",
        "next_expiry",
        "last_use",
    ]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        (None, {"fields": ["title", "slug", "description", "background"]}),
        (
            _("Who can join, and when"),
            {
                "fields": [
                    "visitors",
                    ("opens", "closes"),
                    "repeats",
                    "opens_with_owner",
                    "waiting_room",
                    "mics_held",
                    "knock_email",
                    "knock_push",
                    "locked",
                    "closed",
                    "max_people",
                ]
            },
        ),
        (_("In blog posts"), {"fields": ["embed_origins", "embed_names", "embedding"]}),
        (
            _("Guests with a site of their own"),
            {"fields": ["sign_in", "admitted_domains", "banned_domains"]},
        ),
        (_("Chat"), {"fields": ["chat_history", "chat_days"]}),
        (_("After the call"), {"fields": ["keep_days"]}),
        (_("Quality"), {"fields": ["max_video_mbit"]}),
        (_("Right now"), {"fields": ["right_now"]}),
        (_("Calls"), {"fields": ["last_calls"]}),
    ]
    readonly_fields = ["right_now", "last_calls", "embedding"]
    inlines = [HoursInline, InviteInline]
    actions = ["close_rooms", "reopen_rooms", "new_invites", "revoke_invites", "renew_notes"]
    view_on_site = False
    change_form_template = "admin/rooms/room/change_form.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RoomList

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(address, self.admin_site.admin_view(partial(view, self)), name=name)
            for address, view, name in (
                ("live/", live_view, "rooms_live"),
                ("live/drain/", drain_view, "rooms_drain"),
                ("live/act/", act_view, "rooms_live_act"),
                ("<int:pk>/enter/", enter_view, "rooms_room_enter"),
                ("<int:pk>/archive/", archiving.room_view, "rooms_room_archive"),
            )
        ]
        return [*own, *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Room | None = None) -> Any:
        """Leave out the calls of a room that does not exist yet, or that one may not see."""
        hidden = 2 if obj is None else 0 if archiving.may_download(request) else 1
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets[: len(fieldsets) - hidden]

    @admin.display(description=_("last calls"))
    def last_calls(self, room: Room) -> SafeString | str:
        return archiving.last_calls(room)

    @admin.display(description=_("what to paste"))
    def embedding(self, room: Room) -> SafeString | str:
        return embedding.section(room) if room.pk else gettext("Save the room to see it.")

    @admin.display(description=_("the call"))
    def right_now(self, room: Room) -> SafeString | str:
        return right_now(room)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name in DOMAIN_FIELDS:
            options["form_class"] = DomainsField
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Say at once if nobody can be told by e-mail, or on a device."""
        form = super().get_form(request, *args, **options)
        for name, missing in (
            ("knock_email", knocking.missing()),
            ("knock_push", knocking.missing_devices()),
        ):
            if missing and name in form.base_fields:
                form.base_fields[name].help_text = missing
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        now = timezone.now()
        guests = Invite.objects.for_guests(now).filter(room=OuterRef("pk"))
        rooms: QuerySet[Room] = super().get_queryset(request)
        return rooms.prefetch_related("hours").annotate(
            expiry=Min(
                "invites__expires", filter=Q(invites__expires__gt=now, invites__revoked=False)
            ),
            used=Max("invites__last_used"),
            guests_token=Subquery(guests.order_by("-created", "-pk").values("token")[:1]),
        )

    @admin.display(description=_("state"))
    def state(self, room: Room) -> str:
        now = timezone.now()
        window = hours.window(room, now)
        if room.closed or window is None:
            return gettext("closed")
        if not window.is_open(now):
            return gettext("not open yet")
        return gettext("locked") if room.locked else gettext("open")

    @admin.display(description=_("people now"))
    def people_now(self, room: Room) -> str:
        people = getattr(room, "people_now", None)
        return "–" if people is None else str(people)

    @admin.display(description=_("call"))
    def enter(self, room: Room) -> SafeString:
        return format_html('<a href="{}">{}</a>', room.get_absolute_url(), gettext("Open the call"))

    @admin.display(description=_("guests’ link"))
    def guests_link(self, room: Room) -> SafeString | str:
        token = getattr(room, "guests_token", None)
        return copy_button(absolute(reverse("invite", args=[token]))) if token else "–"

    @admin.display(description=_("next expiry"), ordering="expiry")
    def next_expiry(self, room: Room) -> datetime | None:
        return getattr(room, "expiry", None)

    @admin.display(description=_("last use"), ordering="used")
    def last_use(self, room: Room) -> datetime | None:
        return getattr(room, "used", None)

    # Saving

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        before = Room.objects.filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        send_for_room(obj, before)
        if "keep_days" in form.changed_data:
            archiving.warn_of_deletion(request, obj)
        if change and obj.closed and "closed" in form.changed_data:
            self.end_calls(request, [obj.slug])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give a new room a link to send, even if its owner created none."""
        super().save_related(request, form, formsets, change)
        if not change and not form.instance.invites.exists():
            form.instance.invites.create(label=gettext("Guests"), role=Role.SPEAKER)

    def response_add(
        self, request: HttpRequest, obj: Room, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_addanother" in request.POST or "_continue" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        messages.success(
            request, gettext("The room is ready. Copy the link of an invite below and send it.")
        )
        return HttpResponseRedirect(reverse("admin:rooms_room_change", args=[obj.pk]))

    def delete_model(self, request: HttpRequest, obj: Room) -> None:
        slug = obj.slug
        super().delete_model(request, obj)
        self.end_calls(request, [slug])
        delete_pads(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        rooms = list(queryset)
        super().delete_queryset(request, queryset)
        self.end_calls(request, [room.slug for room in rooms])
        delete_pads(request, rooms)

    # Actions

    @admin.action(description=_("Close rooms and end their calls"), permissions=["change"])
    def close_rooms(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        slugs = list(queryset.values_list("slug", flat=True))
        Room.objects.filter(slug__in=slugs).update(closed=True)
        self.end_calls(request, slugs)
        count = len(slugs)
        messages.success(
            request,
            ngettext("%(count)d room was closed.", "%(count)d rooms were closed.", count)
            % {"count": count},
        )

    @admin.action(description=_("Reopen rooms"), permissions=["change"])
    def reopen_rooms(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        rooms = Room.objects.filter(pk__in=queryset.values_list("pk", flat=True))
        # A weekly call opens again by itself.
        now = timezone.now()
        rooms.filter(closes__lte=now, repeats=Repeat.ONCE).update(closes=None, changed=now)
        count = rooms.update(closed=False)
        messages.success(
            request,
            ngettext("%(count)d room was reopened.", "%(count)d rooms were reopened.", count)
            % {"count": count},
        )

    @admin.action(description=_("New invite for guests"), permissions=["change"])
    def new_invites(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset:
            invite = room.invites.create(label=gettext("Guests"), role=Role.SPEAKER)
            messages.success(
                request, format_html("{}: {}", room.title, full_link(invite_link(invite)))
            )

    @admin.action(description=_("Revoke all invites"), permissions=["change"])
    def revoke_invites(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        rooms = list(queryset.values_list("pk", flat=True))
        count = Invite.objects.filter(room__in=rooms, revoked=False).update(revoked=True)
        text = ngettext(
            "%(count)d invite was revoked. No one can join with its link.",
            "%(count)d invites were revoked. No one can join with their links.",
            count,
        )
        messages.success(request, text % {"count": count})

    @admin.action(description=_("Renew the notes links"), permissions=["change"])
    def renew_notes(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        rooms = list(queryset.values_list("pk", "slug"))
        for pk, slug in rooms:
            notes_access.renew(pk)
            pad_rights.tell(slug)
        text = ngettext(
            "The notes links of %(count)d room were renewed. The old ones no longer work.",
            "The notes links of %(count)d rooms were renewed. The old ones no longer work.",
            len(rooms),
        )
        messages.success(request, text % {"count": len(rooms)})

    def end_calls(self, request: HttpRequest, slugs: list[str]) -> None:
        """Tell the media workers. The tables are right in any case, so no one new comes in."""
        try:
            for slug in slugs:
                sfu.send_to_room_now(slug, wire.CloseRoom(room=slug))
        except sfu.Unavailable:
            text = gettext(
                "The media workers do not answer. People in the call may stay in it for now."
            )
            messages.warning(request, text)


def delete_pads(request: HttpRequest, rooms: list[Room]) -> None:
    """Delete what was written in these rooms, which are gone, if it is in Etherpad."""
    provider = pads.provider()
    if not isinstance(provider, pads.Etherpad):
        return
    left = []
    for room in rooms:
        try:
            provider.delete(room)
        except pads.PadUnavailable:
            left.append(room.pad_id)
    if left:
        text = gettext(
            "Etherpad does not answer, so the notes are still there. Delete these pads in "
            "Etherpad: %(pads)s."
        )
        messages.warning(request, text % {"pads": ", ".join(left)})
