"""What leaves at once, what waits for the next tick, and what is never sent at all."""

from __future__ import annotations

from sfu_worker.down.output import Output
from sfu_worker.down.pacer import (
    LEAST_BURST,
    MAX_WAIT,
    MEDIA_BURST,
    PACING,
    REPAIR_BURST,
    REPAIR_SHARE,
    TICK,
    PacedQueue,
    Pacer,
)
from sfu_worker.down.segments import Segment
from sfu_worker.up.batch import Packet
from tests.sfu_worker.builders.streams import Source, Wire, parse, receiver, video_line, video_track

MEGABIT = 1_000_000
LARGE = b"\x90\xc0\x80\x66\x0c\x11" + bytes(1000)


def packet(seq: int, size: int = 1000) -> Packet:
    p = Packet()
    p.seq, p.size, p.payload = seq, size, memoryview(bytes(size))
    return p


def queue(pacer: Pacer) -> tuple[PacedQueue, list[int], Segment]:
    sent: list[int] = []
    held = PacedQueue(pacer, lambda p, _segment, _now: sent.append(p.seq))
    return held, sent, Segment(Source(video_track(), 1).layer, 0, 0, 0, 0, 0)


def ticks(pacer: Pacer, budget: int, count: int, start: float = 1.0) -> float:
    for number in range(count):
        pacer.tick(budget, start + number * TICK)
    return start + count * TICK


def test_before_the_link_is_known_everything_passes() -> None:
    assert Pacer().passes(1_000_000, 1.0)


def test_usual_frames_pass_and_a_key_frame_far_beyond_the_link_does_not() -> None:
    pacer, now = Pacer(), ticks(Pacer(), MEGABIT, 1)
    for frame in range(60):
        pacer.tick(MEGABIT, now + frame * 0.033)
        assert pacer.passes(4_000, now + frame * 0.033), "30 frames a second of a link's whole rate"
    assert not pacer.passes(60_000, now + 2.0)


def test_a_few_packets_pass_on_any_link() -> None:
    pacer = Pacer()
    now = ticks(pacer, 30_000, 40)
    assert pacer.passes(LEAST_BURST, now)


def test_what_waits_is_spread_over_ticks_in_its_order() -> None:
    pacer = Pacer()
    now = ticks(pacer, MEGABIT, 10)
    held, sent, segment = queue(pacer)
    for seq in range(60):
        held.hold(packet(seq), segment, now)
    per_tick = []
    while held:
        before = len(sent)
        pacer.tick(MEGABIT, now)
        per_tick.append(len(sent) - before)
        now += TICK
    assert sent == list(range(60))
    assert max(per_tick) <= MEGABIT / 8 * PACING * MEDIA_BURST / 1000 + 1
    assert len(per_tick) >= 60_000 / (MEGABIT / 8 * PACING * TICK) - 2
    assert not pacer.waiting


def test_nothing_waits_for_ever() -> None:
    pacer = Pacer()
    now = ticks(pacer, 30_000, 10)
    held, sent, segment = queue(pacer)
    for seq in range(100):
        held.hold(packet(seq), segment, now)
    pacer.tick(30_000, now + MAX_WAIT)
    assert len(sent) == 100


def test_a_queue_that_was_dropped_waits_once_when_it_holds_again() -> None:
    pacer = Pacer()
    held, _, segment = queue(pacer)
    held.hold(packet(1), segment, 1.0)
    held.drop()
    assert pacer.waiting == []
    held.hold(packet(2), segment, 1.0)
    assert pacer.waiting == [held]


def test_repair_has_a_share_of_the_budget_and_a_bounded_burst() -> None:
    pacer, now, sent = Pacer(), 1.0, 0
    for _ in range(40):
        pacer.tick(MEGABIT, now)
        room = pacer.repair_room(now)
        pacer.repaired(room)
        sent += room
        now += TICK
    share = MEGABIT / 8 * REPAIR_SHARE
    assert 0.8 * share <= sent <= share * (1 + REPAIR_BURST)


def test_between_ticks_the_buckets_fill_when_somebody_looks() -> None:
    pacer = Pacer()
    pacer.tick(MEGABIT, 1.0)
    burst = int(MEGABIT / 8 * PACING * MEDIA_BURST)
    assert pacer.passes(burst, 1.0)
    assert not pacer.passes(burst // 2, 1.0)
    assert not pacer.passes(burst, 1.0 + MEDIA_BURST / 2)
    assert pacer.passes(burst // 2, 1.0 + MEDIA_BURST / 2)


def test_a_late_tick_does_not_fill_the_buckets_beyond_a_burst() -> None:
    pacer = Pacer()
    pacer.tick(MEGABIT, 1.0)
    pacer.tick(MEGABIT, 60.0)
    assert not pacer.passes(int(MEGABIT / 8 * PACING * MEDIA_BURST) + 1, 60.0)
    assert pacer.repair_room(60.0) == int(MEGABIT / 8 * REPAIR_SHARE * REPAIR_BURST)


def burst() -> tuple[Wire, Source, Output, Pacer, float]:
    """An output on a narrow link, to which far more has just come than the link takes at once.

    Returns the time of that too.
    """
    wire, source = Wire(), Source(video_track(), 1)
    to = receiver(wire)
    output, pacer = Output(video_line(), to, lambda: None), to.pacer
    now = ticks(pacer, 300_000, 10)
    output.aim(source.layer, now)
    source.send(now, key=True)
    for _ in range(20):
        source.send(now, payload=LARGE)
    return wire, source, output, pacer, now


def test_a_slot_holds_a_large_frame_back_and_what_follows_it_too() -> None:
    wire, source, _, pacer, now = burst()
    sent = len(wire.sent)
    assert 3 < sent < 10, "a few pass"
    source.send(now)
    assert len(wire.sent) == sent, "a small one does not overtake those that wait"
    pacer.tick(300_000, now + MAX_WAIT)
    assert [parse(data).seq for data in wire.sent] == [
        (parse(wire.sent[0]).seq + i) & 0xFFFF for i in range(22)
    ]


def test_what_waits_for_a_slot_that_stops_is_not_sent_and_leaves_no_hole() -> None:
    wire, source, output, pacer, now = burst()
    sent = len(wire.sent)
    output.unbind(now)
    pacer.tick(300_000, now + MAX_WAIT)
    assert len(wire.sent) == sent
    output.aim(source.layer, now + 1)
    source.send(now + 1, key=True)
    *_, last, again = (parse(data) for data in wire.sent)
    assert again.seq == (last.seq + 1) & 0xFFFF
