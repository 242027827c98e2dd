"""The UDP sockets of a port."""

from __future__ import annotations

import socket
import time

import pytest

from sfu_worker.net.udp import UdpSocket, bind_all


def test_all_hosts_share_one_port_number() -> None:
    sockets = bind_all(["127.0.0.1", "::1", "127.0.0.1"], 0)
    try:
        assert [udp.family for udp in sockets] == [socket.AF_INET, socket.AF_INET6]
        assert len({udp.port for udp in sockets}) == 1
    finally:
        for udp in sockets:
            udp.sock.close()


def test_both_wildcards_are_one_socket() -> None:
    (udp,) = bind_all(["0.0.0.0", "::"], 0)
    with udp.sock, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", ("127.0.0.1", udp.port))
        assert udp.slab.read(udp.fd) == 1
        assert udp.slab.lengths[0][0] == 5


def test_what_cannot_be_bound_leaves_no_socket_open() -> None:
    taken = UdpSocket("::1", 0)
    with taken.sock:
        with pytest.raises(OSError, match="in use"):
            bind_all(["127.0.0.1", "::1"], taken.port)
        UdpSocket("127.0.0.1", taken.port).sock.close()


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


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_first_datagram_says_how_long_it_waited(host: str) -> None:
    udp = UdpSocket(host, 0)
    with udp.sock, socket.socket(udp.family, socket.SOCK_DGRAM) as sender:
        assert udp.slab.waited() == 0
        for number in range(3):
            sender.sendto(b"first", (host, udp.port))
            begun = time.monotonic()
            # What comes later changes nothing.
            while time.monotonic() < begun + 0.02 * number:
                pass
            sender.sendto(b"second", (host, udp.port))
            assert udp.slab.read(udp.fd) == 2
            assert 0.02 * number <= udp.slab.waited() <= time.monotonic() - begun + 0.01
