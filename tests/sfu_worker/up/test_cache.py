"""Packets kept for retransmission, by sequence number."""

from __future__ import annotations

import pytest

from sfu_worker.up.cache import PacketCache


def test_a_packet_is_found_until_another_takes_its_place() -> None:
    cache = PacketCache(8)
    cache.put(5, 3000, 0x80, b"five")
    assert cache.get(5) == (3000, 0x80, b"five")
    assert cache.get(13) is None
    cache.put(13, 6000, 0, b"thirteen")
    assert cache.get(5) is None
    assert cache.get(13) == (6000, 0, b"thirteen")


def test_a_size_that_is_no_power_of_two_is_refused() -> None:
    with pytest.raises(ValueError, match="power of two"):
        PacketCache(100)
