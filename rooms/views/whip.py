"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): an SDP offer in, an answer out.

``whip_session`` handles what follows.
"""

from __future__ import annotations

import hashlib
import secrets

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from rooms.entry import admission, facts, hosts, passes
from rooms.entry.access import Refusal
from rooms.entry.passes import Pass
from rooms.page.ice_servers import ice_servers
from rooms.roles import Grant, Role
from rooms.views.whip_request import (
    RETRY_SECONDS,
    Caller,
    Problem,
    answered,
    bearer,
    content,
    hold_back,
    signature,
    who,
)
from rooms.workers import sfu
from sfu_worker import wire

SDP = "application/sdp"

# Status codes for the worker's refusals; any other refusal means: try again later.
REFUSED = {"bad_sdp": 400, "bad_request": 400, "forbidden": 403}


@answered
async def endpoint(request: HttpRequest, kind: wire.Kind, slug: str) -> HttpResponse:
    """``/whip/<slug>`` and ``/whep/<slug>``: POST an offer."""
    if request.method == "OPTIONS":
        return await options(request, kind, slug)
    if request.method != "POST":
        raise Problem(405, _("Send the offer with POST."), Allow="POST, OPTIONS")
    caller = await sync_to_async(who)(kind, slug, bearer(request))
    await hold_back(kind, "POST", caller)
    sdp = offer(request)
    participant = secrets.token_hex(8)
    pass_ = pass_of(kind, caller)
    grant = await sync_to_async(check)(kind, caller, pass_)
    if await hosts.waits(caller.room, grant, participant):
        raise Problem(
            409,
            _("The host is not in the call yet. Try again when they are."),
            Retry_After=str(RETRY_SECONDS),
        )
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
        owner=pass_.person,
        held=grant.silenced,
    )
    answer = await negotiate(slug, join, sdp)
    try:
        # Nothing is written, and no invite used, before a worker has answered. Nobody hears of a
        # stream before it has connected, for which it needs the answer.
        await sync_to_async(admit)(kind, pass_, participant)
    except Exception:
        await sfu.send_to_room(slug, wire.Leave(slug, participant))
        raise
    response = HttpResponse(answer.sdp, SDP, 201)
    resource = f"{participant}.{signature(kind, caller, participant)}"
    response["Location"] = reverse(f"{kind}-session", kwargs={"slug": slug, "resource": resource})
    # RFC 9725 section 4.3.1: the tag of the ICE session, not of the resource.
    response["ETag"] = f'"{answer.ice_session}"'
    return linked(response, pass_.person)


async def options(request: HttpRequest, kind: wire.Kind, slug: str) -> HttpResponse:
    """What can be sent here, and the relays for clients that need them before they offer.

    A preflight has no token, and strangers get no credentials for a relay (RFC 9725 section 4.6).
    """
    response = HttpResponse(status=200, headers={"Accept-Post": SDP})
    try:
        caller = await sync_to_async(who)(kind, slug, bearer(request))
    except Problem:
        return linked(response, None)
    return linked(response, person(kind, caller))


async def negotiate(slug: str, join: wire.Join, sdp: str) -> wire.Answer:
    """The worker's answer. Without one, nothing is left of the participant."""
    leave = wire.Leave(slug, join.participant)
    try:
        event = await sfu.ask(slug, join, wire.Offer(slug, join.participant, sdp))
    except sfu.Unavailable:
        await sfu.send_to_room(slug, leave)
        raise
    if isinstance(event, wire.Answer):
        return event
    if isinstance(event, wire.Removed) and event.why == "removed":
        raise removed(join.kind)
    if isinstance(event, wire.Removed) and event.why == "replaced":
        raise Problem(409, _("This stream key has started another connection in the meantime."))
    if isinstance(event, wire.Removed):
        raise Problem(409, _("The call has ended."))
    await sfu.send_to_room(slug, leave)
    if not isinstance(event, wire.Refused):
        raise sfu.Unavailable("the worker says something else")
    if event.code == "room_full":
        raise Problem(
            503,
            _("The room is full. Try again when someone has left."),
            Retry_After=str(RETRY_SECONDS),
        )
    if event.code not in REFUSED:
        raise sfu.Unavailable(event.code)
    words = (
        _("The server cannot answer this offer.")
        if event.code == "bad_sdp"
        else _("The server refused this offer.")
    )
    raise Problem(REFUSED[event.code], f"{words} {event.detail}".strip())


