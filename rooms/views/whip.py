"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): one SDP offer in, one answer out, DELETE ends it.

The token is an invite's. An unknown room and an unknown token get the same answer.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from rooms import admission, passes, sfu
from rooms.access import Refusal
from rooms.ice_servers import ice_servers
from rooms.models import Invite, Room
from rooms.passes import Pass
from rooms.roles import Grant, Role, VisitorPolicy
from sfu_worker import wire

SDP = "application/sdp"
TRICKLE = "application/trickle-ice-sdpfrag"

CORS = {
    # The token is in a header that no browser adds by itself: any site whose user gives it one may use it.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Expose-Headers": "Location, Link, ETag, Retry-After",
    "Cache-Control": "no-store",
}

RETRY_SECONDS = 5

REFUSED = {"bad_sdp": 400, "bad_request": 400, "forbidden": 403}
"Status of the worker's refusals; all others mean: try again later."


class Problem(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the holder of an invite, or for WHEP a visitor."""

    room: Room
    invite: Invite | None


View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def answered(view: View) -> View:
    """Problems become responses in plain words; every response may be read by other sites."""

    @csrf_exempt
    @wraps(view)
    async def inner(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            response = await view(request, **kwargs)
        except Problem as exc:
            response = HttpResponse(exc.text + "\n", "text/plain; charset=utf-8", exc.status, headers=exc.headers)
        except sfu.Unavailable:
            text = _("No media server is free right now. Try again in a moment.")
            response = HttpResponse(text + "\n", "text/plain; charset=utf-8", 503, headers={"Retry-After": str(RETRY_SECONDS)})
        for name, value in CORS.items():
            response[name] = value
        return response

    return inner


@answered
async def endpoint(request: HttpRequest, kind: wire.Kind, slug: str) -> HttpResponse:
    """``/whip/<slug>`` and ``/whep/<slug>``: POST an offer."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Accept-Post": SDP})
    if request.method != "POST":
        raise Problem(405, _("Send the offer with POST."), Allow="POST, OPTIONS")
    caller = await sync_to_async(who)(kind, slug, bearer(request))
    sdp = offer(request)
    pass_, grant = await sync_to_async(admit)(kind, caller)
    participant = secrets.token_hex(8)
    join = wire.Join(
        room=slug,
        participant=participant,
        name=pass_.name,
        role=grant.role.value,
        publish=kind == "whip",
        reply="",
        kind=kind,
        follow=request.GET.get("participant", "")[:40] if kind == "whep" else None,
        max_people=0 if grant.moderate else caller.room.max_people,
    )
    answer = await negotiate(slug, join, sdp)
    response = HttpResponse(answer, SDP, 201)
    resource = f"{participant}.{signature(kind, caller, participant)}"
    response["Location"] = reverse(f"{kind}-session", kwargs={"slug": slug, "resource": resource})
    response["ETag"] = f'"{participant}"'
    links = ice_links(pass_.person)
    if links:
        response["Link"] = ", ".join(links)
    return response


async def negotiate(slug: str, join: wire.Join, sdp: str) -> str:
    """The worker's answer; nothing of the participant is left behind where there is none."""
    leave = wire.Leave(slug, join.participant)
    try:
        event = await sfu.ask(slug, join, wire.Offer(slug, join.participant, sdp))
    except sfu.Unavailable:
        await sfu.send_to_room(slug, leave)
        raise
    if isinstance(event, wire.Answer):
        return event.sdp
    if isinstance(event, wire.Removed):
        raise Problem(409, _("The call has ended."))
    await sfu.send_to_room(slug, leave)
    if event.code == "room_full":
        raise Problem(503, _("The room is full. Try again when somebody has left."), Retry_After=str(RETRY_SECONDS))
    if event.code not in REFUSED:
        raise sfu.Unavailable(event.code)
    words = _("The offer is not one that this server can answer.") if event.code == "bad_sdp" else _("The server refused it.")
    raise Problem(REFUSED[event.code], f"{words} {event.detail}".strip())


