"""How much redundancy a loss calls for."""

from __future__ import annotations

import random

import pytest

from sfu_worker.down.redundancy import CERTAIN, KEPT_SECONDS, STEPS, Redundancy, affordable

STEP = 0.25


def after(redundancy: Redundancy, loss: float, seconds: float, since: float) -> tuple[int, float]:
    now = since
    while now < since + seconds:
        now += STEP
        redundancy.update(loss, now)
    return redundancy.blocks, now


@pytest.mark.parametrize(
    ("loss", "blocks"), [(0.0, 0), (0.008, 0), (0.02, 1), (0.05, 1), (0.15, 2), (0.3, 3), (0.9, 3)]
)
def test_the_more_is_lost_the_more_is_repeated(loss: float, blocks: int) -> None:
    assert after(Redundancy(), loss, 20.0, 100.0)[0] == blocks


def test_a_bad_link_is_answered_within_three_seconds() -> None:
    redundancy = Redundancy()
    redundancy.update(0.0, 100.0)
    assert after(redundancy, 0.15, 3.0, 100.0)[0] == 2


def test_redundancy_ends_a_step_at_a_time_a_while_after_the_loss() -> None:
    redundancy = Redundancy()
    _, now = after(redundancy, 0.15, 20.0, 100.0)
    blocks, now = after(redundancy, 0.0, KEPT_SECONDS - 1, now)
    assert blocks == 2
    blocks, now = after(redundancy, 0.0, KEPT_SECONDS, now)
    assert blocks == 1
    assert after(redundancy, 0.0, KEPT_SECONDS, now)[0] == 0


def test_a_loss_between_the_two_thresholds_changes_nothing() -> None:
    for step, (more, less) in enumerate(STEPS):
        between = (more + less) / 2
        redundancy = Redundancy()
        _, now = after(redundancy, more * 1.2, 30.0, 100.0)
        assert after(redundancy, between, 60.0, now)[0] == step + 1
        fresh = Redundancy()
        assert after(fresh, between, 60.0, 100.0)[0] == step


@pytest.mark.parametrize("seed", range(5))
def test_a_loss_that_scatters_does_not_make_it_flap(seed: int) -> None:
    """Windows of 30 packets, of which 8 % are lost: right on a threshold."""
    chance, redundancy = random.Random(seed), Redundancy()
    changes, blocks, now = 0, 0, 100.0
    while now < 700.0:
        now += 0.5
        before, blocks = (
            blocks,
            redundancy.update(sum(chance.random() < 0.08 for _ in range(30)) / 30, now),
        )
        changes += blocks != before
    assert changes <= 12


@pytest.mark.parametrize(
    ("sound", "estimate", "blocks"),
    [
        (40_000, 30_000, 3),  # a voice or two are repeated however low the estimate is
        (CERTAIN // 2, 30_000, 1),
        (CERTAIN, 30_000, 0),
        (
            1_000_000,
            1_500_000,
            0,
        ),  # thirty voices would fill the link by being repeated, and so be lost more often
        (1_000_000, 2_000_000, 1),
        (1_000_000, 10_000_000, 3),
        (0, 30_000, 3),
    ],
)
def test_redundancy_does_not_itself_fill_the_link(sound: int, estimate: int, blocks: int) -> None:
    assert affordable(3, sound, sound, estimate) == blocks
    assert affordable(0, sound, sound, estimate) == 0


def test_music_that_is_not_repeated_counts_once() -> None:
    assert affordable(3, 40_000, 240_000, 330_000) == 2
