"""Sequence numbers, time and picture ids from one layer to the next."""

from __future__ import annotations

import pytest

from sfu_worker.down.numbering import Numbering
from sfu_worker.down.segments import Segment, Segments
from sfu_worker.up.batch import Packet
from sfu_worker.up.layer import UpLayer
from tests.sfu_worker.builders.streams import Source, video_track


def packet(seq: int, timestamp: int = 0, picture_id: int = 0, tl0: int = 0) -> Packet:
    p = Packet()
    p.seq, p.timestamp, p.picture_id, p.tl0 = seq, timestamp, picture_id, tl0
    return p


def reach(layer: UpLayer, p: Packet, now: float) -> None:
    """``p`` was the newest packet of the layer."""
    top = layer.top
    top.seq, top.timestamp, top.picture_id, top.tl0 = p.seq, p.timestamp, p.picture_id, p.tl0
    layer.last_at = now


def after_second_ten(numbering: Numbering, layer: UpLayer) -> tuple[Segment, int]:
    """The layer has fed the stream up to second 10; also the outgoing time of its last packet."""
    segment = numbering.begin(layer, packet(100, 1000), 9.0)
    reach(layer, packet(110, 1000), 10.0)
    numbering.end(segment, 10.0)
    return segment, (1000 + segment.timestamp) & 0xFFFFFFFF


@pytest.fixture
def segments() -> Segments:
    return Segments()


@pytest.fixture
def numbering(segments: Segments) -> Numbering:
    return Numbering(segments)


def test_numbers_and_picture_ids_go_on_by_one_across_their_wraps(numbering: Numbering) -> None:
    a, b = Source(video_track("a"), 1).layer, Source(video_track("b"), 2).layer
    expected = numbering.next_seq
    first = numbering.begin(a, packet(65535, picture_id=0x7FFF, tl0=255), 1.0)
    assert (65535 + first.seq) & 0xFFFF == expected
    reach(a, packet(2, picture_id=1, tl0=0), 1.1)
    numbering.end(first, 1.1)
    assert numbering.next_seq == (expected + 4) & 0xFFFF, "65535, 0, 1 and 2 have left"
    second = numbering.begin(b, packet(9000, picture_id=77, tl0=7), 1.2)
    assert (9000 + second.seq) & 0xFFFF == (expected + 4) & 0xFFFF
    assert (77 + second.picture_id - (1 + first.picture_id)) & 0x7FFF == 1
    assert (7 + second.tl0 - first.tl0) & 0xFF == 1


def test_another_source_goes_on_as_much_later_as_the_clock_says(numbering: Numbering) -> None:
    _, last = after_second_ten(numbering, Source(video_track("a"), 1).layer)
    segment = numbering.begin(Source(video_track("b"), 2).layer, packet(5, 5_000_000), 12.0)
    assert (5_000_000 + segment.timestamp - last) & 0xFFFFFFFF == 2 * 90000


def test_time_never_stands_still(numbering: Numbering) -> None:
    _, last = after_second_ten(numbering, Source(video_track("a"), 1).layer)
    segment = numbering.begin(Source(video_track("b"), 2).layer, packet(5, 77), 10.0)
    assert (77 + segment.timestamp - last) & 0xFFFFFFFF == 1


def test_layers_of_one_source_share_a_clock_unless_it_is_half_a_second_off(
    numbering: Numbering,
) -> None:
    track = video_track()
    first, last = after_second_ten(numbering, Source(track, 1, "q").layer)
    high = Source(track, 2, "f").layer
    shared = numbering.begin(high, packet(5, 1000 + 40_000), 10.0)
    assert shared.timestamp == first.timestamp
    reach(high, packet(5, 1000), 10.0)
    numbering.end(shared, 10.0)
    apart = numbering.begin(Source(track, 3, "h").layer, packet(5, 1000 + 95_000), 10.5)
    assert (1000 + 95_000 + apart.timestamp - last) & 0xFFFFFFFF == 45_000


def test_numbers_close_up_over_a_silence_while_time_runs_on(
    numbering: Numbering, segments: Segments
) -> None:
    layer = Source(video_track(), 1).layer
    before = numbering.begin(layer, packet(100, 1000), 1.0)
    after = numbering.resume(before, 150, 110)
    assert (150 + after.seq) & 0xFFFF == (111 + before.seq) & 0xFFFF
    assert after.timestamp == before.timestamp
    assert segments.outgoing((110 + before.seq) & 0xFFFF) is before
    assert segments.outgoing((150 + after.seq) & 0xFFFF) is after


def test_packets_that_did_not_leave_give_their_numbers_back(numbering: Numbering) -> None:
    segment, last = after_second_ten(numbering, Source(video_track("a"), 1).layer)
    numbering.rewind(packet(108, 400), segment)
    assert numbering.next_seq == (108 + segment.seq) & 0xFFFF
    following = numbering.begin(Source(video_track("b"), 2).layer, packet(5, 77), 11.0)
    assert (77 + following.timestamp - last) & 0xFFFFFFFF == 90000
