"""Hung or starved: time and what the kernel says are given."""

from __future__ import annotations

import pytest

from sfu_worker.watchdog.health import (
    BLIND_SECONDS,
    HUNG_SECONDS,
    START_SECONDS,
    Health,
    Sample,
)

TURN = 0.25


class Watch:
    """Turns of a watchdog, ``TURN`` seconds apart."""

    def __init__(self) -> None:
        self.now = 100.0
        self.cpu = 5.0
        self.health = Health(self.now)
        self.health.turn(self.now, True, Sample("S", self.cpu))

    def pass_(
        self, seconds: float, state: str | None, share: float = 0.0, step: float = TURN
    ) -> tuple[float, str] | None:
        """Let so many seconds pass without a turn of the loop, in steps.

        Returns after how many of them it counts as hung, and what was said, or None. ``share`` is
        how much of a CPU it gets; ``state`` None is a kernel that says nothing.
        """
        began = self.now
        while self.now < began + seconds:
            self.now += step
            self.cpu += step * share
            sample = None if state is None else Sample(state, self.cpu)
            if said := self.health.turn(self.now, False, sample):
                return self.now - began, said
        return None

    def turned(self) -> None:
        self.now += TURN
        assert self.health.turn(self.now, True, Sample("S", self.cpu)) is None


@pytest.mark.parametrize(
    ("state", "share", "said"),
    [
        ("T", 0.0, "stopped"),
        ("t", 0.0, "stopped by a debugger"),
        ("S", 0.0, "waiting"),
        ("D", 0.0, "waiting"),
        ("R", 1.0, "busy"),
    ],
)
def test_a_loop_that_could_turn_and_does_not_hangs(state: str, share: float, said: str) -> None:
    assert Watch().pass_(10, state, share) == (HUNG_SECONDS, said)


def test_who_waits_for_a_cpu_is_not_hung() -> None:
    assert Watch().pass_(300, "R", 0.005) is None


def test_an_endless_loop_is_found_by_the_cpu_time_that_it_gets() -> None:
    found = Watch().pass_(60, "R", 0.2)
    assert found is not None
    assert found[0] == pytest.approx(HUNG_SECONDS / 0.2, abs=2 * TURN)


def test_a_turn_begins_the_count_anew() -> None:
    watch = Watch()
    for _ in range(10):
        assert watch.pass_(HUNG_SECONDS - 2 * TURN, "S") is None
        watch.turned()


def test_a_pause_of_the_watchdog_itself_is_not_held_against_the_worker() -> None:
    watch = Watch()
    # The first turn after it cannot know yet what the worker has been doing.
    assert watch.pass_(3600, "T", step=3600) is None
    assert watch.pass_(1, "T") is None
    watch.turned()
    assert watch.pass_(3600, "R", 1.0, step=3600) is None


def test_where_the_kernel_says_nothing_the_limit_is_longer() -> None:
    found = Watch().pass_(60, None)
    assert found == (BLIND_SECONDS, "unknown")


def test_a_start_may_take_longer() -> None:
    watch = Watch()
    watch.health = Health(watch.now)
    found = watch.pass_(3 * START_SECONDS, "S")
    assert found == (START_SECONDS, "waiting")
