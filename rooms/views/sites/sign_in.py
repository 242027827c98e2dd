"""Signing in with one's own site: to its server and back (IndieAuth).

The browser carries what belongs together in one signed cookie. The room's own cookie, with the pass
and so the invite, stays what it is: no token is in an address, and no other site hears of the room.

A stranger learns nothing of a room. They may sign in for any address of a room, and get to that
address in the end, where only people of an admitted site find more than before.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rooms.entry import passes, throttle
from rooms.entry.access import Refusal
from rooms.entry.passes import Pass
from rooms.entry.sharing import absolute
from rooms.entry.standing import strongest
from rooms.indieweb import indieauth, people
from rooms.indieweb.indieauth import Deadline, Server, SignInError, Why
from rooms.indieweb.site_address import BadAddress, normalise
from rooms.models import Room
from rooms.roles import Role
from rooms.views.room import held_pass, keep, staff_user
from rooms.views.sites import sign_in_pages as pages

logger = logging.getLogger(__name__)

COOKIE = "sign-in"
SALT = "confcall.sign-in"
# As long as somebody may take to log in at their own site.
COOKIE_SECONDS = 600

# Each takes a thread for as long as another site takes to answer.
AT_ONCE = 4
_places = threading.BoundedSemaphore(AT_ONCE)

MAX_CODE = 2000


@dataclass(frozen=True, slots=True)
class Started:
    """What the cookie carries: for which room, which site, and how the answer is checked."""

    slug: str
    me: str
    endpoint: str
    issuer: str
    state: str
    verifier: str

    @property
    def request(self) -> indieauth.Request:
        return indieauth.Request(
            absolute(reverse("sign_in_client")),
            absolute(reverse("sign_in_back")),
            self.state,
            self.verifier,
        )


@contextmanager
def _place() -> Iterator[None]:
    """One of a few places for work that waits for other sites. Raises Held."""
    if not _places.acquire(blocking=False):
        raise pages.Held(seconds=5)
    try:
        yield
    finally:
        _places.release()


def _hold_back(slug: str) -> None:
    """Raises Held if too many sign in, to this room or to all: each time costs fetches."""
    for kind, caller in (("sign-ins", "all"), ("sign-in", f"room-{slug}")):
        seconds = async_to_sync(throttle.wait_seconds)(kind, "POST", caller)
        if seconds:
            raise pages.Held(seconds)


def from_our_page(request: HttpRequest) -> bool:
    """Another site must not sign its readers in, as somebody of its choice, or out."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


@never_cache
@require_safe
def room_sign_in(request: HttpRequest, slug: str) -> HttpResponse:
    """The form for people who have only a room's address: the same for each, absent ones too."""
    return render(request, "rooms/sign_in.html", {"slug": slug})


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Take the address of a site, and send the browser to its server."""
    slug = request.POST.get("room", "")
    if request.method != "POST" or not pages.SLUG.fullmatch(slug) or not from_our_page(request):
        return HttpResponseRedirect("/")
    again = pages.way_back(slug, known=passes.cookie_name(slug) in request.COOKIES)
    try:
        me = normalise(request.POST.get("site", ""))
        _hold_back(slug)
        with _place():
            site = indieauth.discover(me, Deadline.begin())
    except BadAddress:
        return pages.failed(request, Why.bad_address, again)
    except pages.Held as exc:
        return pages.held(request, exc, again)
    except SignInError as exc:
        logger.info("x nobody signs in to %s: %s", slug, exc)
        return pages.failed(request, exc.why, again)
    server, state, verifier = site.server, secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    started = Started(slug, me, server.endpoint, server.issuer, state, verifier)
    return _go(request, started, indieauth.authorization_url(site, started.request))


def _go(request: HttpRequest, started: Started, url: str) -> HttpResponse:
    """A page that goes on by itself.

    Our policy lets a form lead to our own pages only, and a redirect would be part of the form.
    """
    context = {"url": url, "host": indieauth.host(url)}
    response = render(request, "rooms/sign_in_go.html", context)
    response.set_cookie(
        COOKIE,
        signing.dumps(asdict(started), salt=SALT, compress=True),
        max_age=COOKIE_SECONDS,
        path=reverse("sign_in"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """The answer of a site's server. Whatever happens, the cookie has served."""
    started = _started(request)
    if started is None:
        return pages.failed(request, Why.mismatch, "/")
    again = pages.way_back(started.slug, known=passes.cookie_name(started.slug) in request.COOKIES)
    try:
        response = _finish(request, started)
    except pages.Held as exc:
        return pages.held(request, exc, again)
    except SignInError as exc:
        logger.info("x nobody signed in to %s: %s", started.slug, exc)
        response = pages.failed(request, exc.why, again)
    response.delete_cookie(COOKIE, path=reverse("sign_in"), samesite="Lax")
    return response