@answered
async def session(request: HttpRequest, kind: wire.Kind, slug: str, resource: str) -> HttpResponse:
    """``/whip/<slug>/<resource>``: DELETE ends it; PATCH may bring ICE candidates, of which an ICE-lite server needs none."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Accept-Patch": TRICKLE})
    if request.method not in ("DELETE", "PATCH"):
        raise Problem(405, _("End it with DELETE."), Allow="DELETE, PATCH, OPTIONS")
    caller = await sync_to_async(who)(kind, slug, bearer(request))
    participant, _dot, signed = resource.partition(".")
    if not constant_time_compare(signed, signature(kind, caller, participant)):
        raise Problem(404, _("There is no such session. Start a new one."))
    if request.method == "DELETE":
        await sfu.send_to_room(slug, wire.Leave(slug, participant))
        return HttpResponse(status=200)
    if request.content_type != TRICKLE:
        raise Problem(415, _("Candidates come as %(type)s.") % {"type": TRICKLE}, Accept_Patch=TRICKLE)
    if request.headers.get("If-Match") == '"*"' or request.headers.get("If-Match") == "*":
        # RFC 9725, section 4.3.3: trickle is supported and ICE restart is not.
        raise Problem(422, _("ICE restarts are not supported. Start a new session."))
    return HttpResponse(status=204)


def bearer(request: HttpRequest) -> str:
    """The token of the Authorization header, empty where there is none."""
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def offer(request: HttpRequest) -> str:
    """The SDP of the request. Raises Problem where it cannot be one."""
    if request.content_type != SDP:
        raise Problem(415, _("The offer must be %(type)s.") % {"type": SDP}, Accept_Post=SDP)
    try:
        body = request.body
    except RequestDataTooBig:
        body = None
    if body is None or len(body) > wire.MAX_SDP_BYTES:
        raise Problem(413, _("The offer is longer than any real one."))
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    if not text.startswith("v=0"):
        raise Problem(400, _("The body is not an SDP offer."))
    return text


def who(kind: wire.Kind, slug: str, token: str) -> Caller:
    """Whom the token belongs to. Raises Problem 401, the same for an unknown room and an unknown token."""
    if token:
        # One question for both, so that they differ neither in words nor in time.
        invite = Invite.objects.select_related("room").filter(token=token, room__slug=slug).first()
        if invite is not None:
            return Caller(invite.room, invite)
    elif kind == "whep":
        room = Room.objects.filter(slug=slug).exclude(visitors=VisitorPolicy.NOTHING).first()
        if room is not None:
            return Caller(room, None)
    error = ', error="invalid_token"' if token else ""
    raise Problem(
        401, _("A valid token is needed: the last part of an invite's link."), WWW_Authenticate=f'Bearer realm="call"{error}'
    )


def admit(kind: wire.Kind, caller: Caller) -> tuple[Pass, Grant]:
    """Let the caller in. Raises Problem where the room or the invite says no."""
    if kind == "whip" and (caller.invite is None or not Grant(Role(caller.invite.role)).publish):
        raise Problem(403, _("This invite is for listeners: ask for one that may speak."))
    name = passes.clean_name(caller.invite.label if caller.invite else "") or _("Stream")
    pass_ = Pass(caller.room.pk, Role.LISTENER, caller.invite.pk if caller.invite else None, person(kind, caller), name)
    verdict = admission.admit(pass_, name)
    if isinstance(verdict, Grant):
        return pass_, verdict
    if verdict in (Refusal.room_closed, Refusal.room_not_open, Refusal.room_locked):
        raise Problem(409, _("The room is not open to newcomers right now."))
    raise Problem(403, _("This invite does not let you in any more. Ask for a new one."))


def person(kind: wire.Kind, caller: Caller) -> str:
    """One person per invite and direction: an encoder that starts again does not use the invite up."""
    if caller.invite is None:
        return passes.new_person()
    return f"{kind}-{hashlib.sha256(caller.invite.token.encode()).hexdigest()[:24]}"


def signature(kind: wire.Kind, caller: Caller, participant: str) -> str:
    """What makes a session's address the caller's own: nobody else can end it."""
    owner = caller.invite.pk if caller.invite else 0
    return salted_hmac("confcall.whip", f"{kind}/{caller.room.pk}/{owner}/{participant}", algorithm="sha256").hexdigest()[:32]


def ice_links(user: str) -> list[str]:
    """Link headers as in RFC 9725, section 4.6."""
    links = []
    for server in ice_servers(user, timezone.now()):
        extra = ""
        if "username" in server:
            extra = f'; username="{server["username"]}"; credential="{server["credential"]}"; credential-type="password"'
        links += [f'<{url}>; rel="ice-server"{extra}' for url in server["urls"]]
    return links
