import random
from statistics import linear_regression

import pytest

from sfu_worker.bwe.delay import TREND, DelayDetector, TrendLine


def test_the_running_sums_are_the_least_squares_of_the_last_groups() -> None:
    line, chance, at = TrendLine(), random.Random(1), 5000.0
    points: list[tuple[float, float]] = []
    while at < 5000 + 5 * TREND.renew:
        at += chance.choice((0.005, 0.020, 0.033, 0.4))
        points.append((at * 1000, 3e3 + chance.uniform(-5, 30)))
        slope = line.add(at, points[-1][1], otherwise=-9.0)
        if len(points) < TREND.window:
            assert slope == -9.0
        else:
            recent = points[-TREND.window :]
            origin = recent[0][0]
            expected = linear_regression(
                [x - origin for x, _ in recent], [y for _, y in recent]
            ).slope
            assert slope == pytest.approx(expected, abs=1e-6)


def test_groups_that_arrive_all_at_once_have_no_slope() -> None:
    line = TrendLine()
    slopes = [
        line.add(5000 + TREND.renew - 1e-9, n, otherwise=0.25) for n in range(3 * TREND.window)
    ]
    assert slopes == [0.25] * (3 * TREND.window)


def test_a_frame_that_a_link_spreads_out_is_no_overuse_but_frames_that_arrive_ever_later_are() -> (
    None
):
    detector = DelayDetector()
    for frame in range(300):
        sent = 10 + frame / 30
        assert not detector.add([sent] * 5, [sent + 0.05 + n * 0.004 for n in range(5)])
    assert detector.add([20.1 + n / 30 for n in range(60)], [20.2 + n / 20 for n in range(60)])


def frames(
    first: float, count: int, queue: float, growth: float
) -> tuple[list[float], list[float]]:
    """Send times and arrivals of 30 packets a second. The queue grows by ``growth`` s a packet."""
    sends = [first + n / 30 for n in range(count)]
    return sends, [sent + 0.02 + queue + n * growth for n, sent in enumerate(sends)]


@pytest.mark.parametrize("minutes", [0, 1, 30])
def test_a_queue_after_a_time_without_one_is_seen_as_soon_as_if_all_packets_had_been_followed(
    minutes: int,
) -> None:
    followed, kept = DelayDetector(), DelayDetector()
    # Clocks drift by 200 ppm all the while.
    drift = 2e-4 / 30
    quiet = 10 + minutes * 60
    for second in range(quiet):
        calm = frames(100.0 + second, 30, second * 2e-4, drift)
        followed.add(*calm)
        (kept.add if second < 5 else kept.keep)(*calm)
    seen = []
    for detector in (followed, kept):
        packets = zip(*frames(100.0 + quiet, 60, quiet * 2e-4, 0.005), strict=True)
        seen.append(
            next(n for n, (send, arrival) in enumerate(packets) if detector.add([send], [arrival]))
        )
    assert seen[1] <= seen[0] + 1


def test_few_packets_are_kept() -> None:
    detector = DelayDetector()
    for second in range(600):
        detector.keep(*frames(100.0 + second, 30, 0.0, 0.0))
    assert len(detector._kept) < 12
    assert detector._kept_packets == sum(len(sends) for sends, _ in detector._kept)
