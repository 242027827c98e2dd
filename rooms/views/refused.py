"""The page of each refusal: what happened, what to do, one button."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rooms.entry import links, passes
from rooms.entry.access import Refusal
from rooms.entry.framing import frameable
from rooms.entry.passes import Pass
from rooms.looks import chosen
from rooms.looks.stylesheet import look
from rooms.models import Room
from rooms.page import moments
from rooms.roles import Role
from rooms.views.framed import FRAME, is_framed, told_origins

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Page:
    """``button`` leads to the front page, or reloads this address if ``again`` is true."""

    title: Text
    text: Text
    button: Text
    again: bool = False


@dataclass(frozen=True, slots=True)
class ComingBack:
    """How the page behind an invite recognises somebody, for ``ui/entry/entry.js``.

    ``kept``: by the cookie. ``returned``: by the pass that the page handed back, because the
    browser keeps no cookies. ``new``: not at all, so far. ``old`` is the pass, if there is one.
    """

    state: Literal["new", "kept", "returned"]
    old: Pass | None = None

    @property
    def token(self) -> str:
        """The pass for the page to keep if the browser keeps none.

        It only identifies them: ``old`` may have expired, and must not become valid again.
        """
        if self.old is None or self.state != "returned":
            return ""
        return passes.issue(replace(self.old, role=Role.LISTENER, invite=None, user=None, me=""))


FRONT, AGAIN = _("Go to the front page"), _("Try again")

PAGES: dict[Refusal, Page] = {
    Refusal.not_found: Page(
        _("There is nothing here"),
        _(
            "This link does not lead to a call. Ask the person who sent it to check it, or to send "
            "you a new one."
        ),
        FRONT,
    ),
    Refusal.removed: Page(
        _("You were removed from this call"),
        _("The host has removed you. If you think this is a mistake, contact the host."),
        FRONT,
    ),
    Refusal.invite_revoked: Page(
        _("This invite was withdrawn"),
        _("The host has withdrawn this link. Ask the host for a new one."),
        FRONT,
    ),
    Refusal.invite_stopped: Page(
        _("This link no longer works"),
        _(
            "The host has closed it to new people. Ask the host for a new one. If you have been in "
            "this call before, open the link in the browser that you used then."
        ),
        FRONT,
    ),
    Refusal.invite_expired: Page(
        _("This invite has expired"),
        _("This link was valid for a limited time. Ask the host for a new one."),
        FRONT,
    ),
    Refusal.invite_used_up: Page(
        _("This invite has no uses left"),
        _("As many people have joined with this link as it allows. Ask the host for a new one."),
        FRONT,
    ),
    Refusal.invite_not_yet: Page(
        _("You are early"),
        _(
            "This link is not valid yet. Leave this page open, and it will take you to the call "
            "when it is time. You can also come back then."
        ),
        AGAIN,
        again=True,
    ),
    Refusal.room_closed: Page(
        _("This call is over"),
        _(
            "The host has closed the room. If you expected a call, ask the host when the next one "
            "is."
        ),
        FRONT,
    ),
    Refusal.room_not_open: Page(
        _("You are early"),
        _(
            "The room is not open yet. Leave this page open, and it will take you to the call when "
            "it is time. You can also come back then."
        ),
        AGAIN,
        again=True,
    ),
    Refusal.not_admitted: Page(
        _("The host did not let you in"),
        _("If you think this is a mistake, contact the host."),
        FRONT,
    ),
    Refusal.sign_in_needed: Page(
        _("Sign in with your site"),
        _("The host asks everyone in this call to sign in with the address of their own site."),
        AGAIN,
        again=True,
    ),
    Refusal.room_locked: Page(
        _("This call is locked"),
        _(
            "The host is not letting anyone new in right now. Ask the host to unlock the call, "
            "then try again."
        ),
        AGAIN,
        again=True,
    ),
    Refusal.room_full: Page(
        _("This call is full"),
        _("There is no place left. Try again when someone has left."),
        AGAIN,
        again=True,
    ),
}

# Only for people with a pass that was valid once, so strangers learn nothing.
LONG_AWAY = Page(
    _("You were away for a long time"),
    _("Your access to this call has expired. Open your invite link again."),
    FRONT,
)

FULL_RETRY_SECONDS = 30


def refused(
    request: HttpRequest,
    refusal: Refusal,
    until: datetime | None = None,
    back: ComingBack | None = None,
    room: Room | None = None,
    event: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page with its status code. ``until`` says when it is worth coming back.

    The sites of ``room`` may frame it, unless it must look as if there were no such room. ``event``
    is what those who are early may know of it, see ``rooms.events.event.block``.
    """
    if refusal is Refusal.not_found:
        room = None
    page = PAGES[refusal]
    now = timezone.now()
    context = {
        "page": page,
        "name": refusal.name,
        "moment": moments.tag(until) if until else "",
        "left": moments.left(until, now) if until else "",
        "back": back,
        "again": again(request, page),
        "slug": room.slug if room and refusal is Refusal.sign_in_needed else "",
        "framed": is_framed(request),
        "frame_origins": told_origins(request, room),
        "admits_sites": refusal is Refusal.not_found and admits_sites(request),
    }
    if until is not None and room is not None:
        appearance = look(chosen.background(room))
        context |= {"look_url": appearance.stylesheet if appearance else "", **(event or {})}
    response = render(request, "rooms/refused.html", context, status=refusal.status)
    if until is not None:
        response["Retry-After"] = str(max(1, math.ceil((until - now).total_seconds())))
    elif refusal is Refusal.room_full:
        response["Retry-After"] = str(FULL_RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    if room is not None:
        frameable(response, room)
    return response


def admits_sites(request: HttpRequest) -> bool:
    """Whether to offer the sign-in at a room's address: the same for each, absent ones too."""
    match = request.resolver_match
    at_room = match is not None and match.url_name == "room" and not is_framed(request)
    return at_room and Room.objects.exclude(admitted_domains="").exists()


def again(request: HttpRequest, page: Page) -> str:
    """Where the button leads. The front page does not open in a frame: no button."""
    if is_framed(request):
        return f"{request.path}?{FRAME}" if page.again else ""
    return request.path if page.again else "/"


def long_away(request: HttpRequest) -> HttpResponse:
    """For somebody whose pass has expired, at the room's own address."""
    context = {"page": LONG_AWAY, "name": "long_away", "again": "/"}
    response = render(request, "rooms/refused.html", context, status=403)
    response["Cache-Control"] = "no-store"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's ``handler404``: the page for strangers, or a redirect to what was meant."""
    meant = links.mended(request.path_info) if request.method in ("GET", "HEAD") else None
    if meant is None:
        return refused(request, Refusal.not_found)
    query = request.META.get("QUERY_STRING", "")
    response = HttpResponsePermanentRedirect(f"{meant}?{query}" if query else meant)
    # The address is a secret, so no cache may keep it.
    response["Cache-Control"] = "no-store"
    return response
