"""Network paths: the addresses that STUN has validated for a transport.

Pure. ``takes_over`` decides which of them media goes to.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import Any, Protocol

from sfu_worker.net import mmsg
from sfu_worker.net.ice import Envelope, Request

# A path without a valid packet for this long gives way to one that has them. RTCP alone comes
# more often.
SILENT_SECONDS = 2.0
# A peer that nominates a lower candidate this long after a higher one means it: its network has
# changed. Sooner, it nominates all of them.
SETTLED_SECONDS = 1.0

# No send slab ever has this descriptor: packets for TCP go round the slab.
NO_FD = -2


class Association(Protocol):
    """A transport as the port sees it."""

    @property
    def ufrag(self) -> str: ...

    def authenticate(self, envelope: Envelope) -> Request | None:
        """The request in a STUN message with our ufrag; None if our peer did not make it."""

    def check_received(self, path: Path, request: Request, now: float) -> None:
        """A valid check has come over ``path``."""

    def srtp_received(
        self, path: Path, slab: mmsg.ReceiveSlab, slot: int, start: int, now: float
    ) -> None:
        """SRTP or SRTCP has come over a validated path, in a slot that begins at ``start``."""

    def dtls_received(self, record: bytes) -> None:
        """DTLS has come over a validated path."""

    def release(self, path: Path, now: float) -> bool:
        """Give the path up to another transport, or refuse."""

    def path_lost(self, path: Path) -> None:
        """The TCP connection of a path is gone."""

    def tick(self, now: float) -> None:
        """Called once a second."""


class Stream(Protocol):
    """A TCP connection as a path sees it."""

    def queue(self, data: bytes) -> None:
        """Keep a packet until the next flush."""

    def let_go(self) -> None:
        """No path uses the connection any longer: close it."""


class Path:
    """One remote address of one transport, over one UDP socket or one TCP connection.

    ``key`` is the address as the kernel gave it, ``fd`` the UDP socket's descriptor.
    """

    __slots__ = (
        "address",
        "fd",
        "key",
        "name",
        "nominated_at",
        "priority",
        "seen",
        "sockaddr",
        "tcp",
        "transport",
        "validated_at",
    )

    def __init__(
        self,
        transport: Association,
        address: tuple[str, int],
        now: float,
        *,
        fd: int = NO_FD,
        key: bytes = b"",
        tcp: Stream | None = None,
    ) -> None:
        self.transport = transport
        self.address = address
        self.fd = fd
        self.key = key
        self.tcp = tcp
        # The kernel reads the address from here at each send, so it lives as long as the path.
        self.sockaddr: Any = mmsg.ffi.new("char[]", key.ljust(mmsg.NAME_SIZE, b"\0"))
        self.name = mmsg.address_of(self.sockaddr)
        self.priority = 0
        self.seen = self.validated_at = now
        self.nominated_at = 0.0

    def __str__(self) -> str:
        return f"{self.address[0]} port {self.address[1]} {'tcp' if self.tcp else 'udp'}"


def takes_over(new: Path, current: Path | None, nominates: bool, now: float) -> bool:
    """Whether media moves to ``new``, from which a valid check has just come.

    Chromium nominates one path, again and again. Firefox nominates each of them once and expects
    the best to be used (RFC 5245's aggressive nomination). So a better or equal candidate takes
    over at once, and a worse one only if the current path has not been nominated lately. TCP takes
    over only from a silent path. Any path takes over from a silent one without a nomination: a NAT
    may have given the peer a new port.
    """
    if current is None or now - current.seen > SILENT_SECONDS:
        return True
    if not nominates or new is current:
        return False
    if not current.nominated_at:
        return True
    if new.tcp is not None and current.tcp is None:
        return False
    return new.priority >= current.priority or now - current.nominated_at > SETTLED_SECONDS


def read_sockaddr(raw: bytes) -> tuple[str, int]:
    """The (address, port) in a ``sockaddr_in`` or ``sockaddr_in6``.

    An IPv4-mapped address (RFC 4291, 2.5.5.2) is returned as IPv4.
    """
    (port,) = struct.unpack_from("!H", raw, 2)
    if int.from_bytes(raw[:2], "little") == socket.AF_INET:
        return str(ipaddress.IPv4Address(raw[4:8])), port
    return plain_address(str(ipaddress.IPv6Address(raw[8:24]))), port


def plain_address(address: str) -> str:
    """An address as the peer knows it: without a zone, and as IPv4 if it is IPv4-mapped."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
