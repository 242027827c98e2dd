"""When garbage is collected: the young often, everything when nobody would notice."""

from __future__ import annotations

import gc

import pytest

from sfu_worker.control.collector import BUSY_SECONDS, IDLE_SECONDS, Collector


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    generations: list[int] = []

    def collect(generation: int = 2) -> int:
        generations.append(generation)
        return 0

    monkeypatch.setattr(gc, "collect", collect)
    return generations


@pytest.mark.parametrize(("busy", "after"), [(False, IDLE_SECONDS), (True, BUSY_SECONDS)])
def test_everything_is_looked_at_rarely_and_more_rarely_during_calls(
    collected: list[int], busy: bool, after: float
) -> None:
    collector = Collector(lambda: busy)
    start = collector._all_at
    for at in (1, after - 1, after + 1, after + 2, 2 * after + 2):
        collector.collect(start + at)
    assert collected == [1, 1, 2, 1, 2]


def test_python_collects_nothing_by_itself_in_between() -> None:
    collector = Collector(lambda: True)
    try:
        collector.begin()
        assert not gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        collector.end()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
