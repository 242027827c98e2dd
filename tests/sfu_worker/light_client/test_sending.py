"""RTP as a light client sends it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sfu_worker.light_client.sending import TELL_IDS, Clock, Plan, Stream, plan_streams
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.header import PLAIN, read_extensions
from sfu_worker.rtp.keyframes import picture_size, starts_keyframe
from sfu_worker.sdp import AUDIO_LEVEL, MID, RID, TRANSPORT_CC

IDS = {MID: 1, RID: 2, TRANSPORT_CC: 4, AUDIO_LEVEL: 5}
MIDS = {"microphone": "0", "camera": "1", "screen": "2", "screen-audio": "3"}


class Heard:
    """One packet, read as the worker reads it."""

    def __init__(self, data: bytes) -> None:
        first, second, self.seq, self.timestamp, self.ssrc = PLAIN.unpack_from(data)
        assert first == 0x90
        self.marker, self.payload_type = bool(second & 0x80), second & 0x7F
        end = 16 + 4 * int.from_bytes(data[14:16], "big")
        found = read_extensions(memoryview(data), 12, end, (1, 2, 0, 4, 5, 0))
        self.twcc, self.level, self.mid, self.rid = found[:4]
        self.payload = data[end:]

    @property
    def key(self) -> bool:
        return starts_keyframe("VP8", self.payload, 0, len(self.payload))


def video(clock: Clock | None = None, packets: int = 1, rid: str = "") -> Stream:
    return Stream("video", "1", rid, 50.0, 200, packets, 90000, clock or Clock())


def frames(stream: Stream, count: int, now: float = 100.0) -> list[Heard]:
    """What a stream sends while so many frames fall due, beginning at ``now``."""
    sent: list[bytes] = []
    stream._next = now
    for i in range(count):
        stream.due(now + (i + 0.01) * stream.frame_packets / stream.rate, sent.append)
    return [Heard(data) for data in sent]


def started(stream: Stream) -> Stream:
    stream.start(96, IDS, 100.0)
    return stream


def test_each_layer_is_sent_at_half_the_rate_of_the_one_before() -> None:
    plan = Plan(sources=("camera", "screen", "microphone"), rids=("f", "h", "q"), video_rate=80)
    streams = plan_streams(plan, MIDS)
    assert [(s.kind, s.mid, s.rid, s.rate) for s in streams] == [
        ("video", "1", "f", 80),
        ("video", "1", "h", 40),
        ("video", "1", "q", 20),
        ("video", "2", "", 80),
        ("audio", "0", "", 50),
    ]
    assert [s.frame_packets for s in streams] == [5, 2, 1, 5, 1]
    assert len({s.ssrc for s in streams}) == 5


def test_the_transport_wide_number_is_one_for_all_streams() -> None:
    clock = Clock(65534)
    first, second = started(video(clock)), started(video(clock))
    packets = [*frames(first, 1), *frames(second, 2)]
    assert [p.twcc for p in packets] == [65535, 0, 1]


def test_packets_of_a_frame_share_their_time_and_the_last_one_is_marked() -> None:
    packets = frames(started(video(packets=3)), 2)
    assert [p.marker for p in packets] == [False, False, True] * 2
    assert len({p.timestamp for p in packets[:3]}) == 1
    assert [(b.seq - a.seq) & 0xFFFF for a, b in pairwise(packets)] == [1] * 5
    # Three packets of 50 a second last 60 ms.
    assert abs((packets[3].timestamp - packets[0].timestamp & 0xFFFFFFFF) - 5400) <= 1
    assert {p.payload_type for p in packets} == {96}


def test_a_key_frame_comes_first_and_whenever_it_is_wanted() -> None:
    stream = started(video(packets=2))
    packets = frames(stream, 2)
    assert [p.key for p in packets] == [True, False, False, False]
    assert picture_size("VP8", packets[0].payload, 0, len(packets[0].payload)) == (640, 360)
    stream.keyframe_wanted = True
    assert [p.key for p in frames(stream, 2, 101.0)] == [True, False, False, False]
    assert stream.keyframes == 2


def test_mid_and_rid_are_told_at_first_only() -> None:
    packets = frames(started(video(rid="f")), TELL_IDS + 1)
    assert {(p.mid, p.rid) for p in packets[:TELL_IDS]} == {(b"1", b"f")}
    assert (packets[-1].mid, packets[-1].rid) == (None, None)


@pytest.mark.parametrize(("level", "heard"), [(30, 30), (127, 127), (None, -1)])
def test_sound_says_how_loud_it_is_unless_it_should_not(level: int | None, heard: int) -> None:
    [stream] = plan_streams(Plan(sources=("microphone",), audio_level=level), MIDS)
    [packet] = frames(started(stream), 1)
    assert packet.level == heard
    assert not packet.marker


def test_extensions_that_were_not_negotiated_are_left_out() -> None:
    stream = video(rid="f")
    stream.start(96, {TRANSPORT_CC: 4, MID: 0}, 100.0)
    [packet] = frames(stream, 1)
    assert (packet.twcc, packet.mid, packet.rid) == (1, None, None)


def test_frames_more_than_a_second_late_are_not_caught_up_with() -> None:
    stream, sent = started(video()), list[bytes]()
    stream._next = 100.0
    stream.due(100.995, sent.append)
    assert len(sent) == 50
    stream.due(109.0, sent.append)
    assert len(sent) == 51


def test_a_sender_report_counts_what_was_sent_on_the_media_clock() -> None:
    stream = started(video())
    [first, *_] = frames(stream, 3)
    (report,) = rtcp.parse_compound(stream.report(102.0))
    assert isinstance(report, rtcp.SenderReport)
    assert (report.ssrc, report.packets, report.octets) == (stream.ssrc, 3, 600)
    # The first frame was sent 0.2 ms after the start.
    assert (report.rtp - first.timestamp) & 0xFFFFFFFF == 2 * 90000 - 18
