"""The network side of a light client: controlling ICE, DTLS and SRTP, over UDP or TCP."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any, cast

import pylibsrtp

from sfu_worker.light_client.checks import Checks
from sfu_worker.light_client.hub import Hub
from sfu_worker.net import ice, mmsg, srtp
from sfu_worker.net.dtls import Dtls, Role


class Link:
    """One association with a media port.

    Packets that arrive go to ``on_rtp(view, start, end, now)`` and ``on_rtcp(data, now)``.
    """

    def __init__(
        self,
        hub: Hub,
        on_rtp: Callable[[memoryview, int, int, float], None],
        on_rtcp: Callable[[bytes, float], None],
    ) -> None:
        self.ufrag, self.pwd = ice.new_credentials()
        self.fingerprint = hub.certificate.fingerprint
        # Done when media can flow; a ConnectionError if it never will.
        self.connected = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.sent = self.received = self.srtp_errors = 0
        self._hub = hub
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._sock: socket.socket | None = None
        self._tcp: asyncio.Transport | None = None
        self._dtls: Dtls | None = None
        self._sessions: tuple[pylibsrtp.Session, pylibsrtp.Session] | None = None
        self._tx: Any = None
        self._rx: Any = None
        self._checks = Checks(0.0)

    async def connect(
        self,
        ufrag: str,
        pwd: str,
        fingerprints: list[tuple[str, str]],
        address: tuple[str, int],
        **how: Any,
    ) -> None:
        """Begin towards the peer of an answer; wait for ``connected`` after it.

        ``how``: ``role`` of DTLS (``client``), ``tcp`` (False).
        """
        role: Role = how.get("role", "client")
        self._dtls = Dtls(
            self._hub.certificate, role, fingerprints, self.send_raw, self._on_keys, self._end
        )
        self._checks = Checks(time.monotonic())
        self._checks.use(self.ufrag, ufrag, pwd)
        loop = asyncio.get_running_loop()
        if how.get("tcp"):
            transport, _ = await loop.create_connection(lambda: _Frames(self), *address)
            self._tcp = transport
        else:
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            self._sock = open_socket(family, address)
            loop.add_reader(self._sock.fileno(), self._readable)
        self._hub.links.add(self)

    def restart_ice(self, ufrag: str, pwd: str) -> None:
        """Go on with the peer's new user and password, and with our present ``ufrag``."""
        self._checks.use(self.ufrag, ufrag, pwd)

    def rebind(self, address: tuple[str, int]) -> None:
        """Go on from another local port, as behind a NAT that has dropped our mapping."""
        assert self._sock is not None
        loop = asyncio.get_running_loop()
        self._hub.outbox.flush()
        loop.remove_reader(self._sock.fileno())
        family = self._sock.family
        self._sock.close()
        self._sock = open_socket(family, address)
        loop.add_reader(self._sock.fileno(), self._readable)
        self._checks.due_at = 0.0

    async def close(self) -> None:
        """Send the DTLS alert and close. May be called more than once."""
        self._hub.links.discard(self)
        if self._dtls is not None:
            await self._dtls.stop()
        self._hub.outbox.flush()
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()
            self._sock = None
        if self._tcp is not None:
            self._tcp.close()
        self._rx = self._tx = self._sessions = self._dtls = None
        self._on_rtp = lambda *_: None
        self._on_rtcp = lambda *_: None
        self._end()

    @property
    def answered_at(self) -> float:
        """When the peer last answered a check, or when they began; monotonic seconds."""
        return self._checks.answered_at

    # Out

    def send_rtp(self, packet: bytes) -> None:
        """Encrypt and queue; the hub's next flush sends it."""
        self._send_protected(packet, srtp.protect)
        self.sent += 1

    def send_rtcp(self, packet: bytes) -> None:
        self._send_protected(packet, srtp.protect_rtcp)

    def _send_protected(self, packet: bytes, protect: srtp.InPlace) -> None:
        if self._tx is None:
            return
        slab = self._room()
        slot = slab.used
        at = slot * mmsg.SEND_SLOT
        slab.out[at : at + len(packet)] = packet
        size = slab.lengths[slot]
        size[0] = len(packet)
        if protect(self._tx, slab.pointers[slot], size):
            self.srtp_errors += 1
        elif self._tcp is not None:
            self.send_raw(bytes(slab.out[at : at + size[0]]))
        else:
            slab.used = slot + 1

    def _room(self) -> mmsg.SendSlab:
        slab = self._hub.outbox
        fd = self._sock.fileno() if self._sock is not None else slab.fd
        if slab.fd != fd or slab.used == mmsg.SEND_SLOTS:
            slab.flush()
            slab.fd = fd
        # The socket is connected: no address.
        slab.names[slab.used * mmsg.HEADER_WORDS] = 0
        return slab

    def send_raw(self, data: bytes) -> None:
        """Send at once and as it is."""
        if self._tcp is not None:
            self._tcp.write(len(data).to_bytes(2, "big") + data)
        elif self._sock is not None:
            try:
                self._sock.send(data)
            except OSError:
                # No one listens there (yet); the timers decide what that means.
                pass

    # In

    def _readable(self) -> None:
        slab = self._hub.inbox
        for _ in range(4):
            if self._sock is None:
                return
            count = slab.read(self._sock.fileno())
            now = time.monotonic()
            for slot in range(count):
                self._received(slab, slot, now)
            if count < mmsg.RECEIVE_SLOTS:
                return

    def frame_received(self, data: bytes) -> None:
        """A packet came over TCP."""
        self._hub.inbox.put(0, data)
        self._received(self._hub.inbox, 0, time.monotonic())

    def _received(self, slab: mmsg.ReceiveSlab, slot: int, now: float) -> None:
        size, start = slab.lengths[slot], slot * mmsg.RECEIVE_SLOT
        view = slab.view
        first = view[start] if size[0] else 255
        if 127 < first < 192:
            if self._rx is None:
                return
            if 191 < view[start + 1] < 224:
                if srtp.unprotect_rtcp(self._rx, slab.pointers[slot], size):
                    self.srtp_errors += 1
                else:
                    self._on_rtcp(bytes(view[start : start + size[0]]), now)
            elif srtp.unprotect(self._rx, slab.pointers[slot], size):
                self.srtp_errors += 1
            else:
                self.received += 1
                self._on_rtp(view, start, start + size[0], now)
        elif 19 < first < 64 and self._dtls is not None:
            self._dtls.feed(bytes(view[start : start + size[0]]))
        elif first < 4:
            self._stun(bytes(view[start : start + size[0]]), now)

    def _stun(self, data: bytes, now: float) -> None:
        if self._checks.answered(data, now) and self._dtls is not None and not self._dtls.started:
            self._dtls.start()

    def tick(self, now: float) -> None:
        """Checks and consent; called by the hub."""
        if self._checks.expired(now):
            self._end()
            return
        request = self._checks.request(now)
        if request is not None:
            self.send_raw(request)

    # DTLS

    def _on_keys(self, rx: pylibsrtp.Session, tx: pylibsrtp.Session) -> None:
        self._sessions = (rx, tx)
        self._rx, self._tx = srtp.handle(rx), srtp.handle(tx)
        if not self.connected.done():
            self.connected.set_result(None)

    def _end(self) -> None:
        self._rx = self._tx = None
        if not self.connected.done():
            self.connected.set_exception(ConnectionError("no media connection"))
            # Read here, so that asyncio does not warn if no one waited for it.
            self.connected.exception()
        self.ended.set()


class _Frames(asyncio.Protocol):
    """RFC 4571 framing for a link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._data = bytearray()

    def data_received(self, data: bytes) -> None:
        self._data += data
        while len(self._data) >= 2 and len(self._data) >= 2 + (
            size := int.from_bytes(self._data[:2], "big")
        ):
            frame = bytes(self._data[2 : 2 + size])
            del self._data[: 2 + size]
            if frame:
                self._link.frame_received(frame)


def open_socket(family: int, address: tuple[str, int]) -> socket.socket:
    """A connected UDP socket with a large buffer: its losses would count as the worker's."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.connect(cast("Any", address))
    return sock
