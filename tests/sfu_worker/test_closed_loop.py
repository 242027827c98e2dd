"""A viewer's picture over bad links, in simulated time (closed_loop.py).

Several runs each, as each one is chance.
"""

from __future__ import annotations

import statistics

import pytest

from bench.scoring import freezes, settled
from bench.shaping import Conditions, Step
from tests.sfu_worker.closed_loop import START, Loop, Viewer

SEEDS = range(5)
FALLS_AT, RISES_AT, END = 8.0, 24.0, 40.0
FAR = {"delay": 0.1, "jitter": 0.03}
LOSSY = {"loss": 0.05}
LINKS: dict[str, dict[str, float]] = {
    "plain": {},
    "far": FAR,
    "loses 5 %": LOSSY,
    "far, loses 5 %": FAR | LOSSY,
}


def steps(conditions: dict[str, float]) -> list[Step]:
    rates = ((0.0, 10e6), (FALLS_AT, 500e3), (RISES_AT, 10e6))
    return [Step(at, Conditions(rate=rate, **conditions)) for at, rate in rates]


def longest(viewer: Viewer, begin: float, end: float) -> float:
    return max(freezes(viewer.frames, START + begin, START + end), default=0.0)


def frames(viewer: Viewer, begin: float, end: float) -> float:
    return sum(START + begin <= frame.at < START + end for frame in viewer.frames) / (end - begin)


@pytest.mark.parametrize("link", list(LINKS))
def test_a_link_that_falls_and_rises_again_leaves_the_picture_watchable(link: str) -> None:
    conditions = LINKS[link]
    up = [Step(0.0, Conditions(loss=conditions.get("loss", 0.0)))]
    viewers = [Loop(steps(conditions), up, seed).run(END) for seed in SEEDS]
    assert statistics.median(longest(v, FALLS_AT, RISES_AT) for v in viewers) < 1.0
    assert statistics.median(frames(v, FALLS_AT, RISES_AT) for v in viewers) > 15
    small = [settled(v.frames, START + FALLS_AT, START + RISES_AT, 135) for v in viewers]
    assert sum(at is not None and at < 6 for at in small) > len(viewers) / 2
    large = [settled(v.frames, START + RISES_AT, START + END, 540) for v in viewers]
    assert sum(at is not None and at < 8 for at in large) > len(viewers) / 2


def test_the_best_picture_comes_within_seconds_even_if_its_layers_are_unknown() -> None:
    viewer = Loop([Step(0.0, Conditions(rate=10e6, delay=0.02))]).run(6)
    at = settled(viewer.frames, START, START + 6, 540)
    assert at is not None
    assert at < 3
    assert longest(viewer, 0.5, 6) == 0


def test_a_lossy_link_that_is_wide_enough_shows_nearly_all_frames() -> None:
    lossy = [Step(0.0, Conditions(loss=0.15, delay=0.02))]
    viewer = Loop(lossy, lossy).run(12)
    assert frames(viewer, 4, 12) > 25
    assert longest(viewer, 4, 12) < 1.0


def test_many_key_frames_do_not_come_of_a_link_that_loses() -> None:
    lossy = [Step(0.0, Conditions(rate=2e6, loss=0.05, delay=0.05))]
    loop = Loop(lossy, lossy)
    loop.run(20)
    assert sum(encoder.key_frames for encoder in loop.encoders) < 25


def test_a_link_that_only_falls_is_not_taken_for_one_that_loses() -> None:
    """Or sound would be said four times, just when there is least room for it."""
    path: list[float] = []
    loop = Loop(steps({}), watch=lambda loop, _: path.append(loop.egress.estimator.path_loss))
    loop.run(RISES_AT)
    assert max(path) < 0.02
