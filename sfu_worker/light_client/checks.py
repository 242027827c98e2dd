"""The controlling side of ICE towards a lite peer: what to ask, and when. Pure."""

from __future__ import annotations

import secrets

from aioice import stun

from sfu_worker.net import ice

# Between checks until the first is answered.
CHECK_SECONDS = 0.2
# As Chromium; RFC 7675 says about 5.
CONSENT_SECONDS = 2.5
TIMEOUT_SECONDS = 20.0
PRIORITY = (126 << 24) + (65535 << 8) + 255


class Checks:
    """Checks of one link. ``answered_at`` is when the peer last answered, or when they began."""

    def __init__(self, now: float) -> None:
        self.answered_at = now
        self.due_at = 0.0
        self._username = ""
        self._key = b""
        self._transaction = b""
        self._tie_breaker = secrets.randbits(64)

    def use(self, ours: str, theirs: str, pwd: str) -> None:
        """Begin a session with our user, and the peer's user and password. A check is due."""
        self._username = f"{theirs}:{ours}"
        self._key = pwd.encode()
        self.due_at = 0.0

    def expired(self, now: float) -> bool:
        """Whether the peer has not answered for too long."""
        return now - self.answered_at > TIMEOUT_SECONDS

    def request(self, now: float) -> bytes | None:
        """The check to send now, if one is due."""
        if now < self.due_at:
            return None
        self.due_at = now + CHECK_SECONDS
        attributes = {
            "USERNAME": self._username,
            "PRIORITY": PRIORITY,
            "ICE-CONTROLLING": self._tie_breaker,
            "USE-CANDIDATE": None,
        }
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, None, attributes)
        message.add_message_integrity(self._key)
        self._transaction = message.transaction_id
        return bytes(message)

    def answered(self, data: bytes, now: float) -> bool:
        """Take a STUN message; whether it is the peer's answer to the last check."""
        envelope = ice.open_envelope(data)
        if (
            envelope is None
            or envelope.kind != ice.BINDING_RESPONSE
            or envelope.transaction != self._transaction
            or not ice.authentic(envelope, self._key)
        ):
            return False
        self.answered_at = now
        self.due_at = now + CONSENT_SECONDS
        return True
