"""``MediaPort``: UDP and TCP on one port number, through which all media of a worker passes.

A datagram reaches a parser only if it is STUN with a known ufrag and valid MESSAGE-INTEGRITY, or if
it comes from an address that such a STUN message has validated. Everything else is dropped unread,
counted and not logged.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Callable, Sequence

from sfu_worker.net import ice, mmsg
from sfu_worker.net.path import NO_FD, Association, Path, read_sockaddr
from sfu_worker.net.tcp import TcpConnection, TcpListener
from sfu_worker.net.udp import UdpSocket, bind_all
from sfu_worker.numbers import Datagrams
from sfu_worker.tasks import Complaints

log = logging.getLogger(__name__)

# Batches read in one wake-up, and after how long no other one is begun: timers and Redis get their
# turn under any flood. A batch of a large call takes 10 ms, one of strays none.
ROUNDS = 4
TURN_SECONDS = 0.005
# A datagram that seems to have waited longer has not: the machine's clock was set.
LONGEST_WAIT_SECONDS = 10.0
TICK_SECONDS = 1.0
# With port 0 the kernel chooses a number for UDP, which may be taken for TCP.
BIND_ATTEMPTS = 20


class MediaPort:
    """The port of a worker, and the tables of who may be heard on it.

    ``hosts`` are addresses to bind to; port 0 picks a free one. ``by_ufrag`` has the transports
    whose checks are accepted; only ``register`` and ``unregister`` change it.
    """

    def __init__(self, hosts: Sequence[str], port: int) -> None:
        self.port = port
        # Called after each batch of at most 64 datagrams, before its answers leave. Until then
        # the packets' views stay valid.
        self.on_batch_end: Callable[[], None] | None = None
        self.datagrams_in = 0
        self.datagrams_dropped = 0
        self.slab = mmsg.SendSlab()
        self.by_ufrag: dict[bytes, Association] = {}
        # By descriptor of the UDP socket and raw sockaddr: the one look-up per datagram.
        self._paths: dict[int, dict[bytes, Path]] = {}
        self._hosts = list(hosts)
        self._sockets: list[UdpSocket] = []
        self._tcp = TcpListener(self)
        self._frames = mmsg.ReceiveSlab(mmsg.NAME_SIZE)
        self._frame = 0
        self._tcp_dropped = 0
        self._waited = 0.0
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
        """All that is counted here. It asks the kernel, so call it from timers only."""
        return Datagrams(
            received=self.datagrams_in,
            sent=self.datagrams_out,
            unreadable=self.datagrams_dropped,
            unsent=self.send_errors,
            overflowed=sum(udp.overflowed for udp in self._sockets),
        )

    def take_waited(self) -> float:
        """How long the first datagram since the last call lay in its socket, in seconds.

        Called at each tick, that is enough: a queue delays all, and a pause delays the tick too.
        """
        waited, self._waited = self._waited, 0.0
        return waited

    async def start(self) -> None:
        """Bind and listen. Raises OSError, which names what could not be bound."""
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
            self._paths[udp.fd] = {}
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

    # Who may be heard

    def register(self, ufrag: str, transport: Association) -> None:
        """Accept checks for ``ufrag``. A transport has two of them during an ICE restart."""
        self.by_ufrag[ufrag.encode()] = transport

    def unregister(self, ufrag: str) -> None:
        """Accept no more checks for ``ufrag``; its validated paths stay."""
        self.by_ufrag.pop(ufrag.encode(), None)

    def forget(self, path: Path) -> None:
        """Hear nothing more from a path. A TCP connection is closed."""
        if self.slab.used:
            # Queued packets point to this path's address.
            self.flush()
        if path.tcp is not None:
            path.tcp.let_go()
        else:
            self._paths[path.fd].pop(path.key, None)

    # In

    def _readable(self, udp: UdpSocket) -> None:
        end = 0.0
        for _ in range(ROUNDS):
            count = udp.slab.read(udp.fd)
            if not count:
                return
            self.datagrams_in += count
            if not self._waited and 0 < (waited := udp.slab.waited()) < LONGEST_WAIT_SECONDS:
                self._waited = waited
            now = time.monotonic()
            end = end or now + TURN_SECONDS
            self._handle_batch(udp, count, now)
            self.end_batch()
            if count < mmsg.RECEIVE_SLOTS or time.monotonic() >= end:
                return

    def _handle_batch(self, udp: UdpSocket, count: int, now: float) -> None:
        slab, paths = udp.slab, self._paths[udp.fd]
        view, lengths, names, start = slab.view, slab.lengths, slab.names, -mmsg.RECEIVE_SLOT
        for i in range(count):
            start += mmsg.RECEIVE_SLOT
            # RFC 7983: the first byte says what a packet is. An empty packet has none; the slot
            # holds that of an older one.
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
                        path.transport.dtls_received(bytes(view[start : start + lengths[i][0]]))
                        continue
                elif first < 4:
                    data = bytes(view[start : start + lengths[i][0]])
                    if self._stun_received(data, now, udp.fd, names[i].tobytes(), None):
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
                if self._stun_received(data, now, NO_FD, b"", connection):
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
                path.transport.dtls_received(data)
                return
        except Exception:
            self._complaints.tell("handling a packet")
        self.datagrams_dropped += 1
        if connection.path is None:
            connection.close()

    def _stun_received(
        self, data: bytes, now: float, fd: int, key: bytes, tcp: TcpConnection | None
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
        path = self._paths[fd].get(key) if tcp is None else tcp.path
        if path is not None and path.transport is not transport:
            if not path.transport.release(path, now):
                return False
            path = None
        if path is None:
            address = read_sockaddr(key) if tcp is None else tcp.address
            path = Path(transport, address, now, fd=fd, key=key, tcp=tcp)
            if tcp is None:
                self._paths[fd][key] = path
            else:
                tcp.validated(path)
        transport.check_received(path, request, now)
        return True

    # Out

    def end_batch(self) -> None:
        """Let the worker finish the packets of a batch, then send."""
        self._frame = 0
        if self.on_batch_end is not None:
            try:
                self.on_batch_end()
            except Exception:
                self._complaints.tell("handling a packet")
        self._try_flush()

    def _try_flush(self) -> None:
        """For callbacks of the event loop; the worker's timers notice if sending keeps failing."""
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
        """Queue a packet as it is, for everything but media."""
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
        # A transport is in the table twice during an ICE restart.
        for transport in dict.fromkeys(self.by_ufrag.values()):
            try:
                transport.tick(now)
            except Exception:
                self._complaints.tell("the timer of a transport", transport.ufrag)
        self._try_flush()
