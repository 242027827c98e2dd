"""How long to wait before a worker that died is replaced."""

from __future__ import annotations

from sfu_worker.watchdog.pauses import FIRST_SECONDS, FREE, LONGEST_SECONDS, WINDOW_SECONDS, Pauses


def test_the_first_deaths_are_made_good_at_once() -> None:
    pauses = Pauses()
    assert [pauses.after(now) for now in range(FREE)] == [0.0] * FREE


def test_pauses_double_up_to_a_limit() -> None:
    pauses = Pauses()
    for _ in range(FREE):
        pauses.after(100.0)
    assert [pauses.after(100.0) for _ in range(3)] == [
        FIRST_SECONDS,
        2 * FIRST_SECONDS,
        4 * FIRST_SECONDS,
    ]
    assert max(pauses.after(100.0) for _ in range(1000)) == LONGEST_SECONDS


def test_deaths_of_long_ago_do_not_count() -> None:
    pauses = Pauses()
    for _ in range(FREE + 3):
        pauses.after(100.0)
    assert pauses.after(100.1 + WINDOW_SECONDS) == 0.0


def test_whatever_dies_at_once_is_started_a_few_times_a_minute() -> None:
    pauses, now, starts = Pauses(), 0.0, 0
    while now < 600:
        now += 0.1 + pauses.after(now)
        starts += 1
    assert starts <= 10 * 12
