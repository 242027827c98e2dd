"""A UDP socket of the media port, with its receive slab."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence

from sfu_worker.net.mmsg import SO_TIMESTAMPNS, ReceiveSlab

# Half a second of 60 Mbit/s, for when the process waits for a core. The kernel may grant less
# (net.core.rmem_max).
BUFFER_BYTES = 4 << 20

# SK_MEMINFO_DROPS of linux/sock_diag.h (Linux 4.12): datagrams for which the buffer had no room.
SO_MEMINFO = 55
MEMINFO = struct.Struct("=9I")
MEMINFO_DROPS = 8

# sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6)
NAME_SIZES = {socket.AF_INET: 16, socket.AF_INET6: 28}


class UdpSocket:
    """A bound, non-blocking socket with large buffers."""

    __slots__ = ("family", "fd", "slab", "sock")

    def __init__(self, host: str, port: int) -> None:
        """Bind. ``::`` accepts IPv4 too. Raises OSError."""
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(self.family, socket.SOCK_DGRAM)
        try:
            self.sock.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                self.sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
            self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            if self.family == socket.AF_INET6:
                self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
            self.sock.bind((host, port))
        except OSError:
            self.sock.close()
            raise
        self.fd = self.sock.fileno()
        self.slab = ReceiveSlab(NAME_SIZES[self.family])

    @property
    def overflowed(self) -> int:
        """Datagrams that the kernel dropped because they were not read in time.

        0 if the kernel does not tell.
        """
        try:
            found = self.sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size)
        except OSError:
            return 0
        return int(MEMINFO.unpack(found)[MEMINFO_DROPS]) if len(found) == MEMINFO.size else 0

    @property
    def port(self) -> int:
        number: int = self.sock.getsockname()[1]
        return number


def bind_all(hosts: Sequence[str], port: int) -> list[UdpSocket]:
    """One socket per host, all on one port number. Raises OSError.

    ``0.0.0.0`` with ``::`` become one socket, or IPv4 alone if IPv6 is switched off.
    """
    wanted = list(dict.fromkeys(hosts))
    if "::" in wanted and "0.0.0.0" in wanted:
        wanted.remove("0.0.0.0")
        try:
            first = UdpSocket("::", port)
        except OSError as exc:
            if exc.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                raise
            first = UdpSocket("0.0.0.0", port)
        wanted.remove("::")
    else:
        first = UdpSocket(wanted.pop(0), port)
    sockets = [first]
    try:
        sockets.extend(UdpSocket(host, first.port) for host in wanted)
    except OSError:
        for opened in sockets:
            opened.sock.close()
        raise
    return sockets
