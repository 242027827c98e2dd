"""The signed pass that identifies a person in a room, and the token to rejoin as a participant.

Both are ``<base64url JSON>.<time>.<signature>``: letters, digits, ``-``, ``_`` and ``.``, fit for a
cookie, a header and a WebSocket subprotocol. A signature proves that we wrote it, not that it is
still good: ask ``rooms.entry.facts.current_grant`` about a pass.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.signing import BadSignature, Signer, TimestampSigner, b62_decode
from django.utils.crypto import salted_hmac

from rooms import plain_text
from rooms.roles import Role

# A pass that is not renewed ends after this: longer than any call, and short enough for a lost
# laptop.
MAX_AGE = timedelta(hours=12)

# Somebody's identity is kept longer than their rights. When they open their link again they are the
# same person, and the page can say that their access expired.
REMEMBERED = timedelta(days=90)

# Far more than the 15 s for which a participant is kept; it only has to end some time. A page in a
# call has one that is minutes old, and must come back even if this server's clock was put forward
# by an hour meanwhile.
RESUME_MAX_AGE = timedelta(hours=2)

MAX_TOKEN = 2048
MAX_NAME = 60
MAX_ME = 250


@dataclass(frozen=True, slots=True)
class Pass:
    """``room``, ``invite`` and ``user`` are primary keys; ``person`` is a random id.

    Renewals keep the person. ``me`` is the site that they signed in with.
    """

    room: int
    role: Role
    invite: int | None
    person: str
    name: str = ""
    user: int | None = None
    me: str = ""


def new_person() -> str:
    return secrets.token_urlsafe(12)


def cookie_name(slug: str) -> str:
    """One cookie per room, so that rooms in two tabs do not displace each other."""
    return f"pass-{slug}"


def clean_name(name: str) -> str:
    """A name on one line, at most ``MAX_NAME`` characters; empty if none of it is visible."""
    return plain_text.line(name, MAX_NAME)


def issue(pass_: Pass) -> str:
    """The token of a pass, valid for ``MAX_AGE`` from now (and before: clocks are put back)."""
    return _sign("confcall.pass", dataclasses.asdict(pass_))


def read(token: str, max_age: timedelta = MAX_AGE) -> Pass | None:
    """The pass in a token; None if we did not write it within ``max_age`` of now."""
    return _pass(_unsign("confcall.pass", token, max_age))


def issue_notes(pass_: Pass) -> str:
    """As ``issue``, but it opens only the notes: it is part of their address."""
    return _sign("confcall.notes", dataclasses.asdict(pass_))


def read_notes(token: str) -> Pass | None:
    """The pass in a token of ``issue_notes``; None if it is none, or too old."""
    return _pass(_unsign("confcall.notes", token, MAX_AGE))


def _pass(body: dict[str, Any] | None) -> Pass | None:
    if body is None:
        return None
    try:
        return Pass(**{**body, "role": Role(body["role"])})
    except (KeyError, TypeError, ValueError):
        return None  # written by another version of this program


def participant_of(room: int, person: str) -> str:
    """The id of a person in the calls of a room, the same in every tab.

    The others see it, so it must not reveal the person's id, which is secret.
    """
    return salted_hmac("confcall.participant", f"{room} {person}").hexdigest()[:16]


def new_seat() -> str:
    """A name for one page in a call."""
    return secrets.token_urlsafe(9)


def issue_resume(room: int, person: str, seat: str, ended: str = "") -> str:
    """A token that lets a page return to the call in the room with this primary key.

    ``ended`` names the last call that was ended for everyone before this page came in.
    """
    body = {"room": room, "person": person, "seat": seat, "ended": ended}
    return _sign("confcall.resume", body)


@dataclass(frozen=True, slots=True)
class Resume:
    """What a page that returns has proved, see ``issue_resume``."""

    seat: str
    ended: str = ""


def read_resume(token: str, room: int, person: str) -> Resume | None:
    """What the token says; None if it is forged, too old, or of another room or person."""
    body = _unsign("confcall.resume", token, RESUME_MAX_AGE)
    if body is None or (body.get("room"), body.get("person")) != (room, person):
        return None
    seat, ended = body.get("seat"), body.get("ended", "")
    return Resume(seat, ended) if isinstance(seat, str) and isinstance(ended, str) else None


def _signer(salt: str) -> TimestampSigner:
    return TimestampSigner(salt=salt, sep=".")


def _sign(salt: str, body: dict[str, Any]) -> str:
    text = json.dumps({k: v for k, v in body.items() if v not in (None, "")}, separators=(",", ":"))
    return _signer(salt).sign(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def _unsign(salt: str, token: str, max_age: timedelta) -> dict[str, Any] | None:
    if len(token) > MAX_TOKEN:
        return None
    try:
        value, _, signed_at = Signer(salt=salt, sep=".").unsign(token).rpartition(".")
        # Its time lies ahead of ours if our clock was put back. A running call must survive that,
        # but a token that a wrong clock dated years ahead must not be good for years.
        if abs(time.time() - b62_decode(signed_at)) > max_age.total_seconds():
            return None
        body = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (BadSignature, binascii.Error, ValueError):
        return None
    return {"invite": None, **body} if isinstance(body, dict) else None
