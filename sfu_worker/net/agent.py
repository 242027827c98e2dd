"""``IceAgent``: the ICE sessions and paths of one peer, and the path that media goes to.

Pure: the transport tells the port what follows from it.
"""

from __future__ import annotations

from sfu_worker.net import ice
from sfu_worker.net.path import SILENT_SECONDS, Path, takes_over

# Without a valid packet. A call page sends a new offer long before.
TIMEOUT_SECONDS = 20.0
# The same while a peer restarts ICE and is on its way: until its consent expires (RFC 7675, 5.1).
CONSENT_SECONDS = 30.0
# Addresses of one peer: a few interfaces, two IP versions, TCP.
MAX_PATHS = 8
# A path that is not the current one is forgotten after this long without a valid packet.
PATH_SECONDS = 30.0
# From one peer. A browser sends some dozens at the start, then one each 2.5 s.
CHECKS_PER_SECOND = 200


class IceAgent:
    """A lite agent (RFC 8445, 2.5) for one peer. ``current`` is the path that media goes to."""

    __slots__ = ("_checks", "_next", "_seen", "_session", "current", "paths", "pwd", "ufrag")

    def __init__(self) -> None:
        self.ufrag, self.pwd = ice.new_credentials()
        self.paths: list[Path] = []
        self.current: Path | None = None
        self._session = ice.Session.of(self.ufrag, self.pwd, "")
        # After a restart, until the peer has made use of it.
        self._next: ice.Session | None = None
        # When the last valid packet came over a path that has been forgotten; at first, the start.
        self._seen = 0.0
        self._checks = 0

    def start(self, remote_ufrag: str, now: float) -> None:
        """Begin the first session. Until then no check is authentic."""
        self._session = ice.Session.of(self.ufrag, self.pwd, remote_ufrag)
        self._seen = now

    def restart(self, remote_ufrag: str) -> str | None:
        """Begin another session with a new ``ufrag`` and ``pwd``.

        Checks of the session before count until the first valid check of the new one (RFC 8445, 9).
        A restart that no check has followed is replaced: its ufrag is returned.
        """
        replaced = self._next
        self.ufrag, self.pwd = ice.new_credentials()
        self._next = ice.Session.of(self.ufrag, self.pwd, remote_ufrag)
        return replaced.ufrag if replaced is not None else None

    @property
    def remote_ufrag(self) -> str:
        """The peer's ICE user; empty before ``start``."""
        return (self._next or self._session).peer

    @property
    def ufrags(self) -> list[str]:
        """Our users whose checks count: two during a restart."""
        return [session.ufrag for session in (self._session, self._next) if session is not None]

    def authenticate(self, envelope: ice.Envelope) -> ice.Request | None:
        """The request in a STUN message with one of our ufrags; None if our peer did not make it.

        Also None beyond ``CHECKS_PER_SECOND``.
        """
        session = self._session
        if self._next is not None and envelope.username == self._next.username:
            session = self._next
        if envelope.username != session.username or not ice.authentic(envelope, session.key):
            return None
        self._checks += 1
        if self._checks > CHECKS_PER_SECOND:
            return None
        return ice.read_request(envelope, session.key)

    def add(self, path: Path) -> Path | None:
        """Note a path that a valid check came over; return the one to forget if they are many."""
        if path in self.paths:
            return None
        surplus = None
        if len(self.paths) >= MAX_PATHS:
            surplus = min(
                (known for known in self.paths if known is not self.current),
                key=lambda known: known.validated_at,
            )
        self.paths.append(path)
        return surplus

    def check(self, path: Path, request: ice.Request, now: float) -> str | None:
        """Take a check from a peer that controls; ``current`` may be another path after it.

        Returns the ufrag of a session that this check has ended.
        """
        ended = None
        if self._next is not None and request.key == self._next.key:
            ended = self._session.ufrag
            self._session, self._next = self._next, None
            for known in self.paths:
                known.nominated_at = 0.0
        if takes_over(path, self.current, request.nominates, now):
            self.current = path
        path.seen = path.validated_at = now
        if request.nominates:
            path.nominated_at = now
        return ended

    def remove(self, path: Path) -> None:
        """Forget a path. Media goes to the one that was heard last of those that are left."""
        self.paths.remove(path)
        self._seen = max(self._seen, path.seen)
        if path is self.current:
            self.current = max(self.paths, key=lambda other: other.seen, default=None)

    def gives_up(self, path: Path, now: float) -> bool:
        """Whether another peer's valid check may take this path over.

        Not while valid packets come over it, since the check's source address may be forged; and
        never a TCP connection.
        """
        return path.tcp is None and now - path.seen > SILENT_SECONDS

    @property
    def heard_at(self) -> float:
        """When the last valid packet came; at first, the start."""
        return max([self._seen, *(path.seen for path in self.paths)])

    def expired(self, now: float) -> bool:
        """Whether the peer has been silent for too long."""
        patience = TIMEOUT_SECONDS if self._next is None else CONSENT_SECONDS
        return now - self.heard_at > patience

    def tick(self, now: float) -> list[Path]:
        """Once a second. Returns the paths to forget."""
        self._checks = 0
        return [
            path
            for path in self.paths
            if path is not self.current and now - path.seen > PATH_SECONDS
        ]
