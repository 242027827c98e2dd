"""What leaves an output has continuous numbers, whatever feeds it."""

from __future__ import annotations

import struct
from itertools import pairwise

from sfu_worker.rtp.media_clock import SourceReport
from sfu_worker.sdp.codecs import Codec
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.streams import (
    H264,
    OPUS,
    Source,
    Wire,
    parse,
    sound_output,
    video_output,
    video_track,
)


def test_a_slot_waits_for_a_key_frame_and_asks_for_one() -> None:
    wire, source = Wire(), Source(video_track(), 1)
    output = video_output(wire)
    output.aim(source.layer, 1.0)
    assert len(source.rtcp) == 1
    source.send(1.0)
    assert wire.sent == []
    source.send(1.1, key=True)
    source.send(1.2)
    assert len(wire.sent) == 2


def test_numbers_go_on_when_the_source_changes() -> None:
    wire = Wire()
    first, second = (
        Source(video_track("a"), 1, seq=65533),
        Source(video_track("b"), 2, seq=500, timestamp=123456),
    )
    output = video_output(wire)
    output.aim(first.layer, 0.0)
    now = 0.0
    for i in range(6):
        now += 1 / 30
        first.send(now, key=i == 0)
    output.aim(second.layer, now)
    for i in range(6):
        now += 1 / 30
        first.send(now)
        second.send(now, key=i == 2)
    sent = [parse(data) for data in wire.sent]
    assert {s.ssrc for s in sent} == {7777}
    assert [(b.seq - a.seq) & 0xFFFF for a, b in pairwise(sent)] == [1] * (len(sent) - 1)
    assert [s.twcc for s in sent] == list(range(1, len(sent) + 1))
    steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(sent)]
    assert all(0 < step < 9000 for step in steps)
    ids = [struct.unpack_from("!H", s.payload, 2)[0] & 0x7FFF for s in sent]
    assert [(b - a) & 0x7FFF for a, b in pairwise(ids)] == [1] * (len(ids) - 1)
    tl0 = [s.payload[4] for s in sent]
    assert [(b - a) & 0xFF for a, b in pairwise(tl0)] == [1] * (len(tl0) - 1)


def test_layers_of_one_source_keep_their_timestamps() -> None:
    wire, track = Wire(), video_track()
    low, high = Source(track, 1, "q"), Source(track, 2, "f")
    output = video_output(wire)
    output.aim(low.layer, 0.0)
    low.send(0.033, key=True)
    high.send(0.033)
    output.aim(high.layer, 0.04)
    low.send(0.066)
    high.send(0.066, key=True)
    high.send(0.1)
    times = [parse(data).timestamp for data in wire.sent]
    assert [(b - a) & 0xFFFFFFFF for a, b in pairwise(times)] == [3000, 0, 3000]


def test_a_late_packet_of_the_stream_before_is_not_forwarded() -> None:
    wire = Wire()
    source = Source(video_track(), 1, seq=1000)
    output = video_output(wire)
    output.aim(source.layer, 0.0)
    source.send(0.1)
    source.send(0.2)
    source.send(0.3, key=True)
    count = len(wire.sent)
    source.send(0.4, seq=990)
    assert len(wire.sent) == count


def test_a_slot_switches_codec_by_payload_type_and_refuses_unknown_ones() -> None:
    wire = Wire()
    output = video_output(wire)
    assert not output.can_carry(
        Source(video_track(), 9, codec=Codec(45, "AV1", 90000, 1, {}, (), None)).layer
    )
    other = Source(
        video_track("b"), 2, codec=Codec(125, "H264", 90000, 1, dict(H264.fmtp), (), None)
    )
    output.aim(other.layer, 0.0)
    other.send(0.1, payload=b"\x65idr")
    assert parse(wire.sent[-1]).payload_type == 102


