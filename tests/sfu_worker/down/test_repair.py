"""Packets that were sent again are followed up: the receiver need not ask a second time."""

from __future__ import annotations

import struct

import pytest

from sfu_worker.down.output import Output
from sfu_worker.down.repair import FAILED_AFTER, RESENT_SECONDS
from tests.sfu_worker.builders.streams import (
    Source,
    Wire,
    parse,
    receiver,
    sound_output,
    video_line,
    video_track,
)
from tests.sfu_worker.link import heard

ROOM = 10_000


class Bench:
    """An output that has sent two pictures, and was asked for the second again at 0.3 s."""

    def __init__(self) -> None:
        self.wire, self.source = Wire(), Source(video_track(), 1)
        self.receiver = receiver(self.wire)
        self.output = Output(video_line(), self.receiver, lambda: None)
        self.output.aim(self.source.layer, 0.0)
        self.source.send(0.1, key=True)
        self.source.send(0.2)
        self.source.rtcp.clear()
        self.seq = parse(self.wire.sent[1]).seq
        assert self.output.retransmit([self.seq], 0.3, 0.1, ROOM)

    @property
    def repairs(self) -> int:
        """How often the packet was sent again."""
        return sum(
            parse(data).payload[:2] == struct.pack("!H", self.seq)
            for data in self.wire.sent
            if parse(data).ssrc == 8888
        )

    def told(self, *, came: bool) -> None:
        """The receiver reports that all earlier packets came, and whether the last ``came``."""
        last = parse(self.wire.sent[-1]).twcc
        arrivals: list[tuple[int, int | None]] = [(seq, seq * 1000) for seq in range(1, last)]
        feedback = heard([*arrivals, (last, 10_000_000 if came else None)])
        self.receiver.history.collect(feedback.base_seq, feedback.arrivals)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_repair_that_is_lost_too_is_sent_again_without_being_asked_for(bench: Bench) -> None:
    bench.told(came=False)
    assert bench.output.repairing
    assert bench.output.follow_up(0.4, ROOM) > 0
    assert bench.repairs == 2
    assert bench.output.follow_up(0.45, ROOM) == 0, "of the second nothing is known yet"


def test_a_repair_that_came_is_settled(bench: Bench) -> None:
    bench.told(came=True)
    assert bench.output.follow_up(0.4, ROOM) == 0
    assert not bench.output.repairing


def test_as_long_as_nothing_is_said_of_it_nothing_happens(bench: Bench) -> None:
    now = 0.3
    while now < 0.3 + RESENT_SECONDS + 0.1:
        assert bench.output.follow_up(now, ROOM) == 0
        now += 0.025
    assert bench.repairs == 1
    assert bench.source.rtcp == [], "what was said may have been lost"
    assert not bench.output.repairing


def test_a_key_frame_has_to_do_where_repair_is_lost_again_and_again(bench: Bench) -> None:
    now = 0.3
    while bench.output.repairing:
        assert now < 0.3 + FAILED_AFTER + 0.2
        now += 0.1
        bench.told(came=False)
        bench.output.follow_up(now, ROOM)
    assert len(bench.source.rtcp) == 1
    assert 5 < bench.repairs < 10


def test_repairs_of_repairs_are_within_the_same_budget(bench: Bench) -> None:
    bench.told(came=False)
    assert bench.output.follow_up(0.4, 0) == 0
    assert bench.output.repairing, "there may be room later"
    assert bench.output.follow_up(0.425, 1) > 0


def test_after_a_switch_what_was_before_it_is_nobody_s_concern(bench: Bench) -> None:
    other = Source(video_track("b"), 2, seq=9000)
    bench.output.aim(other.layer, 0.4)
    bench.told(came=False)
    other.send(0.41, key=True)
    assert bench.output.follow_up(0.45, ROOM) == 0
    assert not bench.output.repairing


def test_nothing_of_a_held_track_is_sent_again(bench: Bench) -> None:
    bench.output.stop(0.4)
    bench.source.track.hold(True, 0.4)
    bench.told(came=False)
    assert bench.output.follow_up(0.5, ROOM) == 0
    assert bench.output.retransmit([bench.seq], 1.0, 0.1, ROOM) == 0
    assert not bench.output.repairing


def test_sound_has_no_repair_to_follow() -> None:
    output = sound_output(Wire())
    assert not output.repairing
    assert output.follow_up(1.0, ROOM) == 0
