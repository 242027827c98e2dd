"""Temporal layers dropped from an output: what is left has no holes, and repair still finds it."""

from __future__ import annotations

import struct
from itertools import pairwise

from sfu_worker.rtp.dependency import ALL_TEMPORAL
from tests.sfu_worker.builders.streams import Source, Wire, parse, video_output, video_track
from tests.sfu_worker.builders.temporal import start


def picture_ids(wire: Wire) -> list[int]:
    return [struct.unpack_from("!H", parse(data).payload, 2)[0] & 0x7FFF for data in wire.sent]


def without_holes(wire: Wire) -> bool:
    seqs = [parse(data).seq for data in wire.sent]
    ids = picture_ids(wire)
    return all((b - a) & 0xFFFF == 1 for a, b in pairwise(seqs)) and all(
        (b - a) & 0x7FFF in (0, 1) for a, b in pairwise(ids)
    )


def test_the_base_layer_alone_is_a_quarter_without_holes() -> None:
    wire, source, _ = start(0)
    for _ in range(40):
        for packet in source.picture_packets():
            source.give(packet)
    assert len(wire.sent) == 20
    assert without_holes(wire)


def test_layers_go_and_come_back_in_the_middle() -> None:
    wire, source, output = start(2)
    for i in range(120):
        output.thin((2, 1, 0, 2)[i // 30])
        for packet in source.picture_packets():
            source.give(packet)
    assert without_holes(wire)
    # All of 30 pictures, half, a quarter, all: two packets each, give or take the picture at which
    # a layer may come back.
    assert abs(len(wire.sent) - 2 * (30 + 15 + 8 + 30)) <= 6


def test_layers_go_long_after_the_switch() -> None:
    wire, source, output = start(ALL_TEMPORAL)
    for _ in range(8):
        source.seq += 5_000  # more than half of all numbers, in steps that are no new numbering
        for packet in source.picture_packets():
            source.give(packet)
        output.tick()
    wire.sent.clear()
    output.thin(0)
    for _ in range(40):
        for packet in source.picture_packets():
            source.give(packet)
    assert len(wire.sent) == 20
    assert without_holes(wire)


def test_what_is_late_goes_where_it_belongs() -> None:
    wire, source, _ = start(0)
    held: list[tuple[int, int, bytes]] = []
    for i in range(12):
        for k, packet in enumerate(source.picture_packets()):
            if i == 4 and k == 1:
                held.append(packet)  # the second packet of a base picture comes late
                continue
            source.give(packet)
    before = {parse(data).seq for data in wire.sent}
    source.give(held[0])
    late = parse(wire.sent[-1])
    assert late.seq not in before
    assert {(late.seq + 1) & 0xFFFF, (late.seq - 1) & 0xFFFF} <= before


def test_a_late_packet_of_a_dropped_layer_stays_dropped() -> None:
    wire, source, _ = start(0)
    held = None
    for i in range(12):
        for k, packet in enumerate(source.picture_packets()):
            if i == 5 and k == 0:
                held = packet
                continue
            source.give(packet)
    count = len(wire.sent)
    assert held is not None
    source.give(held)
    assert len(wire.sent) == count


def test_repair_finds_the_right_packet_behind_dropped_pictures() -> None:
    wire, source, output = start(1)
    for _ in range(60):
        for packet in source.picture_packets():
            source.give(packet)
    for data in wire.sent[-20:]:
        original = parse(data)
        output.retransmit([original.seq], 2.0, 0.1, 10_000)
        assert parse(wire.sent[-1]).payload == struct.pack("!H", original.seq) + original.payload


def test_a_probe_repeats_only_what_was_sent() -> None:
    wire, source, output = start(0)
    for _ in range(41):
        for packet in source.picture_packets():
            source.give((*packet[:2], packet[2] + bytes(400)))
        output.pad(2000, 1.0, 7)
    packets = [parse(data) for data in wire.sent if not data[0] & 0x20]  # without padding
    media = {packet.seq: packet.payload for packet in packets if packet.ssrc == output.line.ssrc}
    repeated = [packet.payload for packet in packets if packet.ssrc == output.line.rtx_ssrc]
    assert repeated
    assert all(media[struct.unpack_from("!H", payload)[0]] == payload[2:] for payload in repeated)


def test_a_layer_comes_back_with_those_below_it() -> None:
    wire, source, output = start(0)
    for _ in range(8):
        for packet in source.picture_packets():
            source.give(packet)
    output.thin(2)
    source.picture += 1  # a base picture, which is lost on its way to us
    for packet in source.picture_packets():
        source.give(packet)
    assert source.picture % 4 == 1, "a picture of the top layer that refers to the base alone"
    assert [parse(data).payload[5] >> 6 for data in wire.sent].count(2) == 0
    for _ in range(8):
        for packet in source.picture_packets():
            source.give(packet)
    came = [parse(data).payload[5] >> 6 for data in wire.sent]
    assert came.index(1) < came.index(2)


def test_repair_still_works_after_all_numbers_went_round() -> None:
    wire, source = Wire(), Source(video_track(), 1)
    output = video_output(wire)
    output.aim(source.layer, 0.0)
    source.send(0.1, key=True)
    for i in range(70_000):
        source.send(0.1)
        if i % 1000 == 0:
            output.tick()
    original = parse(wire.sent[-5])
    output.retransmit([original.seq], 0.2, 0.1, 10_000)
    assert parse(wire.sent[-1]).payload == struct.pack("!H", original.seq) + original.payload