def _started(request: HttpRequest) -> Started | None:
    """What this browser has begun; None if it was too long ago, or somewhere else."""
    try:
        body = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_SECONDS)
        return Started(**body)
    except (signing.BadSignature, TypeError):
        return None


def _finish(request: HttpRequest, started: Started) -> HttpResponse:
    """Check the answer, and let them in as whose site it is. Raises SignInError and Held."""
    code = _code(request, started)
    with _place():
        # A browser that asks again, or somebody who has its cookie, does not redeem it again.
        if async_to_sync(throttle.wait_seconds)("sign-in", "back", started.state):
            raise SignInError(Why.mismatch, "the answer came twice")
        deadline = Deadline.begin()
        server = Server(started.endpoint, started.issuer)
        proof = indieauth.redeem(started.me, server, code, started.request, deadline)
        return _let_in(request, started.slug, proof, deadline)


def _code(request: HttpRequest, started: Started) -> str:
    """The code of the server that we asked (5.2.1, RFC 9207). Raises SignInError."""
    said = request.GET
    if not constant_time_compare(said.get("state", ""), started.state):
        raise SignInError(Why.mismatch, "another state")
    if started.issuer and said.get("iss", "") != started.issuer:
        raise SignInError(Why.mismatch, "another issuer")
    if "error" in said:
        raise SignInError(Why.cancelled, "the server says no")
    code = said.get("code", "")
    if not 0 < len(code) <= MAX_CODE:
        raise SignInError(Why.mismatch, "no code")
    return code


def _let_in(
    request: HttpRequest, slug: str, proof: indieauth.Proof, deadline: Deadline
) -> HttpResponse:
    """Back to the room, with the site in the pass. Strangers get there as they came."""
    response = HttpResponseRedirect(reverse("room", args=[slug]))
    room = Room.objects.filter(slug=slug).first()
    if room is None:
        return response
    pass_ = replace(_pass(request, room), me=proof.me)
    if strongest(room, pass_, staff_user(request), timezone.now())[1] is not Refusal.not_found:
        profile = people.remember(proof, deadline)
        keep(request, response, room, replace(pass_, name=profile.name or pass_.name))
    return response


def _pass(request: HttpRequest, room: Room) -> Pass:
    """Who they are already. An expired pass says only that."""
    old = held_pass(request, room, passes.REMEMBERED)
    if old is None:
        return Pass(room.pk, Role.LISTENER, None, passes.new_person())
    return held_pass(request, room) or replace(old, role=Role.LISTENER, invite=None, user=None)


@never_cache
@csrf_exempt
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Forget the site of this browser's pass, and the name that came from it."""
    slug = request.POST.get("room", "")
    good = pages.SLUG.fullmatch(slug) and from_our_page(request)
    room = Room.objects.filter(slug=slug).first() if good else None
    held = held_pass(request, room) if room is not None else None
    if room is None or held is None:
        return HttpResponseRedirect("/")
    response = HttpResponseRedirect(reverse("room", args=[slug]))
    keep(request, response, room, replace(held, me="", name=""))
    return response


@require_safe
def client(request: HttpRequest) -> HttpResponse:
    """Who asks, for servers (4.2). The address of this document is our ``client_id``."""
    return JsonResponse(
        {
            "client_id": absolute(reverse("sign_in_client")),
            "client_name": f"Calls at {indieauth.host(settings.SITE_URL)}",
            "client_uri": settings.SITE_URL + "/",
            "redirect_uris": [absolute(reverse("sign_in_back"))],
        },
        headers={"Cache-Control": "public, max-age=3600"},
    )
