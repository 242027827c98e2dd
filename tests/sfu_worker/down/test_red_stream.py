"""A receiver that loses packets hears each payload more than once, and nobody else pays for it."""

from __future__ import annotations

import struct

from sfu_worker.bwe.history import PacketHistory
from sfu_worker.down.egress import Egress
from sfu_worker.down.output import Line, Output
from sfu_worker.down.red_stream import MAX_SIZE
from sfu_worker.down.redundancy import MAX_RATE
from sfu_worker.down.slot import Slot
from sfu_worker.rtp import red
from sfu_worker.rtp.media_clock import SourceReport
from sfu_worker.sdp.codecs import Codec
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.streams import OPUS, Sent, Source, Wire, parse, receiver

RED = Codec(63, "red", 48000, 2, {"111/111": ""}, (), None)


def voice(name: str = "a", seq: int = 0, timestamp: int = 0) -> Source:
    return Source(
        UpTrack(f"{name}:microphone", name, "microphone", "audio"),
        5,
        codec=OPUS,
        seq=seq,
        timestamp=timestamp,
    )


def line(codecs: tuple[Codec, ...], twcc: int = 5) -> Line:
    return Line("audio", 7777, None, list(codecs or (RED, OPUS)), "slot1", twcc)


def sound_output(wire: Wire, *codecs: Codec, twcc: int = 5) -> Output:
    return Output(line(codecs, twcc), receiver(wire), lambda: None)


def sound_slot(wire: Wire, *codecs: Codec) -> Slot:
    return Slot("3", line(codecs), receiver(wire), lambda _: None)


def opened(sent: Sent) -> list[tuple[int, bytes]]:
    """(RTP timestamp as sent, payload) of everything in a packet."""
    if sent.payload_type == 111:
        return [(sent.timestamp, sent.payload)]
    assert sent.payload_type == 63
    blocks = red.parse(sent.payload, 0, len(sent.payload))
    assert {kind for kind, *_ in blocks} == {111}
    return [
        ((sent.timestamp - offset) & 0xFFFFFFFF, sent.payload[start:end])
        for _, offset, start, end in blocks
    ]


def test_each_packet_repeats_those_before_it() -> None:
    wire, source = Wire(), voice(seq=65533, timestamp=2**32 - 7000)
    output = sound_output(wire)
    output.aim(source.layer, 0.0)
    output.repeat(2)
    for i in range(6):
        source.send(i / 50, payload=b"sound %d" % i)
    sent = [parse(data) for data in wire.sent]
    assert [s.payload_type for s in sent] == [111, 63, 63, 63, 63, 63]
    assert [(s.seq - sent[0].seq) & 0xFFFF for s in sent] == list(range(6))
    at = {b"sound %d" % i: (sent[0].timestamp + 3000 * i) & 0xFFFFFFFF for i in range(6)}
    for i, packet in enumerate(sent):
        assert opened(packet) == [
            (at[payload], payload)
            for n in range(max(0, i - 2), i + 1)
            if (payload := b"sound %d" % n)
        ]


def test_the_bytes_of_redundancy_are_told_to_the_estimator_and_counted_as_sent() -> None:
    wire, source = Wire(), voice()
    told: list[tuple[int, int]] = []

    class History(PacketHistory):
        def sent(self, seq16: int, size: int, now: float, probe: int = 0) -> None:
            told.append((seq16, size))

    output = Output(line(()), receiver(wire, History()), lambda: None)
    output.aim(source.layer, 0.0)
    output.repeat(1)
    source.layer.sender_report = SourceReport(100 << 32, 0, 0, 0)
    for i in range(3):
        source.send(i / 50, payload=bytes([120 + i]) * 50)
    assert told == [(parse(data).twcc, len(data)) for data in wire.sent]
    assert [len(data) for data in wire.sent] == [70, 70 + 55, 70 + 55]
    report = output.sender_report(101 << 32)
    assert report is not None
    assert struct.unpack_from("!II", report, 20) == (3, 3 * 50 + 2 * 55)


def test_nothing_of_another_source_is_repeated() -> None:
    wire, first, second = Wire(), voice("a"), voice("b", seq=900, timestamp=777_000)
    output = sound_output(wire)
    output.repeat(3)
    output.aim(first.layer, 0.0)
    second.send(0.0, payload=b"not heard yet")
    for i in range(3):
        first.send(i / 50, payload=b"first %d" % i)
    output.aim(second.layer, 0.06)
    for i in range(3):
        second.send(0.06 + i / 50, payload=b"second %d" % i)
    sent = [parse(data) for data in wire.sent]
    assert [len(opened(s)) for s in sent] == [1, 2, 3, 1, 2, 3]
    assert [payload for _, payload in opened(sent[5])] == [b"second 0", b"second 1", b"second 2"]
    assert [(s.seq - sent[0].seq) & 0xFFFF for s in sent] == list(range(6))


