"""Which address media goes to."""

from __future__ import annotations

import socket
import struct
from typing import Any, cast

import pytest

from sfu_worker.net.path import Path, plain_address, read_sockaddr, takes_over


def path(
    priority: int = 100, *, nominated: float = 0.0, seen: float = 100.0, tcp: bool = False
) -> Path:
    made = Path(
        cast("Any", None), ("192.0.2.1", 1), seen, tcp=cast("Any", object()) if tcp else None
    )
    made.priority, made.nominated_at = priority, nominated
    return made


def test_the_first_address_is_taken_and_a_nomination_replaces_one_that_has_none() -> None:
    assert takes_over(path(), None, False, 100)
    assert not takes_over(path(), path(), False, 100)
    assert takes_over(path(1), path(), True, 100)


def test_a_peer_that_nominates_everything_ends_up_on_its_best() -> None:
    best = path(200, nominated=99.8)
    assert not takes_over(path(100), best, True, 100)
    assert takes_over(path(300), best, True, 100)
    assert takes_over(path(200), best, True, 100)


def test_a_lower_candidate_that_is_nominated_alone_for_a_while_takes_over() -> None:
    assert takes_over(path(100), path(200, nominated=98.5), True, 100)


def test_tcp_does_not_replace_udp_that_works_and_udp_replaces_tcp() -> None:
    assert not takes_over(path(300, tcp=True), path(200, nominated=90), True, 100)
    assert takes_over(path(300, tcp=True), path(200, nominated=90, seen=97.5), True, 100)
    assert takes_over(path(300), path(200, nominated=99.9, tcp=True), True, 100)


def test_a_silent_address_gives_way_to_one_that_is_heard() -> None:
    assert takes_over(path(1), path(200, nominated=99, seen=97.9), False, 100)
    assert not takes_over(path(1), path(200, nominated=90, seen=98.1), False, 100)


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        (
            struct.pack("=H", socket.AF_INET)
            + b"\x12\x67"
            + socket.inet_aton("192.0.2.7")
            + bytes(8),
            "192.0.2.7",
        ),
        (
            struct.pack("=H", socket.AF_INET6)
            + b"\x12\x67"
            + bytes(4)
            + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
            + bytes(4),
            "2001:db8::1",
        ),
        (
            struct.pack("=H", socket.AF_INET6)
            + b"\x12\x67"
            + bytes(4)
            + socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.7")
            + bytes(4),
            "192.0.2.7",
        ),
    ],
)
def test_addresses_of_the_kernel_are_read_as_the_peer_knows_them(raw: bytes, address: str) -> None:
    assert read_sockaddr(raw) == (address, 4711)


def test_a_zone_is_nobodys_business() -> None:
    assert plain_address("fe80::1%eth0") == "fe80::1"
