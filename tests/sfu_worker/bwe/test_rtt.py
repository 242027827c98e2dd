import pytest

from sfu_worker.bwe.rtt import RTT, Rtt


def test_a_round_trip_is_a_guess_until_it_is_measured() -> None:
    rtt = Rtt()
    assert (rtt.value, rtt.known) == (RTT.default, False)
    rtt.reported(0.03, 1.0)
    assert (rtt.value, rtt.known) == (0.03, True)


def test_the_smallest_recent_sample_counts() -> None:
    rtt = Rtt()
    for at, sample in ((1.0, 0.08), (1.5, 0.05), (2.0, 0.09)):
        rtt.sample(sample, at)
    assert rtt.value == 0.05


def test_a_sample_counts_until_the_window_has_passed() -> None:
    rtt = Rtt()
    rtt.sample(0.05, 1.0)
    rtt.sample(0.09, 1.0 + RTT.window)
    assert rtt.value == 0.05
    rtt.sample(0.10, 1.01 + RTT.window)
    assert rtt.value == 0.09


def test_a_fresh_report_counts_if_it_is_shorter() -> None:
    rtt = Rtt()
    rtt.reported(0.04, 1.0)
    rtt.sample(0.06, 1.1)
    assert rtt.value == 0.04
    rtt.reported(0.07, 1.2)
    assert rtt.value == 0.06


def test_an_old_report_no_longer_counts() -> None:
    rtt = Rtt()
    rtt.reported(0.04, 1.0)
    rtt.sample(0.06, 0.99 + RTT.report_fresh)
    assert rtt.value == 0.04
    rtt.sample(0.06, 1.0 + RTT.report_fresh)
    assert rtt.value == 0.06


@pytest.mark.parametrize(("told", "value"), [(-3.0, RTT.least), (0.0, RTT.least), (60.0, RTT.most)])
def test_nonsense_is_limited(told: float, value: float) -> None:
    rtt = Rtt()
    rtt.reported(told, 1.0)
    assert rtt.value == value


def test_a_flood_of_samples_is_bounded() -> None:
    rtt = Rtt()
    for n in range(10 * RTT.most_samples):
        rtt.sample(0.05 + n * 1e-6, 1.0 + n * 1e-6)
    assert len(rtt._samples) <= RTT.most_samples
    assert rtt.value == 0.05
