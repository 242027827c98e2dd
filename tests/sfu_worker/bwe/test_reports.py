"""Feedback that brings no news waits; the first message that does ends the wait."""

from __future__ import annotations

import pytest

from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.bwe.reports import REPORTS, Reports
from tests.sfu_worker.link import heard


class Receiver:
    """Ten packets, and a message about them, every 50 ms."""

    def __init__(self) -> None:
        self.bwe = BandwidthEstimator()
        self.now, self.seq = 10.0, 0

    def hear(self, queue: float = 0.0, lost: int = 0, told: bool = True) -> int:
        """The last ``lost`` of ten packets do not arrive, the others are ``queue`` s late.

        Returns how many messages wait.
        """
        span = range(self.seq, self.seq + 10)
        arrivals: list[int | None] = []
        for seq in span:
            self.now += 0.005
            self.bwe.history.sent(seq, 1000, self.now)
            arrivals.append(int((self.now + 0.02 + queue) * 1e6))
        self.seq += 10
        arrivals[10 - lost :] = [None] * lost
        if told:
            self.bwe.feedback(
                heard(list(zip(span, arrivals, strict=True))), self.now + 0.02 + queue
            )
        return self.bwe._measured.reports.messages


@pytest.fixture
def receiver() -> Receiver:
    receiver = Receiver()
    while receiver.hear():
        pass
    return receiver


def test_without_trouble_four_messages_are_studied_together(receiver: Receiver) -> None:
    waiting = [receiver.hear() for _ in range(2 * REPORTS.most_messages)]
    assert waiting == [1, 2, 3, 0] * 2


def test_rare_messages_do_not_wait_for_others_for_long() -> None:
    reports = Reports()
    for number, now in enumerate((10.0, 10.2, 10.4)):
        assert not reports.enough
        reports.add(heard([(number, number)]), now)
    assert reports.enough


@pytest.mark.parametrize(("queue", "lost"), [(0.03, 0), (0.0, 1)])
def test_news_is_studied_at_once_after_the_messages_that_waited(
    receiver: Receiver, queue: float, lost: int
) -> None:
    assert receiver.hear() == 1
    assert receiver.hear(queue, lost) == 0


def test_a_queue_is_known_with_the_first_message_about_it(receiver: Receiver) -> None:
    receiver.hear()
    receiver.hear(queue=0.2)
    assert receiver.bwe.queue_delay == pytest.approx(0.2, abs=0.01)


def test_after_a_lost_message_nothing_waits(receiver: Receiver) -> None:
    assert receiver.hear() == 1
    receiver.hear(told=False)
    assert receiver.hear() == 0
    assert receiver.hear() == 1


def test_packets_that_never_left_are_not_calm_news(receiver: Receiver) -> None:
    ahead = range(receiver.seq, receiver.seq + 10)
    receiver.bwe.feedback(
        heard([(seq, int(receiver.now * 1e6) + 20_000) for seq in ahead]), receiver.now + 0.02
    )
    assert receiver.bwe._measured.reports.messages == 0
    assert receiver.bwe.history.newest_acked == receiver.bwe.history.last
