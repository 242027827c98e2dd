"""What participants count, from the layers and outputs that they have."""

from __future__ import annotations

from sfu_worker.call.tally import Tally
from sfu_worker.rtp.header import PLAIN
from sfu_worker.up.batch import Batch
from sfu_worker.up.ingress import Ingress, UpMedia
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.sound import FRAME, Sender, payload, repeating, speaking
from tests.sfu_worker.builders.streams import VP8, Source, Wire, video_output, video_track
from tests.sfu_worker.builders.temporal import start


def test_packets_that_came_by_repair_and_those_that_never_came_are_both_lost() -> None:
    source, tally = Source(video_track(), 1), Tally()
    for seq in (1, 2, 5, 6, 9):
        source.send(1.0, seq=seq, payload=b"x" * 10)
    source.layer.repaired += source.layer.nack.lacks(3)
    source.send(1.1, seq=3, payload=b"x" * 10)
    tally.take([source.layer], ())
    assert (tally.counts.packets_in, tally.counts.lost_in, tally.counts.given_up_in) == (6, 1, 0)
    for tick in range(60):
        source.layer.repair(1.1 + tick / 40, 0.05)
    # Asked for again and again, and then no more; a key frame has to do, for whoever watches.
    tally.take([source.layer], ())
    counts = tally.counts
    assert (counts.packets_in, counts.octets_in, counts.lost_in, counts.given_up_in) == (
        6,
        60,
        4,
        3,
    )
    assert counts.nacks_out == len(source.rtcp) > 1
    # What is late by a second is not taken back.
    source.send(2.9, seq=7, payload=b"x")
    tally.take([source.layer], ())
    assert tally.counts.given_up_in == 3


def test_a_packet_on_the_repair_stream_was_lost_once_however_often_it_comes() -> None:
    track, tally, batch = UpTrack("a:camera", "a", "camera", "video"), Tally(), Batch()
    ingress = Ingress(batch, lambda _: None, lambda _: None, lambda *_: None)
    media = UpMedia("0", track, {96: VP8}, {97: 96}, {}, [], ssrcs=[7], rtx_ssrcs={8: 7})
    ingress.configure([media], {})

    def send(payload_type: int, ssrc: int, seq: int, body: bytes) -> None:
        data = PLAIN.pack(0x80, payload_type, seq, 0, ssrc) + body
        ingress.on_rtp(memoryview(data), 0, len(data), 1.0)
        batch.deliver()

    for seq in (1, 3):
        send(96, 7, seq, b"media")
    for seq in (1, 2):
        send(97, 8, seq, (2).to_bytes(2, "big") + b"media")
    tally.take(track.layers, ())
    assert (tally.counts.packets_in, tally.counts.lost_in, tally.counts.given_up_in) == (3, 1, 0)


def test_an_outage_is_given_up_at_once_and_a_new_numbering_is_no_loss() -> None:
    source = Source(video_track(), 1)
    for seq in (1, 1001, 1002, 30_000):
        source.send(1.0, seq=seq)
    assert source.layer.nack.given_up == 999


def test_sound_that_red_repairs_was_lost_and_came() -> None:
    sender, tally = Sender(), Tally()
    sender.send(63, 1, FRAME, repeating(1))
    sender.send(63, 3, 3 * FRAME, repeating(3, 2))
    sender.send(63, 5, 5 * FRAME, repeating(5))
    [layer] = sender.track.layers
    layer.repair(1.0, 0.1)
    layer.repair(2.5, 0.1)
    tally.take([layer], ())
    assert (tally.counts.packets_in, tally.counts.lost_in, tally.counts.given_up_in) == (4, 2, 1)
    assert tally.counts.octets_in == sum(len(payload(n)) for n in (1, 2, 3, 5))


def test_sound_that_is_held_back_has_come_in_once() -> None:
    microphone, tally = speaking(), Tally()
    microphone.layer.shut()
    microphone.send(30)
    tally.take([microphone.layer], [microphone.output])
    assert (tally.counts.packets_in, tally.counts.packets_out) == (40, 10)
    microphone.layer.open()
    microphone.send(5)
    tally.take([microphone.layer], [microphone.output])
    assert (tally.counts.packets_in, tally.counts.octets_in) == (45, 180)
    assert tally.counts.packets_out == len(microphone.sent) > 15


def test_what_is_dropped_from_a_slot_has_not_been_sent() -> None:
    wire, source, output = start(0)
    tally = Tally()
    for _ in range(40):
        for packet in source.picture_packets():
            source.give(packet)
        tally.take((), [output])
    assert tally.counts.packets_out == len(wire.sent) == 20
    assert tally.counts.octets_out == 20 * source.layer.octets // source.layer.packets


def test_nothing_is_lost_or_counted_twice_when_a_slot_changes_its_source() -> None:
    wire, tally = Wire(), Tally()
    sources = [Source(video_track(name), n) for n, name in enumerate("abc")]
    output = video_output(wire)
    for source in sources:
        output.aim(source.layer, 1.0)
        for i in range(5):
            source.send(1.0, key=i == 0)
            tally.take((), [output])
    output.unbind(1.0)
    tally.take((), [output])
    assert tally.counts.packets_out == len(wire.sent) == 15


def test_repair_and_probes_are_counted_by_themselves() -> None:
    wire, source, tally = Wire(), Source(video_track(), 1), Tally()
    output = video_output(wire)
    output.aim(source.layer, 1.0)
    for i in range(10):
        source.send(1.0, key=i == 0)
    before = len(wire.sent)
    output.retransmit([int.from_bytes(wire.sent[-1][2:4], "big")], 2.0, 0.1, 10_000)
    output.pad(2000, 2.0, 1)
    tally.take((), [output])
    assert (tally.counts.packets_out, tally.counts.resent_out) == (10, 1)
    assert tally.counts.repair_octets_out == sum(len(data) for data in wire.sent[before:])
