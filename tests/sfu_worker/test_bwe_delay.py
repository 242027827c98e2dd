import random
from statistics import linear_regression

import pytest

from sfu_worker.bwe_delay import RENEW, WINDOW, DelayDetector, TrendLine


def test_the_running_sums_are_the_least_squares_of_the_last_groups() -> None:
    line, chance, at = TrendLine(), random.Random(1), 5000.0
    points: list[tuple[float, float]] = []
    while at < 5000 + 5 * RENEW:
        at += chance.choice((0.005, 0.020, 0.033, 0.4))
        points.append((at * 1000, 3e3 + chance.uniform(-5, 30)))
        slope = line.add(at, points[-1][1], otherwise=-9.0)
        if len(points) < WINDOW:
            assert slope == -9.0
        else:
            recent = points[-WINDOW:]
            origin = recent[0][0]
            expected = linear_regression([x - origin for x, _ in recent], [y for _, y in recent]).slope
            assert slope == pytest.approx(expected, abs=1e-6)


def test_groups_that_come_all_at_once_have_no_slope() -> None:
    line = TrendLine()
    slopes = [line.add(5000 + RENEW - 1e-9, n, otherwise=0.25) for n in range(3 * WINDOW)]
    assert slopes == [0.25] * (3 * WINDOW)


def test_a_frame_that_a_link_spreads_out_is_no_queue_but_frames_that_come_ever_later_are() -> None:
    detector = DelayDetector()
    for frame in range(300):
        sent = 10 + frame / 30
        assert not detector.add([sent] * 5, [sent + 0.05 + n * 0.004 for n in range(5)])
    assert detector.add([20.1 + n / 30 for n in range(60)], [20.2 + n / 20 for n in range(60)])
