"""Packet loss bounds the rate, unless it is inherent in the path."""

import pytest

from sfu_worker.bwe.loss import LOSS_BOUND, LOSS_WINDOW, NONE, LossBound

RATE = 1_000_000


class Flow:
    """Windows of 100 packets each, one after the other."""

    def __init__(self) -> None:
        self.loss = LossBound()
        self.now = 10.0
        self.loss.add(0, 0, False, 0, self.now)

    def window(self, lost: int, *, queued: bool = False, delivered: int = RATE) -> None:
        self.now += LOSS_WINDOW.seconds + 0.001
        self.loss.add(100 - lost, lost, queued, delivered, self.now)

    def windows(self, count: int, lost: int) -> None:
        for _ in range(count):
            self.window(lost)


@pytest.fixture
def flow() -> Flow:
    return Flow()


def test_a_window_is_judged_once_it_is_long_enough() -> None:
    loss = LossBound()
    loss.add(50, 50, False, RATE, 10.0)
    loss.add(0, 0, False, RATE, 9.99 + LOSS_WINDOW.seconds)
    assert loss.loss == 0.0
    loss.add(0, 0, False, RATE, 10.0 + LOSS_WINDOW.seconds)
    assert loss.loss == 0.5


def test_a_window_is_judged_once_it_has_enough_packets() -> None:
    loss = LossBound()
    loss.add(LOSS_WINDOW.packets - 2, 1, False, RATE, 10.0)
    loss.add(0, 0, False, RATE, 20.0)
    assert loss.loss == 0.0
    loss.add(1, 0, False, RATE, 20.1)
    assert loss.loss == pytest.approx(1 / LOSS_WINDOW.packets)


def test_packets_that_arrive_late_are_taken_off_the_losses() -> None:
    loss = LossBound()
    loss.add(80, 20, False, RATE, 10.0)
    loss.add(20, -20, False, RATE, 11.0)
    assert loss.loss == 0.0


def test_the_inherent_loss_is_the_median_of_windows_without_a_queue(flow: Flow) -> None:
    flow.windows(2, 0)
    flow.windows(3, 5)
    assert flow.loss.inherent == 0.05
    flow.window(60)
    assert flow.loss.inherent == 0.05


def test_the_inherent_loss_is_forgotten_when_it_is_old(flow: Flow) -> None:
    flow.windows(20, 5)
    flow.windows(int(LOSS_WINDOW.memory / LOSS_WINDOW.seconds / 2) + 1, 0)
    assert flow.loss.inherent == 0.0


def test_a_queue_never_raises_the_inherent_loss_but_may_lower_it(flow: Flow) -> None:
    flow.windows(5, 5)
    flow.window(50, queued=True)
    assert flow.loss.inherent == 0.05
    flow.window(1, queued=True)
    assert flow.loss.inherent == 0.01


def test_the_inherent_loss_has_a_limit(flow: Flow) -> None:
    flow.windows(5, 40)
    assert flow.loss.inherent == LOSS_WINDOW.most_inherent


@pytest.mark.parametrize(("lost", "holds"), [(2, False), (3, True)])
def test_loss_above_a_threshold_forbids_an_increase(flow: Flow, lost: int, holds: bool) -> None:
    flow.windows(3, 0)
    flow.window(lost)
    assert flow.loss.holds is holds
    assert flow.loss.bound == NONE


@pytest.mark.parametrize(("lost", "cut"), [(10, False), (11, True)])
def test_loss_with_a_queue_cuts_the_bound_to_what_arrives(flow: Flow, lost: int, cut: bool) -> None:
    flow.windows(3, 0)
    flow.window(lost, queued=True)
    assert flow.loss.bound == (int(LOSS_BOUND.delivered_share * RATE) if cut else NONE)


@pytest.mark.parametrize(("lost", "cut"), [(20, False), (21, True)])
def test_loss_without_a_queue_must_be_heavier(flow: Flow, lost: int, cut: bool) -> None:
    flow.windows(3, 0)
    flow.window(lost)
    assert (flow.loss.bound < NONE) is cut


def test_more_excess_is_allowed_for_where_the_path_loses_by_chance(flow: Flow) -> None:
    flow.windows(5, 15)
    # Two standard deviations of 15 % in 100 packets are 7 %.
    flow.window(24)
    assert not flow.loss.holds
    flow.window(25)
    assert flow.loss.holds


def test_nothing_is_cut_while_what_arrives_is_not_known(flow: Flow) -> None:
    flow.windows(3, 0)
    flow.window(50, delivered=0)
    assert flow.loss.holds
    assert flow.loss.bound == NONE


def test_the_bound_grows_with_each_window_without_excess(flow: Flow) -> None:
    flow.windows(3, 0)
    flow.window(50)
    bound = flow.loss.bound
    flow.window(2)
    assert flow.loss.bound == int(bound * LOSS_BOUND.growth)


def test_a_probe_raises_the_bound_and_never_lowers_it(flow: Flow) -> None:
    flow.windows(3, 0)
    flow.window(50)
    flow.loss.raised(2 * RATE)
    assert flow.loss.bound == 2 * RATE
    flow.loss.raised(RATE)
    assert flow.loss.bound == 2 * RATE


def test_only_windows_without_our_doing_count_as_the_path_s_loss(flow: Flow) -> None:
    flow.window(4)
    flow.window(50, queued=True)
    flow.window(50, delivered=0)
    assert flow.loss.path == 0.04
    assert flow.loss.loss == 0.5
