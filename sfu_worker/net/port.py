"""``MediaPort``: where all media of a worker comes in and goes out, UDP and TCP on one port number.

A datagram reaches a parser only if it is STUN with a known ufrag and valid MESSAGE-INTEGRITY, or if it comes from an address that
such a STUN has validated. Everything else is dropped unread, counted and not logged.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sfu_worker.net import ice, mmsg
from sfu_worker.net.path import Path, read_sockaddr
from sfu_worker.net.tcp import TcpConnection, TcpListener
from sfu_worker.net.udp import UdpSocket, bind_all
from sfu_worker.numbers import Datagrams
from sfu_worker.tasks import Complaints

if TYPE_CHECKING:
    from sfu_worker.net.transport import Transport

log = logging.getLogger(__name__)

ROUNDS = 4
"Batches read in one wake-up, so that timers get their turn under any flood."
TICK_SECONDS = 1.0
BIND_ATTEMPTS = 20
"With port 0 the kernel chooses for UDP; the same number may be taken for TCP."


class MediaPort:
    """The port of a worker. ``hosts`` are addresses to bind to; port 0 picks a free one."""

    def __init__(self, hosts: Sequence[str], port: int) -> None:
        self.port = port
        self.on_batch_end: Callable[[], None] | None = None
        "Called after each batch of at most 64 datagrams, before its answers leave; until then the packets' views stay valid."
        self.datagrams_in = 0
        self.datagrams_dropped = 0
        self.slab = mmsg.SendSlab()
        self.by_ufrag: dict[bytes, Transport] = {}
        self._hosts = list(hosts)
        self._sockets: list[UdpSocket] = []
        self._tcp = TcpListener(self)
        self._frames = mmsg.ReceiveSlab(mmsg.NAME_SIZE)
        self._frame = 0
        self._tcp_dropped = 0
        self._timer: asyncio.TimerHandle | None = None
        self._complaints = Complaints(log)

    @property
    def datagrams_out(self) -> int:
        return self.slab.sent

    @property
    def send_errors(self) -> int:
        return self.slab.errors + self._tcp_dropped

    @property
    def datagrams(self) -> Datagrams:
        """All that is counted here. Asks the kernel: for timers."""
        return Datagrams(
            received=self.datagrams_in,
            sent=self.datagrams_out,
            unreadable=self.datagrams_dropped,
            unsent=self.send_errors,
            overflowed=sum(udp.overflowed for udp in self._sockets),
        )

    async def start(self) -> None:
        """Bind and listen. Raises OSError with what could not be bound."""
        for attempt in range(BIND_ATTEMPTS):
            self._sockets = bind_all(self._hosts, self.port)
            number = self._sockets[0].port
            try:
                for udp in self._sockets:
                    await self._tcp.start(udp.sock.getsockname()[0], number, udp.family)
                break
            except OSError as exc:
                await self._close_sockets()
                if self.port or exc.errno != errno.EADDRINUSE or attempt == BIND_ATTEMPTS - 1:
                    raise
        self.port = number
        loop = asyncio.get_running_loop()
        for udp in self._sockets:
            loop.add_reader(udp.fd, self._readable, udp)
        self._timer = loop.call_later(TICK_SECONDS, self._tick)

    async def stop(self) -> None:
        """Send what is queued and close. Close the transports first."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.flush()
        for udp in self._sockets:
            asyncio.get_running_loop().remove_reader(udp.fd)
        await self._close_sockets()

    async def _close_sockets(self) -> None:
        await self._tcp.stop()
        for udp in self._sockets:
            udp.sock.close()
        self._sockets = []

    # In

    def _readable(self, udp: UdpSocket) -> None:
        for _ in range(ROUNDS):
            count = udp.slab.read(udp.fd)
            if count:
                self.datagrams_in += count
                self._handle_batch(udp, count, time.monotonic())
                self.end_batch()
            if count < mmsg.RECEIVE_SLOTS:
                return

    def _handle_batch(self, udp: UdpSocket, count: int, now: float) -> None:
        slab, paths = udp.slab, udp.paths
        view, lengths, names, start = slab.view, slab.lengths, slab.names, -mmsg.RECEIVE_SLOT
        for i in range(count):
            start += mmsg.RECEIVE_SLOT
            # RFC 7983: the first byte says what a packet is. An empty one has none: what lies there is of an older packet.
            first = view[start] if lengths[i][0] else 255
            try:
                if 127 < first < 192:
                    path = paths.get(names[i].tobytes())
                    if path is not None:
                        path.transport.srtp_received(path, slab, i, start, now)
                        continue
                elif 19 < first < 64:
                    path = paths.get(names[i].tobytes())
                    if path is not None:
                        path.transport.dtls_received(
                            path, bytes(view[start : start + lengths[i][0]])
                        )
                        continue
                elif first < 4:
                    data = bytes(view[start : start + lengths[i][0]])
                    if self._stun_received(data, now, udp, names[i].tobytes(), None):
                        continue
            except Exception:
                self._complaints.tell("handling a packet")
            self.datagrams_dropped += 1

    def frame_received(self, connection: TcpConnection, data: bytes, now: float) -> None:
        """A packet has come over TCP."""
        self.datagrams_in += 1
        path, first = connection.path, data[0]
        try:
            if first < 4:
                if self._stun_received(data, now, None, b"", connection):
                    return
            elif path is not None and 127 < first < 192:
                if self._frame == mmsg.RECEIVE_SLOTS:
                    self.end_batch()
                slot = self._frame
                self._frame = slot + 1
                self._frames.put(slot, data)
                path.transport.srtp_received(
                    path, self._frames, slot, slot * mmsg.RECEIVE_SLOT, now
                )
                return
            elif path is not None and 19 < first < 64:
                path.transport.dtls_received(path, data)
                return
        except Exception:
            self._complaints.tell("handling a packet")
        self.datagrams_dropped += 1
        if connection.path is None:
            connection.close()

    def _stun_received(
        self, data: bytes, now: float, udp: UdpSocket | None, key: bytes, tcp: TcpConnection | None
    ) -> bool:
        envelope = ice.open_envelope(data)
        if envelope is None or envelope.kind != ice.BINDING_REQUEST:
            return False
        transport = self.by_ufrag.get(envelope.username.partition(b":")[0])
        if transport is None:
            return False
        request = transport.authenticate(envelope)
        if request is None:
            return False
        path = udp.paths.get(key) if udp is not None else tcp.path if tcp is not None else None
        if path is not None and path.transport is not transport:
            if not path.transport.release(path, now):
                return False
            path = None
        if path is None:
            address = read_sockaddr(key) if tcp is None else tcp.address
            path = Path(transport, address, now, udp=udp, key=key, tcp=tcp)
            if udp is not None:
                udp.paths[key] = path
            elif tcp is not None:
                tcp.validated(path)
        transport.check_received(path, request, now)
        return True

    # Out

    def end_batch(self) -> None:
        """Let the owner finish the packets of a batch, then send."""
        self._frame = 0
        if self.on_batch_end is not None:
            try:
                self.on_batch_end()
            except Exception:
                self._complaints.tell("handling a packet")
        self._try_flush()

    def _try_flush(self) -> None:
        """In callbacks of the event loop; the worker's timers see whether it fails for long."""
        try:
            self.flush()
        except Exception:
            self._complaints.tell("sending packets")

    def flush(self) -> None:
        """Send what is queued."""
        self.slab.flush()
        if self._tcp.dirty:
            self._tcp_dropped += self._tcp.flush()

    def send(self, path: Path, data: bytes) -> None:
        """Queue a packet as it is. For everything but media."""
        if path.tcp is not None:
            path.tcp.queue(data)
            return
        slab = self.slab
        if slab.used == mmsg.SEND_SLOTS or path.fd != slab.fd:
            slab.flush()
            slab.fd = path.fd
        slot = slab.used
        slab.out[slot * mmsg.SEND_SLOT : slot * mmsg.SEND_SLOT + len(data)] = data
        slab.lengths[slot][0] = len(data)
        slab.names[slot * mmsg.HEADER_WORDS] = path.name
        slab.used = slot + 1

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        now = time.monotonic()
        # During an ICE restart a transport is here twice.
        for transport in dict.fromkeys(self.by_ufrag.values()):
            try:
                transport.tick(now)
            except Exception:
                self._complaints.tell("the timer of a transport", transport.ufrag)
        self._try_flush()
