"""A WHIP or WHEP session after its offer (RFC 9725 section 4.3).

DELETE ends it. PATCH brings candidates or restarts ICE.
"""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from rooms.views.whip_request import Problem, answered, bearer, content, hold_back, signature, who
from rooms.workers import sfu
from sfu_worker import wire

FRAGMENT = "application/trickle-ice-sdpfrag"


@answered
async def session(request: HttpRequest, kind: wire.Kind, slug: str, resource: str) -> HttpResponse:
    """``/whip/<slug>/<resource>`` and ``/whep/<slug>/<resource>``.

    Only the worker knows whether there is such a session, and its current ICE session.
    """
    if request.method == "OPTIONS":
        return HttpResponse(status=200, headers={"Accept-Patch": FRAGMENT})
    if request.method not in ("DELETE", "PATCH"):
        raise Problem(
            405,
            _("Use PATCH to change this session, or DELETE to end it."),
            Allow="DELETE, PATCH, OPTIONS",
        )
    caller = await sync_to_async(who)(kind, slug, bearer(request))
    participant, _dot, signed = resource.partition(".")
    if not constant_time_compare(signed, signature(kind, caller, participant)):
        raise no_session()
    if request.method == "DELETE":
        # RFC 9725 section 4.3.1: whatever If-Match says.
        settled(await sfu.ask_holder(slug, wire.Leave(slug, participant)))
        return HttpResponse(status=200)
    await hold_back(kind, "PATCH", caller)
    command = wire.PatchIce(slug, participant, fragment(request), ice_sessions(request), "")
    return patched(settled(await sfu.ask_holder(slug, command)))


def fragment(request: HttpRequest) -> str:
    """The trickle ICE fragment of the request (RFC 8840), unparsed. Raises Problem."""
    if request.content_type != FRAGMENT:
        raise Problem(
            415, _("The fragment must be %(type)s.") % {"type": FRAGMENT}, Accept_Patch=FRAGMENT
        )
    return content(request, wire.MAX_FRAGMENT_BYTES)


def ice_sessions(request: HttpRequest) -> list[str]:
    """The ICE sessions that If-Match names; ``*`` is any.

    A weak tag never matches (RFC 9110 section 13.1.1). Some clients send ETag in place of If-Match.
    """
    named = request.headers.get("If-Match") or request.headers.get("ETag", "")
    tags = [tag.strip() for tag in named.split(",")]
    # Clients send the asterisk in quotation marks, as in the RFC's example.
    return [tag.removeprefix('"').removesuffix('"') for tag in tags if tag]


def settled(event: sfu.Settled | None) -> sfu.Settled:
    """The worker's answer. Raises Problem if it refused or if there is none."""
    if event is None:
        raise no_session()
    if not isinstance(event, wire.Refused):
        return event
    match event.code:
        case "not_in_room":
            raise no_session()
        case "no_ice_session":
            raise Problem(
                428, _("Name the ICE session with If-Match: its ETag, or * to restart ICE.")
            )
        case "other_ice_session":
            raise Problem(
                412,
                _(
                    "That ICE session has ended. Use the ETag of the latest answer, or start a new "
                    "session."
                ),
            )
        case "bad_sdp":
            raise Problem(400, f"{_('The fragment is malformed.')} {event.detail}".strip())
    raise sfu.Unavailable(event.code)


def patched(event: sfu.Settled) -> HttpResponse:
    """The response to an accepted fragment."""
    if not isinstance(event, wire.IcePatched):
        # They were removed in the meantime.
        raise no_session()
    if not event.fragment:
        # RFC 9725 section 4.3.2: no body and no ETag.
        return HttpResponse(status=204)
    return HttpResponse(event.fragment, FRAGMENT, 200, headers={"ETag": f'"{event.ice_session}"'})


def no_session() -> Problem:
    """The session never existed, has ended, or belongs to another caller: all look alike."""
    return Problem(404, _("This session does not exist. Start a new one."))
