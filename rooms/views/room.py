"""The two ways to a call: an invite's link, and the room's address."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rooms import passes
from rooms.access import Refusal, place, user_grant, visitor_grant
from rooms.admission import current_grant, invite_verdict, is_banned
from rooms.call_page import Entry, context
from rooms.live import people_in
from rooms.models import Admission, Invite, Room
from rooms.passes import Pass
from rooms.roles import Grant, Role
from rooms.views.refused import refused


@never_cache
@require_safe
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange an invite for a pass. Nothing is used up by looking: programs fetch links too."""
    row = Invite.objects.select_related("room__background").filter(token=token).first()
    if row is None:
        return refused(request, Refusal.not_found)
    now = timezone.now()
    old = held_pass(request, row.room)
    person = old.person if old else passes.new_person()
    verdict = invite_verdict(row.room, row, person, now)
    if isinstance(verdict, Refusal):
        return refused(request, verdict, opening(verdict, row.room, row))
    pass_ = Pass(row.room.pk, verdict.role, row.pk, person, old.name if old else "")
    if request.headers.get("Sec-Fetch-Dest") == "iframe":
        # In a frame of another site the browser may keep no cookie for us: the pass travels in the page alone.
        return call_page(request, Entry(row.room, verdict, pass_), now)
    response = HttpResponseRedirect(row.room.get_absolute_url())
    response.status_code = 303
    keep(request, response, row.room, pass_)
    return response


@never_cache
@require_safe
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """The call page. A stranger gets the very answer that an absent room gives."""
    # Asked for in any case: it sets "Vary: Cookie", which would otherwise tell existing rooms from absent ones.
    user = request.user.pk if request.user.is_staff else None
    row = Room.objects.select_related("background").filter(slug=slug).first()
    if row is None:
        return refused(request, Refusal.not_found)
    now = timezone.now()
    pass_, verdict = who(row, held_pass(request, row), user, now)
    if isinstance(verdict, Refusal):
        used = Invite.objects.filter(pk=pass_.invite).first() if pass_.invite is not None else None
        return refused(request, verdict, opening(verdict, row, used))
    if not been_in(pass_):
        verdict = place(row, verdict, people_in(row.slug))
    if isinstance(verdict, Refusal):
        return refused(request, verdict)
    response = call_page(request, Entry(row, verdict, pass_), now)
    keep(request, response, row, pass_)
    return response


def who(
    room: Room, held: Pass | None, user: int | None, now: datetime
) -> tuple[Pass, Grant | Refusal]:
    """The strongest that somebody is: the owner who is logged in, the holder of a pass, a visitor."""
    person, name = (held.person, held.name) if held else (passes.new_person(), "")
    if user is not None:
        return Pass(room.pk, Role.OWNER, None, person, name, user), user_grant(
            room, is_staff=True, now=now
        )
    verdict: Grant | Refusal = Refusal.not_found
    if held is not None and held.user is None and held.invite is not None:
        verdict = current_grant(held, now, rejoining=been_in(held))
        if isinstance(verdict, Grant):
            return Pass(room.pk, verdict.role, held.invite, person, name), verdict
    visiting = visitor_grant(room, banned=is_banned(room, person), now=now)
    if isinstance(visiting, Grant) and verdict is not Refusal.removed:
        return Pass(room.pk, visiting.role, None, person, name), visiting
    if held is not None and held.invite is not None:
        return held, verdict
    return Pass(room.pk, Role.LISTENER, None, person, name), visiting


def been_in(pass_: Pass) -> bool:
    """Whether this person joined before: reloading the page in a locked or full room must not put anybody out.

    The page is all that it gives: at the join a resume token decides about the lock, and the media worker about the place.
    """
    return (
        pass_.invite is not None
        and Admission.objects.filter(invite=pass_.invite, person=pass_.person).exists()
    )


def held_pass(request: HttpRequest, room: Room) -> Pass | None:
    """The pass in the room's cookie, if it is one for this very room."""
    pass_ = passes.read(request.COOKIES.get(passes.cookie_name(room.slug), ""))
    return pass_ if pass_ is not None and pass_.room == room.pk else None


def keep(request: HttpRequest, response: HttpResponse, room: Room, pass_: Pass) -> None:
    """Put a fresh pass into the room's cookie: that is how it is renewed while it is used."""
    response.set_cookie(
        passes.cookie_name(room.slug),
        passes.issue(pass_),
        max_age=passes.MAX_AGE,
        path="/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def opening(refusal: Refusal, room: Room, invite: Invite | None) -> datetime | None:
    """When it is worth coming back."""
    if refusal is Refusal.room_not_open:
        return room.opens
    return invite.not_before if refusal is Refusal.invite_not_yet and invite is not None else None


def call_page(request: HttpRequest, entry: Entry, now: datetime) -> HttpResponse:
    return render(request, "rooms/call.html", context(entry, now))
