"""ICE-lite (RFC 8445, 2.5): we answer connectivity checks and send none. Pure: bytes in, bytes out.

Everything is dropped unread except a Binding request whose USERNAME is one of ours and whose
MESSAGE-INTEGRITY is right. Nothing else gets an answer, not even an error: there is no
amplification and nothing to learn.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from dataclasses import dataclass

from aioice import stun

BINDING_REQUEST = 0x0001
BINDING_RESPONSE = 0x0101
USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
HEADER = 20
# An attribute header and an HMAC-SHA1 (RFC 8489, 14.5).
INTEGRITY = 24
# Browsers' checks have about 100 bytes.
MAX_STUN = 1024


def new_credentials() -> tuple[str, str]:
    """A fresh (ufrag, pwd): 48 and 128 random bits, where RFC 8839, 5.4 asks for 24 and 128."""
    return secrets.token_hex(6), secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Session:
    """An ICE session, which lasts until the next restart (RFC 8445, 9).

    ``key`` is our password and ``peer`` the peer's user. ``username`` is USERNAME in the peer's
    checks (RFC 8445, 7.2.2).
    """

    ufrag: str
    key: bytes
    peer: str
    username: bytes

    @classmethod
    def of(cls, ufrag: str, pwd: str, peer: str) -> Session:
        return cls(ufrag, pwd.encode(), peer, f"{ufrag}:{peer}".encode())


@dataclass(frozen=True, slots=True)
class Envelope:
    """As much of a STUN message as may be looked at before it is authenticated."""

    data: bytes
    kind: int
    transaction: bytes
    username: bytes
    integrity_at: int


@dataclass(frozen=True, slots=True)
class Request:
    """An authenticated Binding request. ``key`` is its password, which the answer uses too."""

    transaction: bytes
    priority: int
    nominates: bool
    controlled: bool
    key: bytes = b""


def open_envelope(data: bytes) -> Envelope | None:
    """Find type, USERNAME and the place of MESSAGE-INTEGRITY.

    None if this is not a whole STUN message, or if it has no MESSAGE-INTEGRITY.
    """
    if not HEADER <= len(data) <= MAX_STUN:
        return None
    kind, length, cookie = struct.unpack_from("!HHI", data)
    if cookie != stun.COOKIE or length != len(data) - HEADER or length & 3:
        return None
    username, at = b"", HEADER
    while at + 4 <= len(data):
        attribute, size = struct.unpack_from("!HH", data, at)
        if at + 4 + size > len(data):
            return None
        if attribute == USERNAME:
            username = data[at + 4 : at + 4 + size]
        elif attribute == MESSAGE_INTEGRITY:
            return (
                Envelope(data, kind, data[8:HEADER], username, at)
                if size == INTEGRITY - 4
                else None
            )
        at += 4 + (size + 3 & ~3)
    return None


def authentic(envelope: Envelope, password: bytes) -> bool:
    """Whether MESSAGE-INTEGRITY was made with ``password``."""
    at = envelope.integrity_at
    # RFC 8489, 14.5: the length in the header counts up to the end of this attribute.
    covered = envelope.data[:2] + struct.pack("!H", at + INTEGRITY - HEADER) + envelope.data[4:at]
    return hmac.compare_digest(
        envelope.data[at + 4 : at + INTEGRITY], hmac.digest(password, covered, "sha1")
    )


def read_request(envelope: Envelope, key: bytes = b"") -> Request | None:
    """Parse an authentic Binding request; None if its attributes are malformed."""
    try:
        attributes = stun.parse_message(envelope.data).attributes
        return Request(
            transaction=envelope.transaction,
            priority=attributes.get("PRIORITY", 0),
            nominates="USE-CANDIDATE" in attributes,
            controlled="ICE-CONTROLLED" in attributes,
            key=key,
        )
    except Exception:
        # On bad attributes aioice raises ValueError, struct.error, IndexError or
        # UnicodeDecodeError: one packet to drop.
        return None


def respond(request: Request, address: tuple[str, int]) -> bytes:
    """The answer to a request that came from ``address``."""
    if request.controlled:
        # A lite agent is always controlled. A peer that claims the same role must switch (RFC 8445,
        # 7.3.1.1).
        message = stun.Message(
            stun.Method.BINDING,
            stun.Class.ERROR,
            request.transaction,
            {"ERROR-CODE": (487, "Role Conflict")},
        )
    else:
        message = stun.Message(
            stun.Method.BINDING,
            stun.Class.RESPONSE,
            request.transaction,
            {"XOR-MAPPED-ADDRESS": address},
        )
    message.add_message_integrity(request.key)
    return bytes(message)
