"""Numbers for operators, without a network: differences, shares, and where the counts come from."""

from __future__ import annotations

import socket
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import sfu_worker
from sfu_worker.call.tally import Tally
from sfu_worker.control.worker_meter import Lag, WorkerMeter, resident
from sfu_worker.net.udp import UdpSocket
from sfu_worker.numbers import (
    Counts,
    Datagrams,
    Links,
    RoomNumbers,
    WorkerNumbers,
    added,
    decode,
    encode,
    grown,
    share,
)
from sfu_worker.rtp.header import PLAIN
from sfu_worker.up.batch import Batch
from sfu_worker.up.ingress import Ingress, UpMedia
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.sound import FRAME, Sender, payload, repeating, speaking
from tests.sfu_worker.builders.streams import VP8, Source, Wire, video_output, video_track
from tests.sfu_worker.builders.temporal import start

ROOM = RoomNumbers("e", people=3, streams=1, viewers=2, audio_tracks=2, video_tracks=1, paused=0)
WORKER = WorkerNumbers("w", "0.1.0", 60.0, 1 << 20, 0.01, 0.001, ["garden"])


# Shapes


def test_what_has_grown_is_the_difference_field_by_field() -> None:
    before, now = Counts(packets_in=10, plis_out=2), Counts(packets_in=25, octets_in=7, plis_out=2)
    assert grown(now, before) == Counts(packets_in=15, octets_in=7)
    assert added([now, before], Counts(packets_in=1)) == Counts(
        packets_in=36, octets_in=7, plis_out=4
    )


def test_a_count_that_began_anew_is_not_negative() -> None:
    assert grown(Datagrams(received=5, sent=9), Datagrams(received=8, sent=4)) == Datagrams(
        received=5, sent=5
    )


def test_rates_are_by_the_time_that_has_really_passed() -> None:
    numbers = replace(
        ROOM,
        last=Counts(
            packets_in=80,
            octets_in=1000,
            packets_out=38,
            octets_out=500,
            resent_out=2,
            repair_octets_out=500,
        ),
    )
    numbers = replace(numbers, seconds=2.0)
    assert (numbers.packets_in, numbers.bits_in) == (40.0, 4000.0)
    assert (numbers.packets_out, numbers.bits_out) == (20.0, 4000.0)


def test_loss_is_of_all_that_was_sent_before_repair_and_after() -> None:
    numbers = replace(
        ROOM, last=Counts(packets_in=95, lost_in=20, given_up_in=5, packets_out=50, lost_out=1)
    )
    assert (numbers.loss_in, numbers.loss_left, numbers.loss_out) == (0.2, 0.05, 0.02)


def test_shares_of_nothing_are_nothing_and_none_is_more_than_all() -> None:
    assert share(0, 0) == share(5, 0) == 0.0
    assert share(7, 5) == 1.0


def test_the_links_of_receivers_that_say_something_are_summed_up() -> None:
    links = [(900, 0.1, 0.0), (300, 0.02, 0.4), (500, 0.3, 0.1)]
    assert Links.of(links) == Links(300, 500, 0.3, 0.4)
    assert Links.of([]) == Links()


@pytest.mark.parametrize(
    "numbers", [ROOM, replace(ROOM, links=Links.of([(1, 2.0, 3.0)]), total=Counts(1, 2))]
)
def test_numbers_come_back_from_redis_as_they_were(numbers: RoomNumbers) -> None:
    assert decode(RoomNumbers, encode(numbers)) == numbers
    assert decode(WorkerNumbers, encode(WORKER)) == WORKER


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"worker": 5}', encode(WORKER)[:-1] + ', "later": 1}', b"\xff"],
)
def test_what_another_version_wrote_is_not_known_and_breaks_nothing(text: str | bytes) -> None:
    assert decode(WorkerNumbers, text) is None


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads(
        (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    )["project"]
    assert project["version"] == sfu_worker.VERSION


# A worker


def test_lag_is_the_worst_and_the_mean_since_it_was_last_asked_for() -> None:
    lag = Lag()
    for late in (0.0, 0.03, -0.001, 0.01):
        lag.note(late)
    assert lag.take() == (0.03, 0.01)
    assert lag.take() == (0.0, 0.0)


def test_a_worker_counts_what_its_sockets_did_since_the_time_before() -> None:
    meter = WorkerMeter("w")
    since = meter._since
    meter.measure(["garden"], Datagrams(received=100), since + 1)
    numbers = meter.measure(["garden"], Datagrams(received=150, overflowed=6, unsent=2), since + 3)
    assert numbers.last == Datagrams(received=50, overflowed=6, unsent=2)
    assert (numbers.seconds, numbers.dropped, numbers.uptime) == (2.0, 4.0, 3.0)
    assert numbers.memory == pytest.approx(resident(), rel=0.5)
    assert resident() > 5 << 20


def test_datagrams_for_which_there_was_no_room_are_counted_by_the_kernel() -> None:
    udp = UdpSocket("127.0.0.1", 0)
    udp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with udp.sock, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        assert udp.overflowed == 0
        for _ in range(100):
            stranger.sendto(bytes(1000), ("127.0.0.1", udp.port))
        arrived = udp.slab.read(udp.fd)
        assert 0 < arrived < 64
        assert udp.overflowed == 100 - arrived


# What participants count


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
