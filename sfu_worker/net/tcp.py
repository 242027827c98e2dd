"""ICE-TCP (RFC 6544), for networks without UDP.

Each packet has two bytes of length before it (RFC 4571).
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Protocol, cast

from sfu_worker.net import mmsg
from sfu_worker.net.path import Path, plain_address

# A connection over which no valid check has come by then is closed.
UNVALIDATED_SECONDS = 5.0
# Beyond this the oldest is closed, so that idle connections keep no one out.
MAX_UNVALIDATED = 256
# Media is dropped while this much waits for a slow receiver. It is a second of 2 Mbit/s; older
# media is worthless.
MAX_BUFFERED = 256 * 1024


class FrameReceiver(Protocol):
    """The port as its connections see it."""

    def frame_received(self, connection: TcpConnection, data: bytes, now: float) -> None:
        """A packet, never empty, has come over a connection."""

    def end_batch(self) -> None:
        """The packets of one read have all been told."""


class TcpConnection(asyncio.Protocol):
    """One accepted connection. ``path`` is None until a valid check has come over it."""

    def __init__(self, listener: TcpListener) -> None:
        self.path: Path | None = None
        self.address = ("", 0)
        self._listener = listener
        self._received = bytearray()
        self._queued: list[bytes] = []
        self.gone = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        if peer is None:
            transport.close()
            return
        self.address = (plain_address(peer[0]), peer[1])
        self._timer = asyncio.get_running_loop().call_later(UNVALIDATED_SECONDS, self.close)
        self._listener.opened(self)

    def validated(self, path: Path) -> None:
        """The connection belongs to the transport of ``path`` from now on."""
        self.path = path
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._listener.unvalidated.pop(self, None)

    def data_received(self, data: bytes) -> None:
        self._received += data
        received, at, now = self._received, 0, time.monotonic()
        while len(received) >= at + 2:
            size = received[at] << 8 | received[at + 1]
            if size > mmsg.RECEIVE_SLOT:
                self.close()
                return
            if len(received) < at + 2 + size:
                break
            if size:
                self._listener.receiver.frame_received(
                    self, bytes(received[at + 2 : at + 2 + size]), now
                )
            at += 2 + size
        del received[:at]
        self._listener.receiver.end_batch()

    def queue(self, data: bytes) -> None:
        """Frame a packet and keep it for ``flush``."""
        if not self._queued:
            self._listener.dirty.append(self)
        self._queued.append(len(data).to_bytes(2, "big"))
        self._queued.append(data)

    def flush(self) -> int:
        """Write what is queued; return how many packets were dropped for a slow receiver."""
        queued, self._queued = self._queued, []
        if (
            self._transport is None
            or self._transport.is_closing()
            or self._transport.get_write_buffer_size() > MAX_BUFFERED
        ):
            return len(queued) // 2
        self._transport.write(b"".join(queued))
        return 0

    def let_go(self) -> None:
        """The path is no longer used: close the connection."""
        self.path = None
        self.close()

    def eof_received(self) -> None:
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.close()
        self.gone.set_result(None)
        self._listener.closed(self)
        if self.path is not None:
            self.path.transport.path_lost(self.path)

    def close(self) -> None:
        """Write what is queued and close. A receiver that does not read is cut off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None and not self._transport.is_closing():
            self.flush()
            if self._transport.get_write_buffer_size():
                self._transport.abort()
            else:
                self._transport.close()


class TcpListener:
    """Accepts connections for a media port on the addresses of its UDP sockets."""

    def __init__(self, receiver: FrameReceiver) -> None:
        self.receiver = receiver
        self.unvalidated: dict[TcpConnection, None] = {}
        self.dirty: list[TcpConnection] = []
        self._connections: set[TcpConnection] = set()
        self._servers: list[asyncio.Server] = []

    async def start(self, host: str, port: int, family: int) -> None:
        """Listen. Raises OSError."""
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
            sock.bind((host, port))
            server = await asyncio.get_running_loop().create_server(
                lambda: TcpConnection(self), sock=sock
            )
        except OSError:
            sock.close()
            raise
        self._servers.append(server)

    async def stop(self) -> None:
        """Close the listeners and every connection, and wait until they are closed."""
        for server in self._servers:
            server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.close()
        await asyncio.gather(*(connection.gone for connection in connections))
        self._servers.clear()

    def opened(self, connection: TcpConnection) -> None:
        self._connections.add(connection)
        self.unvalidated[connection] = None
        if len(self.unvalidated) > MAX_UNVALIDATED:
            oldest = next(iter(self.unvalidated))
            del self.unvalidated[oldest]
            oldest.close()

    def closed(self, connection: TcpConnection) -> None:
        self._connections.discard(connection)
        self.unvalidated.pop(connection, None)

    def flush(self) -> int:
        """Write what is queued on all connections; return how many packets were dropped."""
        dirty, self.dirty = self.dirty, []
        return sum(connection.flush() for connection in dirty)
