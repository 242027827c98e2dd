"""Calendar files: of a room, of an invite's room with the invite as its link, of all public rooms.

They are for those who may come in at that time, so people who are early get them too.
"""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rooms.cards import cache
from rooms.cards.cache import Page
from rooms.entry.access import Refusal
from rooms.entry.admission import invite_verdict
from rooms.entry.sharing import absolute
from rooms.events.calendar import calendar, has_times
from rooms.events.event import site_name
from rooms.models import Invite, Room
from rooms.roles import Grant, VisitorPolicy
from rooms.views.refused import refused
from rooms.views.room import staff_user

# What an invite may lack for now: its calendar says when it is worth coming.
FOR_NOW = {
    Refusal.invite_not_yet,
    Refusal.room_not_open,
    Refusal.room_locked,
    Refusal.sign_in_needed,
    Refusal.host_away,
}

# Programs that subscribe ask again after this.
FEED_SECONDS = 300
MOST_ROOMS = 500


@require_safe
def room_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """A stranger gets the same answer as for a room that does not exist."""
    owner = staff_user(request) is not None
    room = Room.objects.filter(slug=slug).first()
    if room is None or (room.visitors == VisitorPolicy.NOTHING and not owner):
        return refused(request, Refusal.not_found)
    return _file(request, room, absolute(room.get_absolute_url()))


@require_safe
def invite_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The link in it is the invite, so it is for its holder alone."""
    invite = Invite.objects.select_related("room").filter(token=token).first()
    if invite is None:
        return refused(request, Refusal.not_found)
    verdict = invite_verdict(invite.room, invite, "", timezone.now())
    if not isinstance(verdict, Grant) and verdict not in FOR_NOW:
        return refused(request, verdict)
    return _file(request, invite.room, absolute(invite.get_absolute_url()))


def _file(request: HttpRequest, room: Room, link: str) -> HttpResponse:
    if room.closed:
        return refused(request, Refusal.room_closed)
    if not has_times(room):
        return refused(request, Refusal.not_found)
    response = _answer(request, calendar([(room, link)], room.title))
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = f'inline; filename="{room.slug}.ics"'
    return response


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """All rooms that strangers may know of. It is the same for everyone, and made as a card is."""
    response = _answer(request, cache.page("calendar", _of_all).body)
    response["Cache-Control"] = f"public, max-age={FEED_SECONDS}"
    return response


def _of_all() -> Page:
    rooms = Room.objects.exclude(visitors=VisitorPolicy.NOTHING).filter(closed=False)
    known = rooms.prefetch_related("hours").order_by("pk")[:MOST_ROOMS]
    name = _("Calls at {site}").format(site=site_name())
    links = [(room, settings.SITE_URL + room.get_absolute_url()) for room in known]
    return Page(calendar(links, name), {})


def _answer(request: HttpRequest, body: bytes) -> HttpResponse:
    """The file, or that it is the one which the caller has already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    kind = "text/calendar; charset=utf-8"
    whole = HttpResponse(body, content_type=kind, headers={"ETag": tag})
    response: HttpResponse = get_conditional_response(request, tag, response=whole) or whole
    return response
