"""From frames and counters to settling, freezes and shares."""

from __future__ import annotations

import pytest

from bench.scoring import (
    Counter,
    Frame,
    Phase,
    Score,
    best_layer,
    freezes,
    median_scores,
    score,
    settled,
    table,
)


def steady(begin: float, end: float, height: int, fps: float = 30) -> list[Frame]:
    return [Frame(begin + i / fps, height) for i in range(int((end - begin) * fps))]


def test_a_steady_picture_does_not_freeze() -> None:
    assert freezes(steady(0, 10, 540), 0, 10) == []


def test_a_gap_is_a_freeze_of_its_whole_length() -> None:
    frames = steady(0, 4, 540) + steady(6, 10, 540)
    assert freezes(frames, 0, 10) == [pytest.approx(2.0, abs=0.05)]


def test_a_freeze_over_a_boundary_counts_on_each_side_for_its_part() -> None:
    frames = steady(0, 4, 540) + steady(6, 10, 540)
    assert freezes(frames, 0, 5) == [pytest.approx(1.0, abs=0.05)]
    assert freezes(frames, 5, 10) == [pytest.approx(1.0, abs=0.05)]


def test_a_picture_that_never_comes_is_one_long_freeze() -> None:
    assert freezes([], 5, 10) == [5.0]


def test_the_right_layer_from_the_first_moment_settles_at_once() -> None:
    assert settled(steady(0, 20, 540), 0.05, 20, 540) == pytest.approx(0.0, abs=0.11)


def test_settling_is_counted_from_the_step() -> None:
    frames = steady(0, 24, 135) + steady(24, 40, 540)
    assert settled(frames, 20, 40, 540) == pytest.approx(4.0, abs=0.15)


def test_a_layer_that_flaps_has_settled_only_after_the_last_change() -> None:
    frames = steady(0, 2, 540) + steady(2, 8, 135) + steady(8, 20, 540)
    assert settled(frames, 0, 20, 540) == pytest.approx(8.0, abs=0.7)


def test_a_frozen_picture_of_the_right_height_is_not_right() -> None:
    frames = [*steady(0, 1, 540), *steady(15, 16, 135), *steady(16, 20, 540)]
    assert settled(frames, 0, 20, 540) == pytest.approx(16.0, abs=0.3)


def test_a_layer_that_comes_too_late_has_not_settled() -> None:
    assert settled(steady(0, 18, 135) + steady(18, 20, 540), 0, 20, 540) is None


def test_the_best_layer_is_the_richest_that_fits() -> None:
    layers = {135: 4e5, 270: 7.5e5, 540: 5e6}
    assert best_layer(layers, None) == 540
    assert best_layer(layers, 10e6) == 540
    assert best_layer(layers, 1e6) == 270
    assert best_layer(layers, 5e5) == 135
    assert best_layer(layers, 1e5) == 135


def test_a_counter_is_read_between_its_readings() -> None:
    counter = Counter([0.0, 1.0, 2.0], [0.0, 10.0, 40.0])
    assert counter.at(1.5) == 25.0
    assert counter.at(-1) == 0.0
    assert counter.at(5) == 40.0
    assert counter.grown(0.5, 1.5) == 20.0


def line(per_second: float) -> Counter:
    return Counter([0.0, 100.0], [0.0, per_second * 100])


def test_a_score_puts_it_all_together() -> None:
    frames = steady(0, 5, 135) + steady(5, 20, 540)
    made = score(Phase("fast", 0, 20, 540), frames, line(95), line(100), line(48_000), line(480))
    assert made.settle == pytest.approx(5.0, abs=0.15)
    assert made.share == pytest.approx(0.95)
    assert made.freeze == 0
    assert made.fps == pytest.approx(30, abs=0.2)
    assert made.concealed == pytest.approx(0.01)


def test_no_sound_at_all_counts_as_concealed() -> None:
    made = score(Phase("fast", 0, 20, 540), [], line(0), line(100), line(0), line(0))
    assert (made.settle, made.share, made.freeze, made.concealed) == (None, 0.0, 20, 1.0)


def test_medians_count_never_as_worse_than_late() -> None:
    def of(settle: float | None) -> list[Score]:
        return [Score("fast", settle, 1.0, 0.0, 0.0, 30.0, 0.0)]

    assert median_scores([of(1.0), of(None), of(2.0)])[0].settle == 2.0
    assert median_scores([of(None), of(None), of(2.0)])[0].settle is None


def test_a_table_lines_up() -> None:
    assert table(["a", "bb"], [["long", "1"]]) == "a    bb\n-------\nlong  1"
