"""Feedback shows the path, and may wait if it shows nothing new."""

from __future__ import annotations

import pytest

from sfu_worker.bwe.history import PacketHistory
from sfu_worker.bwe.measurements import Measurements, Study
from tests.sfu_worker.link import heard

PACKETS = 10


class Receiver:
    """Ten packets of 1000 bytes, and a message about them, every 50 ms."""

    def __init__(self) -> None:
        self.measured = Measurements(PacketHistory())
        self.now, self.seq = 10.0, 0
        # Seconds by which the receiver's clock is ahead of ours.
        self.ahead = 0.0

    def send(self, late: float = 0.0, lost: int = 0) -> list[tuple[int, int | None]]:
        """Send ten packets, of which the last ``lost`` do not arrive. Returns their arrivals."""
        told: list[tuple[int, int | None]] = []
        for n in range(PACKETS):
            self.now += 0.005
            self.measured.history.sent(self.seq & 0xFFFF, 1000, self.now)
            arrival = int((self.now + 0.02 + late + self.ahead) * 1e6)
            told.append((self.seq & 0xFFFF, None if n >= PACKETS - lost else arrival))
            self.seq += 1
        return told

    def study(self, told: list[tuple[int, int | None]], *, continuous: bool = True) -> Study | None:
        message = heard(told)
        return self.measured.study(
            message.base_seq, message.arrivals, continuous, None, self.now + 0.02
        )

    def defer(self, told: list[tuple[int, int | None]]) -> bool:
        return self.measured.defer(heard(told), self.now + 0.02)


@pytest.fixture
def receiver() -> Receiver:
    receiver = Receiver()
    for _ in range(30):
        receiver.study(receiver.send())
    return receiver


def test_nothing_is_known_before_feedback() -> None:
    measured = Measurements(PacketHistory())
    assert not measured.heard
    assert (measured.acked.rate, measured.sent.rate, measured.rtt.known) == (0, 0, False)


def test_feedback_shows_rates_and_the_round_trip(receiver: Receiver) -> None:
    measured = receiver.measured
    rate = PACKETS * 1000 * 8 / 0.05
    assert measured.heard
    assert measured.acked.rate == pytest.approx(rate, rel=0.02)
    assert measured.sent.rate == pytest.approx(rate, rel=0.05)
    assert measured.rtt.value == pytest.approx(0.02)


def test_a_study_tells_what_arrived_and_how_many_were_lost(receiver: Receiver) -> None:
    study = receiver.study(receiver.send(lost=3))
    assert study is not None
    sends, arrivals, lost, jumped = study
    assert (len(sends), len(arrivals), lost, jumped) == (7, 7, 3, False)


def test_feedback_that_is_told_again_says_nothing(receiver: Receiver) -> None:
    told = receiver.send()
    assert receiver.study(told) is not None
    assert receiver.study(told) is None


def test_a_message_continues_the_one_before_it(receiver: Receiver) -> None:
    lost, told = receiver.send(), receiver.send()
    assert receiver.measured.continues(heard(lost))
    assert not receiver.measured.continues(heard(told))


def test_a_calm_message_waits_and_is_given_out_once(receiver: Receiver) -> None:
    told = receiver.send()
    assert receiver.defer(told)
    assert receiver.measured.history.newest_acked == told[-1][0]
    reports = receiver.measured.take_reports()
    assert (reports.base_seq, len(reports.arrivals)) == (told[0][0], PACKETS)
    assert receiver.measured.take_reports().messages == 0


def test_a_message_after_a_missing_one_does_not_wait(receiver: Receiver) -> None:
    receiver.send()
    assert not receiver.defer(receiver.send())


def test_losses_and_queues_do_not_wait(receiver: Receiver) -> None:
    assert not receiver.defer(receiver.send(lost=1))
    receiver.study([(receiver.seq - PACKETS + n, None) for n in range(PACKETS)])
    assert not receiver.defer(receiver.send(late=0.011)), "0.4 of 25 ms and more"


@pytest.mark.parametrize(("late", "waits"), [(0.009, True), (0.011, False), (-0.011, False)])
def test_a_packet_that_is_late_or_early_is_news(
    receiver: Receiver, late: float, waits: bool
) -> None:
    assert receiver.defer(receiver.send(late=late)) is waits


def test_the_end_of_a_queue_is_news(receiver: Receiver) -> None:
    receiver.study(receiver.send(late=0.05))
    assert not receiver.defer(receiver.send())


def test_a_clock_that_was_set_is_noticed_and_its_queue_forgotten(receiver: Receiver) -> None:
    receiver.ahead = 60.0
    study = receiver.study(receiver.send())
    assert study is not None
    assert study[3]
    assert receiver.measured.queue.delay == pytest.approx(0.0)
    again = receiver.study(receiver.send())
    assert again is not None
    assert not again[3]
