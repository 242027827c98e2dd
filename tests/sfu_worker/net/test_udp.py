"""A UDP socket of the media port."""

from __future__ import annotations

import socket

from sfu_worker.net.udp import UdpSocket


def test_datagrams_for_which_there_was_no_room_are_counted_by_the_kernel() -> None:
    udp = UdpSocket("127.0.0.1", 0)
    udp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with udp.sock, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        assert udp.overflowed == 0
        for _ in range(100):
            stranger.sendto(bytes(1000), ("127.0.0.1", udp.port))
        arrived = udp.slab.read(udp.fd)
        assert 0 < arrived < 64
        assert udp.overflowed == 100 - arrived
