"""The clock by which people in a call keep their rights."""

from __future__ import annotations

import pytest

from rooms.entry.steady_clock import BELIEVED_SECONDS, SteadyClock

HOUR = 3600.0
START = 1_800_000_000.0


@pytest.mark.parametrize("hours", [1, -1])
def test_a_move_by_an_hour_is_not_believed_for_a_while(hours: int) -> None:
    clock = SteadyClock(START, 50)
    for at in (1, 60, HOUR, BELIEVED_SECONDS):
        assert clock.read(START + at + hours * HOUR, 50 + at) == pytest.approx(START + at)
    # It stayed so, and is perhaps the right time.
    at = BELIEVED_SECONDS + 2
    assert clock.read(START + at + hours * HOUR, 50 + at) == pytest.approx(
        START + at + hours * HOUR
    )


def test_a_move_that_was_put_right_leaves_no_trace() -> None:
    clock = SteadyClock(START, 50)
    clock.read(START + HOUR + 1, 51)
    assert clock.read(START + 100, 150) == pytest.approx(START + 100)
    # The next one is as long in doubt as the first one was.
    at = BELIEVED_SECONDS
    clock.read(START + HOUR + 101, 151)
    assert clock.read(START + HOUR + at, 50 + at) == pytest.approx(START + at)


def test_small_corrections_are_followed() -> None:
    clock = SteadyClock(START, 50)
    for minute in range(1, 121):
        wall, at = START + minute * 61, 50 + minute * 60.0
        assert clock.read(wall, at) == pytest.approx(wall)
