"""A media port with real clients: what the tests of the network edge share."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

from aioice import stun

from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.link import Link
from sfu_worker.net import mmsg, srtp
from sfu_worker.net.dtls import Certificate, Role
from sfu_worker.net.port import MediaPort
from sfu_worker.net.transport import Transport

CERTIFICATE = Certificate()
LIMIT = 15.0


async def until(condition: Callable[[], Any]) -> None:
    """Wait until ``condition()`` holds; fail after a generous limit."""
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.005)


def rtp(seq: int, size: int = 1000, ssrc: int = 77) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, seq, seq, ssrc) + bytes(size)


def check(username: str, password: str, **attributes: object) -> bytes:
    """A signed Binding request, as a client sends it."""
    message = stun.Message(
        stun.Method.BINDING,
        stun.Class.REQUEST,
        None,
        {"USERNAME": username, "PRIORITY": 1, **attributes},
    )
    message.add_message_integrity(password.encode())
    return bytes(message)


class Handler:
    """Keeps what a transport says."""

    def __init__(self) -> None:
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.connected = 0
        self.closed: list[str] = []

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        self.rtp.append(bytes(view[start:end]))

    def on_rtcp(self, data: bytes, now: float) -> None:
        self.rtcp.append(data)

    def on_connected(self) -> None:
        self.connected += 1

    def on_closed(self, why: str) -> None:
        self.closed.append(why)


class Peer:
    """A transport of the port and the client at its other end."""

    def __init__(self, port: MediaPort, hub: Hub) -> None:
        self.port = port
        self.hub = hub
        self.handler = Handler()
        self.transport = Transport(port, CERTIFICATE, self.handler)
        self.heard: list[bytes] = []
        self.link = Link(
            hub,
            lambda view, start, end, now: self.heard.append(bytes(view[start:end])),
            lambda data, now: None,
        )
        self.seq = 0

    async def connect(
        self,
        *,
        tcp: bool = False,
        role: Role = "server",
        fingerprint: str = "",
        host: str = "127.0.0.1",
        wait: bool = True,
    ) -> Peer:
        theirs = [("sha-256", fingerprint or self.link.fingerprint)]
        ours = [("sha-256", self.transport.fingerprint)]
        self.transport.start(self.link.ufrag, self.link.pwd, theirs, role)
        client: Role = "client" if role == "server" else "server"
        await self.link.connect(
            self.transport.ufrag,
            self.transport.pwd,
            ours,
            (host, self.port.port),
            tcp=tcp,
            role=client,
        )
        if wait:
            await until(lambda: self.transport.connected and self.link.connected.done())
        return self

    async def forwards(self) -> None:
        """Show that media flows both ways right now."""
        self.seq += 1
        sent = rtp(self.seq)
        self.link.send_rtp(sent)
        self.hub.outbox.flush()
        await until(lambda: sent in self.handler.rtp)
        self.send(sent)
        self.port.flush()
        await until(lambda: sent in self.heard)

    def send(self, packet: bytes) -> None:
        at = self.transport.reserve()
        self.transport.out[at : at + len(packet)] = packet
        self.transport.commit(at, len(packet))

    def protected(self, packet: bytes) -> bytes:
        """What the client would send for this RTP packet."""
        memory = mmsg.ffi.new("char[]", packet.ljust(mmsg.SEND_SLOT, b"\0"))
        size = mmsg.ffi.new("int *", len(packet))
        assert srtp.protect(self.link._tx, memory, size) == 0
        return bytes(mmsg.ffi.buffer(memory, size[0]))

    async def close(self) -> None:
        await self.link.close()
        await self.transport.close()


@contextlib.asynccontextmanager
async def media_port(*hosts: str) -> AsyncIterator[tuple[MediaPort, Hub]]:
    port = MediaPort(hosts or ("127.0.0.1",), 0)
    await port.start()
    try:
        async with Hub() as hub:
            yield port, hub
    finally:
        await port.stop()


@contextlib.contextmanager
def stranger(port: MediaPort) -> Any:
    """A UDP socket that nobody has validated."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.connect(("127.0.0.1", port.port))
    with sock:
        yield sock


def silent(sock: socket.socket) -> bool:
    try:
        return not sock.recv(2048)
    except BlockingIOError:
        return True
