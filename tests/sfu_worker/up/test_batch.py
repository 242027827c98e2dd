"""The packets of one read."""

from __future__ import annotations

import pytest

from sfu_worker.up.batch import Batch


class Gatherer:
    def __init__(self) -> None:
        self.delivered = 0

    def deliver(self) -> None:
        self.delivered += 1


def test_each_collector_delivers_once_and_packets_are_used_again() -> None:
    batch, collector = Batch(), Gatherer()
    first = batch.take()
    batch.gatherers.append(collector)
    batch.deliver()
    batch.deliver()
    assert collector.delivered == 1
    assert batch.take() is first


def test_a_full_batch_has_no_packet_to_give() -> None:
    batch = Batch()
    for _ in batch.packets:
        batch.take()
    with pytest.raises(IndexError):
        batch.take()


def test_a_copy_keeps_its_payload_when_the_memory_is_used_again() -> None:
    memory = bytearray(b"first")
    p = Batch().take()
    p.seq, p.payload, p.size = 9, memoryview(memory), 5
    kept = p.copy()
    memory[:] = b"other"
    assert (kept.seq, bytes(kept.payload)) == (9, b"first")
