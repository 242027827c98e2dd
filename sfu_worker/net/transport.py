"""``Transport``: one ICE + DTLS + SRTP association, and what of it may reach a parser."""

from __future__ import annotations

import logging
import time
from typing import Any, Protocol

import pylibsrtp

from sfu_worker.net import ice, srtp
from sfu_worker.net.dtls import Certificate, Dtls, Role
from sfu_worker.net.mmsg import MAX_PACKET, SEND_SLOT, SEND_SLOTS, ReceiveSlab
from sfu_worker.net.path import SILENT_SECONDS, Path, takes_over
from sfu_worker.net.port import MediaPort

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0
"Without a valid packet; a call page offers again long before."
CONSENT_SECONDS = 30.0
"The same for a peer that restarts ICE, which is on its way: until its consent expires (RFC 7675 section 5.1)."
MAX_PATHS = 8
"Addresses of one peer: a few interfaces, two IP versions, TCP."
PATH_SECONDS = 30.0
"A path that is not the current one and was not checked for so long is forgotten."
CHECKS_PER_SECOND = 200
"Of one transport: a browser sends some dozens at the start, then one each 2.5 s."


class TransportHandler(Protocol):
    """Who owns a transport. What these raise costs the packet and is logged."""

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        """A decrypted RTP packet, ``view[start:end]``, valid until ``MediaPort.on_batch_end``. ``now``: monotonic seconds."""

    def on_rtcp(self, data: bytes, now: float) -> None:
        """A decrypted compound RTCP packet."""

    def on_connected(self) -> None:
        """Media can flow."""

    def on_closed(self, why: str) -> None:
        """Once, and not after ``close``: ``dtls`` (failed, or closed by the peer) or ``timeout``."""


class _Nobody:
    """The handler of a transport that is closed."""

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None: ...

    def on_rtcp(self, data: bytes, now: float) -> None: ...

    def on_connected(self) -> None: ...

    def on_closed(self, why: str) -> None: ...


NOBODY = _Nobody()


