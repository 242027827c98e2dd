"""The first page of the admin, and what its buttons do. All of it works without scripts."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rooms import site_time
from rooms.admin.home.cards import cards, with_links
from rooms.admin.home.notify import add_device, remove_device
from rooms.admin.home.quick_room import QuickRoomForm
from rooms.admin.widgets import full_link, invite_link, qr_code
from rooms.looks.image_files import BadImage
from rooms.models import Invite, Room
from rooms.roles import Role

__all__ = [
    "add_device",
    "context",
    "make_room",
    "new_invite",
    "part",
    "remove_device",
    "set_zone",
]


def context(request: HttpRequest) -> dict[str, Any]:
    """What the page shows, as far as this user may see it."""
    may = _may(request)
    values: dict[str, Any] = {
        "may": may,
        "title": _("Your rooms"),
        "fresh": _fresh(request),
        "zone": site_time.zone_name(),
        "zone_chosen": bool(site_time.chosen()) if may["zone"] else True,
    }
    if may["see"]:
        values["cards"] = cards(with_links(timezone.now()), timezone.now(), links=may["links"])
    if may["add"]:
        values["form"] = QuickRoomForm(add_pictures=may["pictures"])
    if may["zone"]:
        values["zones"] = sorted(zoneinfo.available_timezones())
    return values


def part(request: HttpRequest) -> HttpResponse | None:
    """What changes by itself, for the page's script; None: the whole page was asked for."""
    if "part" not in request.GET:
        return None
    may = _may(request)
    if not may["see"]:
        raise PermissionDenied
    now = timezone.now()
    found = cards(with_links(now), now, links=False)
    return TemplateResponse(request, "admin/home/now.html", {"cards": found})


def _may(request: HttpRequest) -> dict[str, bool]:
    def has(*names: str) -> bool:
        return all(request.user.has_perm(f"rooms.{name}") for name in names)

    see = has("view_room") or has("change_room")
    return {
        "see": see,
        "change": has("change_room"),
        "links": see and (has("view_invite") or has("change_invite")),
        "invite": see and has("add_invite"),
        "add": see and has("add_room"),
        "pictures": has("add_background"),
        "zone": has("change_site"),
    }


def _fresh(request: HttpRequest) -> dict[str, Any] | None:
    """The invite that was just made, to show its link and QR code."""
    wanted = request.GET.get("invite", "")
    if not (wanted.isdecimal() and len(wanted) < 19 and _may(request)["links"]):
        return None
    invite = Invite.objects.filter(pk=int(wanted)).select_related("room").first()
    return _shown(invite) if invite is not None else None


def _shown(invite: Invite) -> dict[str, Any]:
    link = invite_link(invite)
    return {"room": invite.room_id, "link": full_link(link), "qr": qr_code(invite)}


# What the buttons do


@require_POST
def new_invite(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link for guests. A script gets only the part that shows it."""
    may = _may(request)
    if not (may["invite"] and may["links"]):
        raise PermissionDenied
    room = get_object_or_404(Room, pk=pk)
    invite: Invite = room.invites.create(label=_("Guests"), role=Role.SPEAKER)
    if "part" in request.POST:
        return TemplateResponse(request, "admin/home/invite.html", {"fresh": _shown(invite)})
    return _home(invite)


@require_POST
def make_room(request: HttpRequest) -> HttpResponse:
    """The room, and the link to send, or the page with what is wrong."""
    may = _may(request)
    if not may["add"]:
        raise PermissionDenied
    form = QuickRoomForm(request.POST, request.FILES, add_pictures=may["pictures"])
    if form.is_valid():
        try:
            room = form.save()
            messages.success(request, _("“%(room)s” is ready.") % {"room": room.title})
            return _home(room.invites.get())
        except BadImage as exc:
            form.add_error("upload", str(exc))
        except ValidationError as exc:
            form.add_error(None, exc)
    from django.contrib import admin

    answer: HttpResponse = admin.site.index(request, {"form": form})
    return answer


@require_POST
def set_zone(request: HttpRequest) -> HttpResponse:
    """The time zone of all times of the site."""
    if not _may(request)["zone"]:
        raise PermissionDenied
    try:
        site_time.choose(request.POST.get("time_zone", "").strip())
        messages.success(request, _("Times are now in %(zone)s.") % {"zone": site_time.zone_name()})
    except ValidationError as exc:
        messages.error(request, " ".join(exc.messages))
    return _home()


def _home(invite: Invite | None = None) -> HttpResponse:
    address = reverse("admin:index")
    if invite is None:
        return HttpResponseRedirect(address)
    return HttpResponseRedirect(f"{address}?invite={invite.pk}#room-{invite.room_id}")