def test_what_is_missing_or_silence_between_is_left_out() -> None:
    wire, source = Wire(), voice()
    output = sound_output(wire)
    output.repeat(3)
    output.aim(source.layer, 0.0)
    source.send(0.0, payload=b"one")
    source.send(0.02, payload=b"")  # padding
    source.seq += 1  # lost on the way to us
    source.send(0.06, payload=b"four")
    assert [payload for _, payload in opened(parse(wire.sent[-1]))] == [b"one", b"four"]
    source.timestamp += red.MAX_OFFSET
    source.send(0.5, payload=b"after a silence")
    assert parse(wire.sent[-1]).payload_type == 111


def test_large_packets_are_not_repeated_and_none_grows_beyond_what_paths_take() -> None:
    wire, source = Wire(), voice()
    output = sound_output(wire)
    output.repeat(3)
    output.aim(source.layer, 0.0)
    for size in (900, 500, 300, 300, 1024, 20, 1200):
        source.send(0.0, payload=bytes([size & 0xFF]) * size)
    sizes = [[len(payload) for _, payload in opened(parse(data))] for data in wire.sent]
    assert sizes == [[900], [500], [500, 300], [500, 300, 300], [1024], [20], [1200]]
    assert all(len(data) <= MAX_SIZE for data in wire.sent if data[1] == 63)


def test_who_did_not_offer_red_never_gets_it() -> None:
    wire, source, egress = Wire(), voice(), Egress()
    slot = sound_slot(wire, OPUS)
    slot.carry(source.track, 0.0)
    for i in range(40):
        egress.on_report(100, None, i / 4)
        egress.choose([slot], i / 4)
        source.send(i / 4, payload=b"opus")
    assert egress._redundancy.blocks == 3
    assert slot.output.redundancy == 0
    assert {parse(data).payload_type for data in wire.sent} == {111}


def test_a_receiver_without_transport_wide_numbers_gets_redundancy_too() -> None:
    wire, source = Wire(), voice()
    output = sound_output(wire, twcc=0)
    output.repeat(1)
    output.aim(source.layer, 0.0)
    source.send(0.0, payload=b"one")
    source.send(0.02, payload=b"two")
    first, second = wire.sent
    assert [(data[0], data[1] & 0x7F) for data in (first, second)] == [(0x80, 111), (0x80, 63)]
    assert second[12:] == red.build(111, [(3000, b"one")], b"two")


def test_reported_losses_turn_redundancy_on_and_music_stays_as_it_is() -> None:
    wire, source, music, egress = Wire(), voice(), voice("b"), Egress()
    slots = [sound_slot(wire), sound_slot(wire)]
    slots[0].carry(source.track, 0.0)
    slots[1].carry(music.track, 0.0)
    source.layer.rates.rates, music.layer.rates.rates = (32_000,), (MAX_RATE + 1,)
    egress.choose(slots, 0.0)
    assert [slot.output.redundancy for slot in slots] == [0, 0]
    # A report block says the loss in 1/256.
    for i in range(40):
        egress.on_report(int(0.15 * 256), None, 1 + i / 4)
        egress.choose(slots, 1 + i / 4)
    assert [slot.output.redundancy for slot in slots] == [2, 0]


def test_many_voices_are_not_repeated_on_a_link_that_has_no_room_for_it() -> None:
    sources, egress = [voice(str(i)) for i in range(20)], Egress()
    slots = [sound_slot(Wire()) for _ in sources]
    for slot, source in zip(slots, sources, strict=True):
        slot.carry(source.track, 0.0)
        source.layer.rates.rates = (40_000,)
    for rate, blocks in ((10_000_000, 2), (1_000_000, 0)):
        for i in range(40):
            egress.on_remb(rate, i / 4)
            egress.on_report(int(0.15 * 256), None, i / 4)
            egress.choose(slots, i / 4)
        assert {slot.output.redundancy for slot in slots} == {blocks}
        egress = Egress()


def test_redundant_sound_comes_off_the_budget_too() -> None:
    egress, source = Egress(), voice()
    slot = sound_slot(Wire())
    slot.output.aim(source.layer, 0.0)
    source.send(0.0, payload=b"opus")
    source.layer.rates.rates = (40_000,)
    egress.on_remb(500_000, 1.0)
    assert egress._budget([slot]) == 460_000
    slot.output.repeat(2)
    assert egress._budget([slot]) == 380_000