class Transport:
    """Media of one peer. ``reserve``, fill ``out`` from there, ``commit``; ``start`` makes the port listen for the peer."""

    __slots__ = (
        "__weakref__", "_certificate", "_checks", "_closed", "_current", "_dtls", "_ended",
        "_fingerprints", "_handler", "_ice", "_ice_next", "_lengths", "_names", "_paths",
        "_pointers", "_port", "_role", "_rx", "_seen", "_sessions", "_slab", "_tx", "connected",
        "fingerprint", "out", "pwd", "srtp_errors", "twcc_seq", "ufrag",
    )  # fmt: skip

    def __init__(
        self, port: MediaPort, certificate: Certificate, handler: TransportHandler
    ) -> None:
        self.ufrag, self.pwd = ice.new_credentials()
        self.fingerprint = certificate.fingerprint
        self.connected = False
        self.srtp_errors = 0
        self.twcc_seq = 0
        "The last transport-wide sequence number that left (draft-holmer-rmcat-transport-wide-cc-extensions-01); writers count."
        self.out = port.slab.out
        self._port = port
        self._slab = port.slab
        self._names = port.slab.names
        self._lengths = port.slab.lengths
        self._pointers = port.slab.pointers
        self._certificate = certificate
        self._handler = handler
        self._ice = ice.Session.of(self.ufrag, self.pwd, "")
        self._ice_next: ice.Session | None = None
        "After a restart, until the peer has made use of it."
        self._fingerprints: list[tuple[str, str]] = []
        self._role: Role = "server"
        self._dtls: Dtls | None = None
        self._sessions: tuple[pylibsrtp.Session, pylibsrtp.Session] | None = None
        self._rx: Any = None
        self._tx: Any = None
        self._paths: list[Path] = []
        self._current: Path | None = None
        self._seen = 0.0
        "When the last valid packet came over a path that is forgotten by now; at first, the start."
        self._checks = 0
        self._ended = self._closed = False

    def start(
        self, remote_ufrag: str, remote_pwd: str, fingerprints: list[tuple[str, str]], role: Role
    ) -> None:
        """Listen for the peer's checks; DTLS begins with the first that is valid. ``role`` is ours.

        ``remote_pwd`` is not used: a lite agent sends no checks. Raises ValueError without a fingerprint.
        """
        if not fingerprints:
            raise ValueError("a peer without a fingerprint cannot be authenticated")
        self._ice = ice.Session.of(self.ufrag, self.pwd, remote_ufrag)
        self._fingerprints = fingerprints
        self._role = role
        self._seen = time.monotonic()
        self._port.register(self.ufrag, self)

    def restart_ice(self, remote_ufrag: str) -> None:
        """Begin another ICE session with ``ufrag`` and ``pwd`` that are new too; DTLS and SRTP know nothing of it.

        Media goes on over the paths there are, and checks of the session before count, until the first valid check of the new
        one (RFC 8445 section 9): the peer may have to ask again if our side of the restart does not reach it. A restart that no
        check has followed is replaced by the next.
        """
        if self._ice_next is not None:
            self._port.unregister(self._ice_next.ufrag)
        self.ufrag, self.pwd = ice.new_credentials()
        self._ice_next = ice.Session.of(self.ufrag, self.pwd, remote_ufrag)
        self._port.register(self.ufrag, self)

    @property
    def remote_ufrag(self) -> str:
        """The peer's ICE user; empty before ``start``."""
        return (self._ice_next or self._ice).peer

    @property
    def remote_address(self) -> str:
        """For logs only."""
        return str(self._current or "nowhere")

    async def close(self) -> None:
        """Say goodbye to the peer, forget its addresses and wait for the end of the tasks. May be called more than once."""
        if self._closed:
            return
        self._closed = self._ended = True
        self.connected = False
        # Whoever owns us is gone or has another transport already: late packets are not for them,
        # and two things that point to each other are not freed.
        self._handler = NOBODY
        for session in (self._ice, self._ice_next):
            if session is not None:
                self._port.unregister(session.ufrag)
        if self._dtls is not None:
            # Up to its first await this runs at once: the alert leaves while the address is still known.
            await self._dtls.stop()
        for path in self._paths.copy():
            self._forget(path)
        self._sessions = self._rx = self._tx = self._dtls = None

    # Out, per packet

    def reserve(self) -> int:
        """Where in ``out`` to write the next packet, ``mmsg.MAX_PACKET`` bytes. Good until ``reserve`` or a flush."""
        slab = self._slab
        if slab.used == SEND_SLOTS:
            slab.flush()
        return slab.used * SEND_SLOT

    def commit(self, offset: int, length: int) -> None:
        """Encrypt the RTP packet of ``length`` bytes at the last ``reserve``'s ``offset``; queue it. Dropped unless connected."""
        path = self._current
        tx = self._tx
        if path is None or tx is None or length > MAX_PACKET:
            return
        slab = self._slab
        slot = slab.used
        size = self._lengths[slot]
        size[0] = length
        if srtp_protect(tx, self._pointers[slot], size):
            self.srtp_errors += 1
            return
        if path.fd != slab.fd:
            self._commit_elsewhere(path, offset, size[0])
            return
        self._names[slot << 3] = path.name
        slab.used = slot + 1

    def _commit_elsewhere(self, path: Path, offset: int, size: int) -> None:
        """Over TCP, or by another socket than the packets before."""
        self._port.send(path, bytes(self.out[offset : offset + size]))

    def send_rtcp(self, data: bytes) -> None:
        """Encrypt a compound RTCP packet and queue it. Dropped unless connected."""
        path = self._current
        if path is None or self._tx is None or len(data) > MAX_PACKET:
            return
        offset = self.reserve()
        slab = self._slab
        size = self._lengths[slab.used]
        self.out[offset : offset + len(data)] = data
        size[0] = len(data)
        if srtp.protect_rtcp(self._tx, self._pointers[slab.used], size):
            self.srtp_errors += 1
            return
        self._port.send(path, bytes(self.out[offset : offset + size[0]]))

    # In, from the port

    def srtp_received(
        self, path: Path, slab: ReceiveSlab, slot: int, start: int, now: float
    ) -> None:
        """SRTP or SRTCP from a validated address."""
        rx, size = self._rx, slab.lengths[slot]
        if rx is None:
            return
        view = slab.view
        if 191 < view[start + 1] < 224:
            # RFC 5761 section 4: RTCP's packet types lie where RTP has no payload types
            if size[0] < srtp.MIN_SRTCP or srtp.unprotect_rtcp(rx, slab.pointers[slot], size):
                self.srtp_errors += 1
                return
            path.seen = now
            self._handler.on_rtcp(bytes(view[start : start + size[0]]), now)
        elif size[0] < srtp.MIN_SRTP or srtp_unprotect(rx, slab.pointers[slot], size):
            self.srtp_errors += 1
        else:
            path.seen = now
            self._handler.on_rtp(view, start, start + size[0], now)

    def dtls_received(self, path: Path, record: bytes) -> None:
        """DTLS from a validated address."""
        if self._dtls is not None:
            self._dtls.feed(record)

    def authenticate(self, envelope: ice.Envelope) -> ice.Request | None:
        """The request in a STUN message with our ufrag; None if it is not one that our peer could have made."""
        session = self._ice
        if self._ice_next is not None and envelope.username == self._ice_next.username:
            session = self._ice_next
        if (
            self._ended
            or envelope.username != session.username
            or not ice.authentic(envelope, session.key)
        ):
            return None
        self._checks += 1
        if self._checks > CHECKS_PER_SECOND:
            return None
        return ice.read_request(envelope, session.key)

    def check_received(self, path: Path, request: ice.Request, now: float) -> None:
        """A valid check: answer it, and see whether media moves to where it came from."""
        if path not in self._paths:
            self._make_room()
            self._paths.append(path)
        path.priority = request.priority
        self._port.send(path, ice.respond(request, path.address))
        if request.controlled:
            return
        if self._ice_next is not None and request.key == self._ice_next.key:
            self._restarted(self._ice_next)
        if takes_over(path, self._current, request.nominates, now) and path is not self._current:
            log.debug("- %s: media goes to %s (was: %s)", self.ufrag, path, self.remote_address)
            self._current = path
        path.seen = path.validated_at = now
        if request.nominates:
            path.nominated_at = now
        if self._dtls is None:
            self._dtls = Dtls(
                self._certificate,
                self._role,
                self._fingerprints,
                self._send_dtls,
                self._on_keys,
                self._on_dtls_end,
            )
            self._dtls.start()

    def release(self, path: Path, now: float) -> bool:
        """Another transport has a valid check from this address. Refused while valid packets come: it may be forged."""
        if path.tcp is not None or now - path.seen <= SILENT_SECONDS:
            return False
        self._forget(path)
        return True

    def path_lost(self, path: Path) -> None:
        """The TCP connection of a path is gone."""
        if path in self._paths:
            self._forget(path)

    def tick(self, now: float) -> None:
        """Once a second."""
        self._checks = 0
        patience = TIMEOUT_SECONDS if self._ice_next is None else CONSENT_SECONDS
        if now - max([self._seen, *(path.seen for path in self._paths)]) > patience:
            self._end("timeout")
            return
        for path in self._paths.copy():
            if path is not self._current and now - path.seen > PATH_SECONDS:
                self._forget(path)

    # Inside

    def _restarted(self, session: ice.Session) -> None:
        """The peer uses what a restart gave it: the session before is over, and so is what was nominated in it."""
        self._port.unregister(self._ice.ufrag)
        self._ice, self._ice_next = session, None
        for path in self._paths:
            path.nominated_at = 0.0
        log.info("- %s: ICE restarted, media still goes to %s", session.ufrag, self.remote_address)

    def _make_room(self) -> None:
        if len(self._paths) >= MAX_PATHS:
            self._forget(
                min(
                    (path for path in self._paths if path is not self._current),
                    key=lambda path: path.validated_at,
                )
            )

    def _forget(self, path: Path) -> None:
        self._port.forget(path)
        self._paths.remove(path)
        self._seen = max(self._seen, path.seen)
        if path is self._current:
            self._current = max(self._paths, key=lambda other: other.seen, default=None)

    def _send_dtls(self, data: bytes) -> None:
        if self._current is not None:
            self._port.send(self._current, data)
            self._port.flush()

    def _on_keys(self, rx: pylibsrtp.Session, tx: pylibsrtp.Session) -> None:
        self._sessions = (rx, tx)
        self._rx, self._tx = srtp.handle(rx), srtp.handle(tx)
        self.connected = True
        log.info("- %s: connected to %s", self.ufrag, self.remote_address)
        self._handler.on_connected()

    def _on_dtls_end(self) -> None:
        self._end("dtls")

    def _end(self, why: str) -> None:
        if not self._ended:
            self._ended = True
            self.connected = False
            self._rx = self._tx = None
            log.info("- %s: ended (%s), was at %s", self.ufrag, why, self.remote_address)
            self._handler.on_closed(why)


srtp_protect = srtp.protect
srtp_unprotect = srtp.unprotect