def test_lost_packets_are_sent_again_on_the_repair_stream() -> None:
    wire, source = Wire(), Source(video_track(), 1)
    output = video_output(wire)
    output.aim(source.layer, 0.0)
    source.send(0.1, key=True)
    source.send(0.2)
    original = parse(wire.sent[1])
    output.retransmit([original.seq, (original.seq + 700) & 0xFFFF], 0.3, 0.1, 10_000)
    assert len(wire.sent) == 3
    repaired = parse(wire.sent[2])
    assert (repaired.payload_type, repaired.ssrc, repaired.timestamp) == (
        97,
        8888,
        original.timestamp,
    )
    assert repaired.payload == struct.pack("!H", original.seq) + original.payload


def test_what_was_sent_before_a_switch_is_not_sent_again() -> None:
    wire = Wire()
    first, second = Source(video_track("a"), 1, seq=30), Source(video_track("b"), 2, seq=9000)
    output = video_output(wire)
    output.aim(first.layer, 0.0)
    first.send(0.1, key=True)
    output.aim(second.layer, 0.1)
    second.send(0.2, key=True)
    before, after = (parse(data) for data in wire.sent)
    assert output.retransmit([before.seq], 0.3, 0.1, 10_000) == 0, (
        "the key frame needs nothing of it"
    )
    assert output.retransmit([after.seq], 0.3, 0.1, 10_000) > 0
    assert parse(wire.sent[-1]).payload == struct.pack("!H", after.seq) + after.payload


def test_a_packet_that_is_asked_for_again_and_again_gives_way_to_a_key_frame() -> None:
    wire, source = Wire(), Source(video_track(), 1)
    output = video_output(wire)
    output.aim(source.layer, 0.0)
    source.send(0.1, key=True)
    source.rtcp.clear()
    seq = parse(wire.sent[0]).seq
    for tenth in range(2, 10):
        output.retransmit([seq], tenth / 10, 0.05, 10_000)
    assert source.rtcp == []
    output.retransmit([seq], 1.05, 0.05, 10_000)
    assert len(source.rtcp) == 1


def test_a_storm_of_requests_is_bounded() -> None:
    wire, source = Wire(), Source(video_track(), 1)
    output = video_output(wire)
    output.aim(source.layer, 0.0)
    source.send(0.1, key=True)
    seq = parse(wire.sent[0]).seq
    output.retransmit([seq] * 5000, 0.2, 0.0, 1 << 30)
    assert len(wire.sent) < 500


def test_sound_is_forwarded_from_the_next_packet_on() -> None:
    wire = Wire()
    track = UpTrack("a:microphone", "a", "microphone", "audio")
    source = Source(track, 5, codec=OPUS)
    output = sound_output(wire)
    output.aim(source.layer, 0.0)
    source.send(0.02, payload=b"opus")
    assert parse(wire.sent[0]).payload == b"opus"


def test_long_streams_do_not_stop_after_half_of_the_numbers() -> None:
    wire, source = Wire(), Source(video_track(), 1)
    output = video_output(wire)
    output.aim(source.layer, 0.0)
    source.send(0.1, key=True)
    for i in range(70_000):
        source.send(0.1 + i / 1000)
        if i % 1000 == 0:
            output.tick()
    assert len(wire.sent) == 70_001


def test_a_sender_report_runs_the_sources_clock_on() -> None:
    wire, source = Wire(), Source(video_track(), 1)
    output = video_output(wire)
    output.aim(source.layer, 0.0)
    source.send(0.1, key=True)
    second = 1 << 32
    source.layer.sender_report = SourceReport(100 * second, source.timestamp, 0, 1000 * second)
    report = output.sender_report(1102 * second)
    assert report is not None
    ssrc, ntp, timestamp, packets = struct.unpack_from("!IQII", report, 4)
    assert (ssrc, ntp, packets) == (7777, 1102 * second, 1)
    assert timestamp == (parse(wire.sent[0]).timestamp + 2 * 90000) & 0xFFFFFFFF


def test_requests_for_key_frames_are_at_most_two_a_second() -> None:
    source = Source(video_track(), 1)
    for i in range(100):
        source.layer.request_keyframe(10 + i / 100)
        source.layer.repair(10 + i / 100, 0.05)
    assert len(source.rtcp) == 2
