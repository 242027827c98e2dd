"""The relay between real sockets, and the answer that leads through it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from bench.relay import Relay, through, udp_candidate
from bench.shaping import Conditions, Step

ANSWER = (
    "v=0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    "a=candidate:1 1 udp 2130706431 10.0.0.7 40000 typ host\r\n"
    "a=candidate:2 1 udp 2130706175 192.168.1.7 40000 typ host\r\n"
    "a=candidate:3 1 tcp 1671430143 10.0.0.7 40000 typ host tcptype passive\r\n"
    "a=end-of-candidates\r\n"
)


def test_the_only_candidate_left_is_the_relay() -> None:
    changed = through(ANSWER, 5555)
    assert [line for line in changed.splitlines() if "candidate:" in line] == [
        "a=candidate:1 1 udp 2130706431 127.0.0.1 5555 typ host"
    ]
    assert changed.endswith("a=end-of-candidates\r\n")


def test_an_answer_without_udp_cannot_be_led_through() -> None:
    with pytest.raises(ValueError, match="no UDP candidate"):
        through("v=0\r\n", 5555)
    with pytest.raises(ValueError, match="no UDP candidate"):
        udp_candidate("v=0\r\n")


def test_the_workers_address_is_read_from_the_answer() -> None:
    assert udp_candidate(ANSWER) == ("10.0.0.7", 40000)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    client, worker = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for s in (client, worker):
        s.bind(("127.0.0.1", 0))
        s.settimeout(10)
    yield client, worker
    client.close()
    worker.close()


def test_datagrams_go_both_ways_and_the_worker_sees_the_relay(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    client, worker = ends
    relay = Relay([])
    relay.open(worker.getsockname())
    try:
        client.sendto(b"ping", ("127.0.0.1", relay.port))
        data, source = worker.recvfrom(100)
        assert data == b"ping"
        assert source != client.getsockname()
        worker.sendto(b"pong", source)
        assert client.recvfrom(100) == (b"pong", ("127.0.0.1", relay.port))
    finally:
        relay.close()


def test_nothing_is_shaped_until_it_begins(ends: tuple[socket.socket, socket.socket]) -> None:
    client, worker = ends
    relay = Relay([], [Step(0.0, Conditions(loss=1.0))])
    relay.open(worker.getsockname())
    try:
        client.sendto(b"before", ("127.0.0.1", relay.port))
        assert worker.recvfrom(100)[0] == b"before"
        relay.begin()
        client.sendto(b"after", ("127.0.0.1", relay.port))
        while not relay.up.lost:
            pass
        worker.setblocking(False)
        with pytest.raises(BlockingIOError):
            worker.recvfrom(100)
    finally:
        relay.close()


def test_a_link_can_be_changed_while_it_is_used(ends: tuple[socket.socket, socket.socket]) -> None:
    client, worker = ends
    relay = Relay([Step(0.0, Conditions())])
    relay.open(worker.getsockname())
    try:
        relay.begin()
        relay.change(Conditions(), Conditions(loss=1.0))
        client.sendto(b"lost", ("127.0.0.1", relay.port))
        while not relay.up.lost:
            pass
        relay.change(Conditions())
        while relay.up.conditions.loss:
            pass
        client.sendto(b"through", ("127.0.0.1", relay.port))
        assert worker.recvfrom(100)[0] == b"through"
    finally:
        relay.close()