def offer(request: HttpRequest) -> str:
    """The SDP of the request. Raises Problem if it cannot be one."""
    if request.content_type != SDP:
        raise Problem(415, _("The offer must be %(type)s.") % {"type": SDP}, Accept_Post=SDP)
    text = content(request, wire.MAX_SDP_BYTES)
    if not text.startswith("v=0"):
        raise Problem(400, _("The body is not an SDP offer."))
    return text


def pass_of(kind: wire.Kind, caller: Caller) -> Pass:
    """What the caller shows to come in."""
    invite = caller.invite
    name = passes.clean_name(invite.label if invite else "") or _("Stream")
    owner = person(kind, caller)
    return Pass(caller.room.pk, Role.LISTENER, invite.pk if invite else None, owner, name)


def check(kind: wire.Kind, caller: Caller, pass_: Pass) -> Grant:
    """What the caller may do. Changes nothing. Raises Problem if the room or the invite refuses."""
    if kind == "whip" and (caller.invite is None or not Grant(Role(caller.invite.role)).publish):
        raise Problem(403, _("This invite is for listeners. Ask for one that lets you speak."))
    [standing] = facts.standings([pass_])
    if standing.waits:
        # Nobody could be let in by a program, and the waiting room must not be passed by.
        raise Problem(
            403, _("The host lets people into this room one by one. Only their invite works here.")
        )
    return granted(kind, standing.verdict)


def admit(kind: wire.Kind, pass_: Pass, participant: str) -> None:
    """Write down that they come in as ``participant``. Raises Problem if that is over meanwhile."""
    verdict = admission.admit(pass_, pass_.name, participant=participant, kind=kind)
    granted(kind, verdict)


def granted(kind: wire.Kind, verdict: Grant | Refusal) -> Grant:
    """The grant. Raises Problem for a refusal."""
    if isinstance(verdict, Grant):
        return verdict
    if verdict in (Refusal.room_closed, Refusal.room_not_open, Refusal.room_locked):
        raise Problem(409, _("The room is not letting anyone new in right now."))
    if verdict is Refusal.removed:
        raise removed(kind)
    if verdict is Refusal.sign_in_needed:
        # The invite alone would let people past the sign-in.
        raise Problem(
            403, _("People sign in to this room. Only the invite of a host works for a stream.")
        )
    raise Problem(403, _("This invite no longer works. Ask for a new one."))


def removed(kind: wire.Kind) -> Problem:
    """The answer for a stream that was removed, or for an invite whose holder was."""
    if kind == "whip":
        return Problem(
            403,
            _(
                "The host has removed this stream, so this invite can no longer be used to stream. "
                "Ask the host for a new one."
            ),
        )
    return Problem(
        403,
        _(
            "The host has removed you, so this invite no longer works for you. Ask the host for a "
            "new one."
        ),
    )


def person(kind: wire.Kind, caller: Caller) -> str:
    """One person per invite and direction, so that an encoder that restarts uses up nothing."""
    if caller.invite is None:
        return passes.new_person()
    return f"{kind}-{hashlib.sha256(caller.invite.token.encode()).hexdigest()[:24]}"


def linked(response: HttpResponse, user: str | None) -> HttpResponse:
    """Add the Link headers of RFC 9725, section 4.6, without relays if ``user`` is None."""
    links = []
    for server in ice_servers(user or "", timezone.now()):
        extra = ""
        if "username" in server:
            if user is None:
                continue
            extra = (
                f'; username="{server["username"]}"; credential="{server["credential"]}"'
                '; credential-type="password"'
            )
        links += [f'<{url}>; rel="ice-server"{extra}' for url in server["urls"]]
    if links:
        response["Link"] = ", ".join(links)
    return response
