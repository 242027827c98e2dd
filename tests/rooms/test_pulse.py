"""Which workers live, as one process sees it."""

from __future__ import annotations

import pytest

from rooms.workers.pulse import QUIET_SECONDS, Live, Pulse, Report


def beats(pulse: Pulse, *beats: int | None, start: float = 0.0, step: float = 1.0) -> float:
    """Looks at worker a; return the time of the last one."""
    now = start
    for beat in beats:
        now += step
        pulse.answered(now, "era", {"a": None if beat is None else Report(beat)})
    return now


@pytest.mark.parametrize("after", [1, None])
def test_a_worker_whose_beat_stands_still_or_is_gone_dies_after_three_seconds(
    after: int | None,
) -> None:
    pulse = Pulse()
    now = beats(pulse, 1, after, after, after)
    assert pulse.dead == frozenset()
    assert "a" in pulse.living
    beats(pulse, after, start=now)
    assert pulse.dead == {"a"}
    assert pulse.living == {}


def test_a_worker_that_was_only_late_lives_again_with_its_next_beat() -> None:
    pulse = Pulse()
    now = beats(pulse, *[7] * 6)
    assert pulse.dead == {"a"}
    beats(pulse, 8, start=now)
    assert pulse.living == {"a": Report(8)}


def test_a_tombstone_tells_death_at_once() -> None:
    pulse = Pulse()
    beats(pulse, 1)
    pulse.answered(1.1, "era", {"a": Report(dead=True)})
    assert pulse.dead == {"a"}


def test_a_process_that_was_stopped_does_not_call_workers_dead() -> None:
    pulse = Pulse()
    now = beats(pulse, 1)
    pulse.answered(now + 3600, "era", {"a": Report(1)})
    assert pulse.dead == frozenset()


def test_a_worker_of_which_only_the_name_is_known_takes_nobody() -> None:
    pulse = Pulse()
    beats(pulse, None)
    assert pulse.dead == frozenset()
    assert pulse.living == {"a": Report(busy=True)}


def test_looks_without_an_answer_make_nobody_older() -> None:
    pulse = Pulse()
    now = beats(pulse, 1, 1, 1)
    for _ in range(20):
        pulse.missed()
    now = beats(pulse, None, None, None, None, start=now + 60)
    assert pulse.dead == frozenset()
    assert pulse.quiet(now)
    now = beats(pulse, *[None] * 4, start=now)
    assert pulse.dead == {"a"}
    assert not pulse.quiet(now)


def test_a_redis_that_came_back_empty_leaves_the_workers_time() -> None:
    pulse = Pulse()
    now = beats(pulse, 1, 1, 1, 1)
    pulse.answered(now + 1, "another", {})
    assert pulse.era == "another"
    assert pulse.quiet(now + QUIET_SECONDS)
    assert pulse.dead == frozenset()
    assert "a" in pulse.living


# What is read from Redis


def test_reports_are_read_and_what_is_no_report_counts_as_missing() -> None:
    assert Report.parse(b'{"beat": 3, "draining": true, "load": 0.5}') == Report(3, draining=True)
    assert Report.parse(b'{"worker": "a", "dead": true}') == Report(dead=True)
    live = Live.parse(b'{"epoch": "e", "fence": 5, "people": 1, "channels": {"p": "c"}}')
    assert live == Live(5, "e", {"p": "c"}, people=1)
    for raw in (None, b"", b"{", b"[]", b"7"):
        assert Report.parse(raw) is None
        assert Live.parse(raw) is None
