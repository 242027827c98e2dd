"""``Transport``: one ICE + DTLS + SRTP association; only what it has verified reaches a parser."""

from __future__ import annotations

import logging
import time
from typing import Any

import pylibsrtp

from sfu_worker.net import ice, srtp
from sfu_worker.net.agent import IceAgent
from sfu_worker.net.dtls import Certificate, Dtls, Role
from sfu_worker.net.handler import NOBODY, TransportHandler
from sfu_worker.net.mmsg import MAX_PACKET, SEND_SLOT, SEND_SLOTS, ReceiveSlab
from sfu_worker.net.path import Path
from sfu_worker.net.port import MediaPort

log = logging.getLogger(__name__)

# Globals of this file, for one look-up less per packet.
srtp_protect = srtp.protect
srtp_unprotect = srtp.unprotect


class Transport:
    """Media of one peer.

    ``start`` makes the port listen for the peer. To send, ``reserve``, fill ``out`` from there and
    ``commit``.
    """

    __slots__ = (
        "__weakref__",
        "_agent",
        "_certificate",
        "_closed",
        "_current",
        "_dtls",
        "_ended",
        "_handler",
        "_lengths",
        "_names",
        "_pointers",
        "_port",
        "_rx",
        "_sessions",
        "_slab",
        "_tx",
        "connected",
        "out",
        "srtp_errors",
        "twcc_seq",
    )

    def __init__(
        self, port: MediaPort, certificate: Certificate, handler: TransportHandler
    ) -> None:
        self.connected = False
        self.srtp_errors = 0
        # The last transport-wide sequence number that left
        # (draft-holmer-rmcat-transport-wide-cc-extensions-01). Writers of packets count it.
        self.twcc_seq = 0
        self.out = port.slab.out
        self._port = port
        self._slab = port.slab
        self._names = port.slab.names
        self._lengths = port.slab.lengths
        self._pointers = port.slab.pointers
        self._certificate = certificate
        self._handler = handler
        self._agent = IceAgent()
        # The agent's current path, kept here for the look-up per packet.
        self._current: Path | None = None
        self._dtls: Dtls | None = None
        self._sessions: tuple[pylibsrtp.Session, pylibsrtp.Session] | None = None
        self._rx: Any = None
        self._tx: Any = None
        self._ended = self._closed = False

    def start(
        self, remote_ufrag: str, remote_pwd: str, fingerprints: list[tuple[str, str]], role: Role
    ) -> None:
        """Listen for the peer's checks; DTLS begins with the first valid one. ``role`` is ours.

        ``remote_pwd`` is not used: a lite agent sends no checks. Raises ValueError without a
        fingerprint.
        """
        ends = (self._send_dtls, self._on_keys, self._on_dtls_end)
        self._dtls = Dtls(self._certificate, role, fingerprints, *ends)
        self._agent.start(remote_ufrag, time.monotonic())
        self._port.register(self.ufrag, self)

    def restart_ice(self, remote_ufrag: str) -> None:
        """Begin another ICE session with a new ``ufrag`` and ``pwd``; DTLS and SRTP go on.

        Media stays on the existing paths until the peer's first check of the new session (RFC 8445,
        9). The peer may have to ask again if our side of the restart does not reach it: a restart
        that no check has followed is replaced by the next.
        """
        replaced = self._agent.restart(remote_ufrag)
        if replaced is not None:
            self._port.unregister(replaced)
        self._port.register(self.ufrag, self)

    @property
    def ufrag(self) -> str:
        """Our ICE user, which names the ICE session."""
        return self._agent.ufrag

    @property
    def pwd(self) -> str:
        return self._agent.pwd

    @property
    def fingerprint(self) -> str:
        return self._certificate.fingerprint

    @property
    def remote_ufrag(self) -> str:
        return self._agent.remote_ufrag

    @property
    def remote_address(self) -> str:
        """For logs only."""
        return str(self._current or "nowhere")

    @property
    def heard_at(self) -> float:
        """When the peer's last valid packet came."""
        return self._agent.heard_at

    def forsake(self) -> None:
        """Tell the owner nothing any more."""
        self._handler = NOBODY

    async def close(self) -> None:
        """Send the DTLS alert, forget the peer's addresses and wait for the end of the tasks.

        May be called more than once.
        """
        if self._closed:
            return
        self._closed = self._ended = True
        self.connected = False
        # The owner is gone or has another transport already, so late packets are not for it; and
        # two objects that point to each other are not freed.
        self.forsake()
        for ufrag in self._agent.ufrags:
            self._port.unregister(ufrag)
        if self._dtls is not None:
            # This runs at once up to its first await: the alert leaves while the address is known.
            await self._dtls.stop()
        for path in self._agent.paths.copy():
            self._forget(path)
        self._sessions = self._rx = self._tx = self._dtls = None

    # Out, per packet

    def reserve(self) -> int:
        """Where in ``out`` to write the next packet, at most ``mmsg.MAX_PACKET`` bytes.

        Good until the next ``reserve`` or flush.
        """
        slab = self._slab
        if slab.used == SEND_SLOTS:
            slab.flush()
        return slab.used * SEND_SLOT

    def commit(self, offset: int, length: int) -> None:
        """Encrypt and queue the RTP packet of ``length`` bytes at ``offset``.

        ``offset`` is what the last ``reserve`` returned. Dropped unless connected.
        """
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
            # RFC 5761, 4: RTCP's packet types lie where RTP has no payload types.
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

    def dtls_received(self, record: bytes) -> None:
        """DTLS from a validated address."""
        if self._dtls is not None:
            self._dtls.feed(record)

    def authenticate(self, envelope: ice.Envelope) -> ice.Request | None:
        """The request in a STUN message with our ufrag; None if our peer did not make it."""
        return None if self._ended else self._agent.authenticate(envelope)

    def check_received(self, path: Path, request: ice.Request, now: float) -> None:
        """A valid check: answer it, and let media move to where it came from."""
        surplus = self._agent.add(path)
        if surplus is not None:
            self._forget(surplus)
        path.priority = request.priority
        self._port.send(path, ice.respond(request, path.address))
        if request.controlled:
            return
        ended = self._agent.check(path, request, now)
        if ended is not None:
            self._port.unregister(ended)
            log.info("- %s: ICE restarted, media goes to %s", self.ufrag, self._agent.current)
        if self._agent.current is not self._current:
            log.debug("- %s: media goes to %s (was: %s)", self.ufrag, path, self.remote_address)
            self._current = path
        if self._dtls is not None and not self._dtls.started:
            self._dtls.start()

    def release(self, path: Path, now: float) -> bool:
        """Give a path up to another transport that has a valid check from there, or refuse."""
        if not self._agent.gives_up(path, now):
            return False
        self._forget(path)
        return True

    def path_lost(self, path: Path) -> None:
        """The TCP connection of a path is gone."""
        if path in self._agent.paths:
            self._forget(path)

    def tick(self, now: float) -> None:
        """Once a second."""
        if self._agent.expired(now):
            self._end("timeout")
            return
        for path in self._agent.tick(now):
            self._forget(path)

    # Inside

    def _forget(self, path: Path) -> None:
        self._port.forget(path)
        self._agent.remove(path)
        self._current = self._agent.current

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
