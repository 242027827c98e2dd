"""What RED packets become on their way in: plain Opus under its own numbers (RFC 2198)."""

from __future__ import annotations

from sfu_worker.net.mmsg import RECEIVE_SLOTS
from sfu_worker.rtp import red
from sfu_worker.up.batch import MAX_FILLED
from tests.sfu_worker.builders.sound import FRAME, Sender, payload, repeating


def test_blocks_fill_what_is_missing_with_its_own_number_and_time() -> None:
    sender = Sender()
    sender.send(63, 65534, -2 * FRAME, repeating(0))
    sender.send(63, 2, 2 * FRAME, repeating(4, 1, 2, 3))
    assert [sender.has(65534 + n) for n in range(5)] == [
        ((n - 2) * FRAME & 0xFFFFFFFF, payload(n)) for n in range(5)
    ]
    assert sender.track.layers[0].packets == 5


def test_what_came_already_is_not_taken_again() -> None:
    sender = Sender()
    for n in range(4):
        sender.send(63, n, n * FRAME, repeating(n, *range(max(0, n - 2), n)))
    assert sender.track.layers[0].packets == 4


def test_a_packet_that_comes_late_after_all_changes_nothing() -> None:
    sender = Sender()
    sender.send(63, 10, 0, repeating(0))
    sender.send(63, 12, 2 * FRAME, repeating(2, 1))
    sender.send(63, 11, FRAME, repeating(1, 0))
    assert sender.track.layers[0].packets == 3
    # It was lost all the same, as far as the sender's link goes.
    sender.send(63, 14, 4 * FRAME, repeating(4, 3))
    assert sender.track.layers[0].stats.lost == 1


def test_a_block_from_before_a_silence_is_left_out_since_nobody_knows_its_number() -> None:
    sender = Sender()
    sender.send(63, 10, 0, repeating(0))
    # Two packets are missing, of which the block is one: 11 or 12, before or after the silence.
    sender.send(63, 13, 12 * FRAME, repeating(12, 2))
    assert [sender.has(n) is not None for n in (10, 11, 12, 13)] == [True, False, False, True]
    sender.send(63, 16, 15 * FRAME, repeating(15, 12, 14))
    assert [sender.has(n) is not None for n in (14, 15, 16)] == [False, True, True]


def test_blocks_that_are_not_opus_are_left_out() -> None:
    sender = Sender()
    sender.send(63, 10, 0, repeating(0))
    for seq, block_type, block in ((12, 0, payload(1)), (14, 111, b""), (16, 111, b"\x7b")):
        body = red.build(111, [(FRAME, block)], payload(2))
        sender.send(63, seq, (seq - 10) * FRAME, bytes([0x80 | block_type]) + body[1:])
        assert sender.has(seq - 1) is None
        assert sender.has(seq) is not None


def test_one_packet_fills_only_so_many_and_a_full_batch_takes_them() -> None:
    sender = Sender()
    sender.send(63, 0, 0, repeating(0))
    last = 10 * RECEIVE_SLOTS
    for n in range(10, last + 10, 10):
        sender.send(63, n, n * FRAME, repeating(n, *range(n - 9, n)), last=n == last)
    assert sender.ingress.unroutable == 0
    assert sender.track.layers[0].packets == 1 + RECEIVE_SLOTS * (1 + MAX_FILLED)
    assert [n for n in range(last - 9, last + 1) if sender.has(n)] == list(
        range(last - MAX_FILLED, last + 1)
    )


def test_padding_keeps_its_number() -> None:
    sender = Sender()
    sender.send(63, 0, 0, repeating(0))
    sender.send(63, 1, 0, b"")
    sender.send(63, 2, FRAME, repeating(1, 0))
    assert sender.has(1) == (0, b"")
    assert sender.ingress.unroutable == 0


def test_red_and_opus_on_one_ssrc_are_one_stream() -> None:
    sender = Sender()
    sender.send(111, 0, 0, payload(0))
    layer = sender.track.layers[0]
    sender.send(63, 1, FRAME, repeating(1, 0))
    sender.send(111, 2, 2 * FRAME, payload(2))
    assert sender.track.layers == [layer]
    assert layer.packets == 3
    assert layer.codec.name == "opus"


def test_a_malformed_packet_is_dropped_and_nothing_else() -> None:
    sender = Sender()
    sender.send(63, 0, 0, repeating(0))
    for seq, data in enumerate(
        (b"\xef", b"\xef\x0f\x00\xff\x6fshort", b"\x00another codec", b"\xef" * 300), 2
    ):
        sender.send(63, seq, FRAME, data)
    assert (sender.track.layers[0].packets, sender.ingress.unroutable) == (1, 4)
    sender.send(63, 1, FRAME, repeating(1, 0))
    assert sender.track.layers[0].packets == 2


def test_a_packet_that_comes_after_the_end_opens_no_layer() -> None:
    sender = Sender()
    sender.send(111, 0, 0, payload(0))
    sender.ingress.close(1.0)
    sender.send(111, 1, FRAME, payload(1))
    assert sender.track.layers == []
    assert sender.ingress.unroutable == 1
