"""Which layer's number an outgoing number comes from."""

from __future__ import annotations

from sfu_worker.down.segments import OLDEST, Segment, Segments
from sfu_worker.up.layer import UpLayer
from tests.sfu_worker.builders.streams import Source, video_track


def segment(layer: UpLayer, first_in: int, shift: int) -> Segment:
    return Segment(layer, first_in, shift, 0, 0, 0)


def test_outgoing_numbers_find_the_segment_that_they_left_in() -> None:
    segments, a = Segments(), Source(video_track("a"), 1)
    b = Source(video_track("b"), 2)
    first, second = segment(a.layer, 100, 1000), segment(b.layer, 40_000, -38_880)
    segments.add(first, None)
    segments.add(second, 119)
    assert segments.outgoing(1100) is segments.outgoing(1119) is first
    assert segments.outgoing(1120) is second
    assert segments.outgoing(1099) is None


def test_late_packets_from_before_a_switch_have_no_segment() -> None:
    segments, a = Segments(), Source(video_track("a"), 1)
    b = Source(video_track("b"), 2)
    segments.add(segment(a.layer, 100, 0), None)
    assert segments.incoming(a.layer, 105) is segments.last
    segments.add(segment(b.layer, 500, 0), 110)
    assert segments.incoming(a.layer, 105) is None


def test_layers_that_have_ended_are_forgotten_and_others_stay() -> None:
    segments, gone, other = Segments(), Source(video_track("a"), 1), Source(video_track("b"), 2)
    segments.add(segment(gone.layer, 100, 0), None)
    segments.add(segment(other.layer, 500, 0), 110)
    gone.layer.close()
    segments.forget(gone.track.origin, ended=True)
    segments.forget(other.track.origin, ended=True)
    assert segments.outgoing(105) is None
    assert segments.outgoing(505) is segments.last
    segments.forget(other.track.origin, ended=False)
    assert segments.outgoing(505) is None


def test_the_window_follows_the_newest_number() -> None:
    one = segment(Source(video_track(), 1).layer, 10, 0)
    one.advance(2 * OLDEST)
    assert one.first_in == 10
    one.advance(30_000)
    assert one.first_in == 30_000 - OLDEST
