"""The two ways to a call: an invite's link, and the room's address."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from rooms.entry import passes
from rooms.entry.access import Refusal
from rooms.entry.admission import invite_verdict
from rooms.entry.framing import frameable
from rooms.entry.hosts import waits_now
from rooms.entry.passes import Pass
from rooms.entry.sharing import Entry
from rooms.entry.standing import been_in, has_place, opening, strongest
from rooms.events.event import block
from rooms.models import Invite, Room
from rooms.page.call_page import context
from rooms.roles import Role, VisitorPolicy
from rooms.views.announcing import announce, announcing
from rooms.views.framed import is_framed, no_cookies_in_frames
from rooms.views.previews import for_people, previewed
from rooms.views.refused import ComingBack, long_away, refused
from rooms.views.waiting import waiting

KEPT_HEADER = "Pass"


# A POST brings back the pass if the browser keeps no cookies. It changes nothing.
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@for_people
@no_cookies_in_frames
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """The call page, with a pass, for anyone who has the link.

    Its script then removes the token from the address bar. There is no redirect to the room,
    because the browser may keep no cookie for us. Opening the link uses nothing up: programs fetch
    links too.
    """
    row = Invite.objects.select_related("room__background").filter(token=token).first()
    if row is None:
        return refused(request, Refusal.not_found)
    now = timezone.now()
    old, handed = held_pass(request, row.room, passes.REMEMBERED), returned_pass(request, row.room)
    back = ComingBack("kept" if old else "returned" if handed else "new", old or handed)
    person = back.old.person if back.old else passes.new_person()
    name, me = back.old.name if back.old else "", proved_site(request, row.room)
    pass_ = Pass(row.room.pk, Role(row.role), row.pk, person, name, me=me)
    inside = been_in(row.room, pass_)
    verdict = invite_verdict(row.room, row, person, now, rejoining=inside, me=me)
    if isinstance(verdict, Refusal):
        return turn_away(request, verdict, row.room, row, pass_, now, back)
    return enter(request, row.room, pass_, now, back)


@never_cache
@require_safe
@announcing
@for_people
@no_cookies_in_frames
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """The call page. A stranger gets the same answer as for a room that does not exist."""
    # Always asked, because it sets "Vary: Cookie", which would otherwise tell rooms that exist from
    # those that do not.
    staff_user(request)
    row = Room.objects.select_related("background").filter(slug=slug).first()
    if row is None:
        return refused(request, Refusal.not_found)
    if row.visitors != VisitorPolicy.NOTHING:
        announce(request)
    held, old = held_pass(request, row), held_pass(request, row, passes.REMEMBERED)
    # An expired pass says who somebody is (they may have been removed), not what they may do.
    visitor = replace(old, invite=None, user=None, me="") if old else None
    response = enter(request, row, held or visitor, timezone.now())
    if response.status_code == 404 and held is None and old is not None and old.invite is not None:
        return long_away(request)
    if held is not None and response.status_code == 200:
        # Tells the page behind an invite that the browser has kept the cookie.
        response[KEPT_HEADER] = "kept"
    return response


def enter(
    request: HttpRequest,
    row: Room,
    held: Pass | None,
    now: datetime,
    back: ComingBack | None = None,
) -> HttpResponse:
    """The call page for somebody who may come in, with a fresh pass in the page and in a cookie."""
    pass_, verdict = strongest(row, held, staff_user(request), now)
    if isinstance(verdict, Refusal):
        used = invite_of(pass_)
        return turn_away(request, verdict, row, used, pass_, now, back)
    if waits_now(row, verdict, passes.participant_of(row.pk, pass_.person)):
        early = block(row, invite_of(pass_), now) | previewed(request, row, now)
        return waiting(request, row, back, early)
    if not has_place(row, verdict, pass_):
        return refused(request, Refusal.room_full, back=back, room=row)
    values = context(Entry(row, verdict, pass_), now)
    values |= {"back": back, "framed": is_framed(request)} | previewed(request, row, now)
    return kept(request, frameable(render(request, "rooms/call.html", values), row), row, pass_)


def turn_away(
    request: HttpRequest,
    refusal: Refusal,
    row: Room,
    used: Invite | None,
    pass_: Pass,
    now: datetime,
    back: ComingBack | None,
) -> HttpResponse:
    """The page that says why. Whoever is to sign in keeps the pass, and with it the invite."""
    until = opening(refusal, row, used, now)
    early = block(row, used, now) | previewed(request, row, now)
    response = refused(request, refusal, until, back, row, early)
    return kept(request, response, row, pass_) if refusal is Refusal.sign_in_needed else response


def invite_of(pass_: Pass) -> Invite | None:
    """The invite that somebody came by, if it is still there."""
    return Invite.objects.filter(pk=pass_.invite).first() if pass_.invite is not None else None


def staff_user(request: HttpRequest) -> int | None:
    """The primary key of the owner who is logged in."""
    return request.user.pk if request.user.is_staff else None


def held_pass(request: HttpRequest, room: Room, max_age: timedelta = passes.MAX_AGE) -> Pass | None:
    """The pass in the room's cookie, if it belongs to this room."""
    pass_ = passes.read(request.COOKIES.get(passes.cookie_name(room.slug), ""), max_age)
    return pass_ if pass_ is not None and pass_.room == room.pk else None


def proved_site(request: HttpRequest, room: Room) -> str:
    """The site that they signed in with. An expired pass does not prove it any more."""
    pass_ = held_pass(request, room)
    return pass_.me if pass_ is not None else ""


def returned_pass(request: HttpRequest, room: Room) -> Pass | None:
    """The pass that our page hands back if the browser kept no cookie, see ui/entry/entry.js."""
    if (
        request.method != "POST"
        or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    ):
        return None  # another site might choose the person as whom somebody comes in
    pass_ = passes.read(request.POST.get("pass", ""), passes.REMEMBERED)
    return pass_ if pass_ is not None and pass_.room == room.pk else None


def kept(request: HttpRequest, response: HttpResponse, room: Room, pass_: Pass) -> HttpResponse:
    """The response with the pass in the room's cookie.

    In a frame of another site, or if the pass was handed back, only the page carries the pass.
    """
    if not is_framed(request) and request.method != "POST":
        keep(request, response, room, pass_)
    return response


def keep(request: HttpRequest, response: HttpResponse, room: Room, pass_: Pass) -> None:
    """Put a fresh pass into the room's cookie, which renews it while it is used."""
    response.set_cookie(
        passes.cookie_name(room.slug),
        passes.issue(pass_),
        max_age=passes.REMEMBERED,
        path="/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    # Django adds it for old browsers, but it depends on the visitor's clock. Max-Age does not.
    response.cookies[passes.cookie_name(room.slug)]["expires"] = ""
