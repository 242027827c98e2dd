"""The additive increase and multiplicative decrease of the rate."""

import pytest

from sfu_worker.bwe.rate import (
    CAPACITY,
    DECREASE,
    INCREASE,
    MAX_RATE,
    MIN_RATE,
    LinkCapacity,
    Overuse,
    RateControl,
)


def overuse(
    served: int,
    sent: int = 2_000_000,
    *,
    measured: bool = True,
    limited: bool = False,
    fallen: bool = False,
) -> Overuse:
    return Overuse(served, sent, measured, limited, fallen)


def grow(control: RateControl, delivered: int, seconds: float, since: float = 10.0) -> None:
    for step in range(int(seconds * 10) + 1):
        control.increase(delivered, 0.1, since + step / 10)


def test_overuse_brings_the_rate_below_what_is_served() -> None:
    control = RateControl(2_000_000)
    control.decrease(overuse(1_000_000), 10.0)
    assert control.rate == DECREASE.back_off * 1_000_000
    assert control.decreased_at == 10.0


def test_after_a_fall_less_is_given_away() -> None:
    control = RateControl(2_000_000)
    control.decrease(overuse(500_000, fallen=True), 10.0)
    assert control.rate == DECREASE.fallen_back_off * 500_000


def test_overuse_never_raises_the_rate() -> None:
    control = RateControl(400_000)
    control.decrease(overuse(1_000_000), 10.0)
    assert control.rate == 400_000


def test_without_a_known_service_nothing_is_cut() -> None:
    control = RateControl(2_000_000)
    control.decrease(overuse(0), 10.0)
    assert (control.rate, control.decreased_at) == (2_000_000, -1.0)


def test_a_rate_that_lets_the_queue_drain_is_kept() -> None:
    control = RateControl(1_000_000)
    control.decrease(overuse(1_000_000, sent=940_000), 10.0)
    assert control.rate == 940_000
    control = RateControl(1_000_000)
    control.decrease(overuse(1_000_000, sent=960_000), 10.0)
    assert control.rate == 850_000, "at 95 % it hardly drains"


def test_a_rate_of_arrival_alone_is_not_trusted_far() -> None:
    control = RateControl(1_000_000)
    control.decrease(overuse(200_000, measured=False), 10.0)
    assert control.rate == DECREASE.least_unmeasured * 1_000_000


def test_if_all_that_we_send_is_served_the_rate_is_cut_at_intervals() -> None:
    control = RateControl(1_000_000)
    control.decrease(overuse(500_000, limited=True), 10.0)
    first = control.rate
    assert first == DECREASE.back_off * 1_000_000
    control.decrease(overuse(500_000, limited=True), 10.0 + DECREASE.limited_interval)
    assert control.rate == first
    control.decrease(overuse(500_000, limited=True), 10.1 + DECREASE.limited_interval)
    assert control.rate == int(DECREASE.back_off * first)
    assert control.link.rate == 0, "the capacity of the link was not seen"


def test_an_unknown_link_is_approached_by_a_share_each_second() -> None:
    control = RateControl(1_000_000)
    grow(control, 1_000_000, 1.0)
    # 8 % a second, and 1 kbit/s.
    assert control.rate == pytest.approx(1_081_000, rel=1e-3)


def test_the_rate_grows_no_further_than_its_headroom() -> None:
    control = RateControl(100_000)
    grow(control, 100_000, 60.0)
    assert control.rate == INCREASE.headroom * 100_000 + INCREASE.headroom_floor


def test_near_a_known_capacity_growth_is_additive() -> None:
    control = RateControl(2_000_000)
    grow(control, 1_000_000, 5.0)
    control.decrease(overuse(1_000_000), 20.0)
    before = control.rate
    control.increase(900_000, 0.1, 21.0)
    # One packet of 1200 bytes per round trip and 100 ms.
    assert control.rate - before == pytest.approx(1200 * 8 / 0.2, rel=0.01)


def test_a_longer_round_trip_grows_more_slowly() -> None:
    rates = []
    for rtt in (0.05, 0.4):
        control = RateControl(2_000_000)
        grow(control, 1_000_000, 5.0)
        control.decrease(overuse(1_000_000), 20.0)
        control.increase(900_000, rtt, 21.0)
        rates.append(control.rate)
    assert rates[0] > rates[1]


def test_a_known_capacity_may_be_used_again_after_a_pause() -> None:
    control = RateControl(2_000_000)
    grow(control, 1_000_000, 5.0)
    control.decrease(overuse(1_000_000), 20.0)
    grow(control, 10_000, 20.0, since=21.0)
    assert control.rate == pytest.approx(INCREASE.known_share * 1_000_000, rel=0.01)


def test_a_pause_of_feedback_is_no_time_to_grow_in() -> None:
    control = RateControl(1_000_000)
    control.increase(1_000_000, 0.1, 10.0)
    control.increase(1_000_000, 0.1, 70.0)
    assert control.rate == pytest.approx(1_081_000, rel=1e-3)


def test_held_time_is_no_time_to_grow_in() -> None:
    control = RateControl(1_000_000)
    control.increase(1_000_000, 0.1, 10.0)
    control.hold(10.9)
    control.increase(1_000_000, 0.1, 11.0)
    assert control.rate == pytest.approx(1_000_000 * INCREASE.growth**0.1, rel=1e-3)


def test_a_probe_raises_the_rate_and_never_lowers_it() -> None:
    control = RateControl(1_000_000)
    control.probed(3_000_000, saturated=False, now=10.0)
    assert control.rate == 3_000_000
    control.probed(2_000_000, saturated=True, now=11.0)
    assert control.rate == 3_000_000


def test_a_probe_that_fills_the_link_shows_its_capacity() -> None:
    control = RateControl(1_000_000)
    control.probed(3_000_000, saturated=True, now=10.0)
    assert (control.rate, control.link.rate) == (3_000_000, 3_000_000)
    control.probed(9_000_000, saturated=True, now=12.0)
    assert control.rate == int(INCREASE.saturated_gain * 3_000_000), "beside other flows"


def test_probes_that_show_less_correct_the_rate_down_to_what_arrives() -> None:
    control = RateControl(3_000_000)
    control.limited(1_000_000, 1_200_000, 10.0)
    assert (control.rate, control.link.rate) == (1_200_000, 1_000_000)


def test_the_rate_stays_within_its_limits() -> None:
    control = RateControl(1_000_000)
    control.cap(1.0)
    assert control.rate == MIN_RATE
    control.cap(2_000_000)
    assert control.rate == MIN_RATE
    control.probed(1 << 40, saturated=False, now=10.0)
    assert control.rate == MAX_RATE


def test_a_link_without_samples_has_no_capacity() -> None:
    link = LinkCapacity()
    assert (link.rate, link.around(1_000_000)) == (0.0, 0)


def test_rates_are_near_the_capacity_within_three_deviations() -> None:
    link = LinkCapacity()
    link.overused_at(500_000)
    # The least deviation is 14 kbit/s here.
    assert [link.around(rate) for rate in (457_000, 459_000, 541_000, 543_000)] == [-1, 0, 0, 1]


def test_samples_near_the_capacity_move_it_slowly_and_others_replace_it() -> None:
    link = LinkCapacity()
    link.overused_at(500_000)
    link.overused_at(520_000)
    assert link.rate == pytest.approx(500_000 + CAPACITY.weight * 20_000)
    link.overused_at(2_000_000)
    assert link.rate == 2_000_000
    link.forget()
    assert link.rate == 0
