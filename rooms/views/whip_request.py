"""What WHIP and WHEP requests share: the caller, the body, and how a problem is reported.

The token belongs to an invite. An unknown room and an unknown token get the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from rooms import database
from rooms.entry import throttle
from rooms.models import Invite, Room
from rooms.roles import VisitorPolicy
from rooms.views import busy
from rooms.workers import sfu
from sfu_worker import wire

RETRY_SECONDS = 5


class Problem(Exception):
    """Why the request fails, as a response."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of an invite or, for WHEP, a visitor."""

    room: Room
    invite: Invite | None


View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def answered(view: View) -> View:
    """Turn problems into responses in plain words. rooms.security lets other sites read them."""

    @csrf_exempt
    @wraps(view)
    async def inner(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            response = await view(request, **kwargs)
        except Problem as exc:
            response = HttpResponse(
                exc.text + "\n", "text/plain; charset=utf-8", exc.status, headers=exc.headers
            )
        except sfu.Crowded:
            response = later(_("The media servers are busy right now. Try again in a moment."))
        except sfu.Unavailable:
            response = later(_("No media server is available right now. Try again in a moment."))
        except database.AWAY as exc:
            database.note(exc)
            response = later(busy.words())
        response["Cache-Control"] = "no-store"
        return response

    return inner


def later(text: str) -> HttpResponse:
    """503, in words."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return HttpResponse(text + "\n", "text/plain; charset=utf-8", 503, headers=headers)


def bearer(request: HttpRequest) -> str:
    """The token of the Authorization header; empty if there is none."""
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def content(request: HttpRequest, limit: int) -> str:
    """The text of the request; empty if it is not text.

    Raises Problem if it has more than ``limit`` bytes.
    """
    try:
        body = request.body
    except RequestDataTooBig:
        body = None
    if body is None or len(body) > limit:
        raise Problem(413, _("The request body is too long."))
    try:
        return body.decode()
    except UnicodeDecodeError:
        return ""


def who(kind: wire.Kind, slug: str, token: str) -> Caller:
    """The owner of the token. Raises Problem 401, the same for an unknown room or token."""
    if token:
        # One query for both, so that neither the answer nor its time tells them apart.
        invite = Invite.objects.select_related("room").filter(token=token, room__slug=slug).first()
        if invite is not None:
            return Caller(invite.room, invite)
    elif kind == "whep":
        room = Room.objects.filter(slug=slug).exclude(visitors=VisitorPolicy.NOTHING).first()
        if room is not None:
            return Caller(room, None)
    error = ', error="invalid_token"' if token else ""
    raise Problem(
        401,
        _("A valid bearer token is required: the last part of an invite link."),
        WWW_Authenticate=f'Bearer realm="call"{error}',
    )


async def hold_back(kind: wire.Kind, method: str, caller: Caller) -> None:
    """Raise Problem 429 for a caller that asks far too often (RFC 9725, 5; RFC 6585, 4)."""
    named = f"invite-{caller.invite.pk}" if caller.invite else f"room-{caller.room.pk}"
    seconds = await throttle.wait_seconds(kind, method, named)
    if seconds:
        raise Problem(
            429,
            _("Too many requests at once. Wait a moment, then try again."),
            Retry_After=str(seconds),
        )


def signature(kind: wire.Kind, caller: Caller, participant: str) -> str:
    """Makes a session's address the caller's own, so that nobody else can end the session."""
    owner = caller.invite.pk if caller.invite else 0
    return salted_hmac(
        "confcall.whip", f"{kind}/{caller.room.pk}/{owner}/{participant}", algorithm="sha256"
    ).hexdigest()[:32]
