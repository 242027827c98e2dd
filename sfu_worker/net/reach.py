"""``Reach``: answers the checks of a lobby that asks whether its network lets calls through.

A browser that knows the user and password gets answers to its checks, as from a transport, and
nothing else: no DTLS and no media. An answer is about as long as its question, so there is
nothing to amplify, and no UDP path outlives its answer.
"""

from __future__ import annotations

import time

from sfu_worker.net import ice
from sfu_worker.net.mmsg import ReceiveSlab
from sfu_worker.net.path import Path
from sfu_worker.net.port import MediaPort

# From all lobbies together. A lobby sends a dozen, and sends them again if they get no answer.
CHECKS_PER_SECOND = 300
# The browser closes a TCP connection when it has seen enough.
TCP_SECONDS = 5.0
MAX_TCP = 128
# After twice this, a password that somebody has kept is good for nothing.
RENEWED_SECONDS = 300.0


class Reach:
    """Registered at a port like a transport. ``ufrag`` and ``pwd`` are what the next lobby gets."""

    def __init__(self, port: MediaPort) -> None:
        self.ufrag = self.pwd = ""
        self._port = port
        # By ufrag: the current password, and the one before.
        self._keys: dict[str, bytes] = {}
        self._renewed_at = 0.0
        self._checks = 0
        # TCP paths, oldest first.
        self._paths: dict[Path, None] = {}

    def start(self) -> None:
        """Answer from now on."""
        self._renew(time.monotonic())

    def _renew(self, now: float) -> None:
        self._renewed_at = now
        self.ufrag, self.pwd = ice.new_credentials()
        self._keys[self.ufrag] = self.pwd.encode()
        self._port.register(self.ufrag, self)
        for old in list(self._keys)[:-2]:
            del self._keys[old]
            self._port.unregister(old)

    # Called by the port

    def authenticate(self, envelope: ice.Envelope) -> ice.Request | None:
        """The request in a STUN message; None without the password, or beyond the limit."""
        self._checks += 1
        key = self._keys.get(envelope.username.partition(b":")[0].decode("ascii", "replace"))
        if self._checks > CHECKS_PER_SECOND or key is None or not ice.authentic(envelope, key):
            return None
        return ice.read_request(envelope, key)

    def check_received(self, path: Path, request: ice.Request, now: float) -> None:
        """Answer, and forget where the check came from. A TCP connection stays for a moment."""
        self._port.send(path, ice.respond(request, path.address))
        if path.tcp is None:
            self._port.forget(path)
            return
        self._paths[path] = None
        if len(self._paths) > MAX_TCP:
            self._forget(next(iter(self._paths)))

    def srtp_received(
        self, path: Path, slab: ReceiveSlab, slot: int, start: int, now: float
    ) -> None:
        """Nothing is heard here."""

    def dtls_received(self, record: bytes) -> None:
        """A check is all that a lobby needs."""

    def release(self, path: Path, now: float) -> bool:
        """No transport takes over the TCP connection of a check."""
        return False

    def path_lost(self, path: Path) -> None:
        """The browser has closed its TCP connection."""
        self._forget(path)

    def tick(self, now: float) -> None:
        """Once a second: a new allowance, a new password at times, and the end of old paths."""
        self._checks = 0
        if now - self._renewed_at > RENEWED_SECONDS:
            self._renew(now)
        for path in [p for p in self._paths if now - p.validated_at > TCP_SECONDS]:
            self._forget(path)

    def _forget(self, path: Path) -> None:
        if path in self._paths:
            del self._paths[path]
            self._port.forget(path)
