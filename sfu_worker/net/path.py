"""Network paths: the addresses that STUN has validated for a transport, and which of them media goes to. Pure."""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import TYPE_CHECKING, Any

from sfu_worker.net import mmsg

if TYPE_CHECKING:
    from sfu_worker.net.tcp import TcpConnection
    from sfu_worker.net.transport import Transport
    from sfu_worker.net.udp import UdpSocket

SILENT_SECONDS = 2.0
"A path without a valid packet for this long gives way to one that has them; RTCP alone comes more often."
SETTLED_SECONDS = 1.0
"A peer that nominates a lower candidate so long after a higher one means it (its network changed); sooner, it nominates all."


NO_FD = -2
"No descriptor that a send slab ever has: packets for TCP go round it."


class Path:
    """One remote address of one transport, over one UDP socket or one TCP connection."""

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
        "udp",
        "validated_at",
    )

    def __init__(
        self,
        transport: Transport,
        address: tuple[str, int],
        now: float,
        *,
        udp: UdpSocket | None = None,
        key: bytes = b"",
        tcp: TcpConnection | None = None,
    ) -> None:
        self.transport = transport
        self.address = address
        self.udp = udp
        self.key = key
        self.tcp = tcp
        self.fd = udp.fd if udp is not None else NO_FD
        # The kernel reads the address from here at each send: kept alive with the path.
        self.sockaddr: Any = mmsg.ffi.new("char[]", key.ljust(mmsg.NAME_SIZE, b"\0"))
        self.name = mmsg.address_of(self.sockaddr)
        self.priority = 0
        self.seen = self.validated_at = now
        self.nominated_at = 0.0

    def __str__(self) -> str:
        return f"{self.address[0]} port {self.address[1]} {'tcp' if self.tcp else 'udp'}"


def takes_over(new: Path, current: Path | None, nominates: bool, now: float) -> bool:
    """Whether media moves to ``new``, from which a valid check has just come.

    Chromium nominates one path, again and again; Firefox nominates every one once and expects the best (RFC 5245's aggressive
    nomination). So a better or equal candidate takes over at once, a worse one when the current has not been nominated lately,
    TCP only from a path that is silent. Without a nomination a path takes over from a silent one: a NAT gave the peer a new port.
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
    """The (address, port) in a ``sockaddr_in`` or ``sockaddr_in6``; an IPv4-mapped address (RFC 4291 2.5.5.2) as IPv4."""
    (port,) = struct.unpack_from("!H", raw, 2)
    if int.from_bytes(raw[:2], "little") == socket.AF_INET:
        return str(ipaddress.IPv4Address(raw[4:8])), port
    return plain_address(str(ipaddress.IPv6Address(raw[8:24]))), port


def plain_address(address: str) -> str:
    """An address as the peer knows it: without a zone, and as IPv4 if that is what it is."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
