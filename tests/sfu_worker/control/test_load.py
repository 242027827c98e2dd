"""When a worker is busy, in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.control.load import EASE_SECONDS, FULL, WINDOW_SECONDS, Load, Shares

TICK = 0.025


class World:
    """A worker's ticks: ``load`` is fed as a worker feeds it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.load = Load(self.now)
        self.cpu = 0.0
        self.received = self.dropped = 0
        self.changes: list[tuple[float, bool]] = []

    def run(
        self, seconds: float, *, stall: float = 0.0, queued: float = 0.0, cpu: float = 0.2
    ) -> None:
        """Tick for a time. Each tick is ``stall`` late; what is read has waited ``queued``."""
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += TICK + stall
            self.cpu += cpu * (TICK + stall)
            self.received += 10
            self.load.note(self.now, max(stall, queued))
            if self.load.due(self.now):
                self._step()

    def drop(self, seconds: float, share: float) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.dropped += round(100 * share / (1 - share))
            self.run(10 * TICK)

    def _step(self) -> None:
        if self.load.step(self.now, self.cpu, self.received, self.dropped):
            self.changes.append((self.now, self.load.busy))


@pytest.fixture
def world() -> World:
    world = World()
    world.run(10)
    return world


def test_a_worker_that_is_well_has_the_load_of_its_cpu(world: World) -> None:
    assert world.load.value == pytest.approx(0.2, rel=0.1)
    world.run(10, cpu=0.6)
    assert world.load.value == pytest.approx(0.6, rel=0.1)
    assert world.changes == []


def hiccups() -> Iterator[tuple[str, Callable[[World], None]]]:
    yield "a pause of garbage collection", lambda w: w.run(0.2, stall=0.2)
    yield "a second in which the process stood still", lambda w: w.run(0.9, stall=0.9)
    yield "a second in which many join", lambda w: w.run(1, stall=0.3, cpu=1.0)
    yield "two seconds at full speed, nothing late", lambda w: w.run(2, cpu=1.0)
    yield "a burst that a small buffer cannot hold", lambda w: w.drop(1, 0.3)
    yield "a loss that nobody hears", lambda w: w.drop(20, 0.005)
    yield "a jump of the clock by an hour", lambda w: w.run(TICK, queued=3600)
    yield "delays that a jitter buffer evens out", lambda w: w.run(20, stall=0.08)


@pytest.mark.parametrize("hiccup", [what for _, what in hiccups()], ids=[n for n, _ in hiccups()])
def test_a_hiccup_does_not_make_a_worker_busy(
    world: World, hiccup: Callable[[World], None]
) -> None:
    hiccup(world)
    world.run(10)
    assert world.changes == []


def test_a_process_that_has_just_started_is_not_busy() -> None:
    world = World()
    world.run(1, cpu=1.0, stall=0.05)
    assert world.changes == []


def overloads() -> Iterator[tuple[str, Callable[[World], None]]]:
    yield "starved, each tick late", lambda w: w.run(4, stall=0.4, cpu=0.1)
    yield "a queue in the socket that timers do not see", lambda w: w.run(4, queued=0.5)
    yield "datagrams dropped", lambda w: w.drop(4, 0.05)
    yield "a whole core", lambda w: w.run(4, cpu=0.97)
    yield "stopped for six seconds", lambda w: w.run(6, stall=6)


@pytest.mark.parametrize(
    "overload", [what for _, what in overloads()], ids=[n for n, _ in overloads()]
)
def test_an_overloaded_worker_is_busy_and_recovers_by_itself(
    world: World, overload: Callable[[World], None]
) -> None:
    overload(world)
    assert (world.load.busy, [busy for _, busy in world.changes]) == (True, [True])
    assert world.load.value > 0.9
    over = world.now
    world.run(20)
    assert [busy for _, busy in world.changes] == [True, False]
    ended = world.changes[1][0] - over
    assert EASE_SECONDS <= ended <= EASE_SECONDS + WINDOW_SECONDS + 0.5


def test_a_worker_that_is_late_all_the_time_says_so_within_a_second_and_a_half(
    world: World,
) -> None:
    began = world.now
    world.run(4, stall=0.5)
    assert world.changes[0][0] - began <= 1.6


def test_between_the_limits_a_worker_stays_what_it_was(world: World) -> None:
    world.run(10, cpu=0.8)
    assert world.changes == []
    world.run(5, cpu=0.95)
    assert world.load.busy
    world.run(60, cpu=0.8)
    assert world.load.busy
    world.run(10, cpu=0.7)
    assert not world.load.busy


def test_shares_are_of_the_window(world: World) -> None:
    world.run(WINDOW_SECONDS * 2, stall=0.175)
    # Of what comes evenly over a stall of 175 ms, that of the first 75 waits longer than 100 ms.
    assert world.load.shares.late == pytest.approx(0.075 / 0.175, rel=0.1)
    assert world.load.shares.late > FULL.late


def test_a_log_names_shares_in_words() -> None:
    said = "packets late 38% and dropped 0% of the time, CPU 2%"
    assert str(Shares(late=0.3814, dropping=0.0, cpu=0.0246)) == said


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),
            st.floats(-1, 1e6),
            st.floats(0, 10),
            st.integers(0, 1000),
            st.integers(0, 1000),
        )
    )
)
def test_nonsense_gives_shares_all_the_same(
    steps: list[tuple[float, float, float, int, int]],
) -> None:
    load, now, cpu, received, dropped = Load(0.0), 0.0, 0.0, 0, 0
    for passed, waited, used, more, lost in steps:
        now, cpu, received, dropped = now + passed, cpu + used, received + more, dropped + lost
        load.note(now, waited)
        load.step(now, cpu, received, dropped)
        assert 0 <= load.value <= 1
        assert len(load._steps) <= len(steps)
