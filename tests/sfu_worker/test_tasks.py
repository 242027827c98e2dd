"""A task that misses a cancellation ends all the same."""

from __future__ import annotations

import asyncio
import logging

import pytest

from sfu_worker import tasks
from sfu_worker.tasks import QUIET_SECONDS, Complaints, Stuck, end, repeat


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed > 1:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end(task)
    assert task.done()
    assert swallowed == 2


async def test_nothing_to_end_is_fine() -> None:
    await end()


def test_the_same_complaint_comes_once_a_minute_with_how_often_it_was_kept_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    complaints = Complaints(logging.getLogger("test"), lambda: now)
    for _ in range(1000):
        complaints.tell("this", exc=ValueError("a"))
    complaints.tell("that", exc=ValueError("b"))
    assert len(caplog.records) == 2
    now = QUIET_SECONDS
    complaints.tell("this", exc=ValueError("a"))
    assert "failed 999 more times" in caplog.records[-1].getMessage()
    assert caplog.records[-1].exc_info is not None


class Clock:
    """In place of ``time`` and of the pauses between steps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(tasks, "time", self)
        monkeypatch.setattr("sfu_worker.tasks.asyncio.sleep", self.sleep)

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Enough(BaseException):
    """Ends ``repeat`` from within a step."""


@pytest.mark.parametrize("wait", [4.0, 3600.0])
async def test_bad_messages_that_come_one_by_one_do_not_end_a_quiet_task(
    wait: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    steps = 0

    async def step() -> None:
        nonlocal steps
        steps += 1
        if steps == (5 if wait < 10 else 50):
            raise Enough
        clock.now += wait
        raise ValueError

    with pytest.raises(Enough):
        await repeat(step, "a test", Complaints(logging.getLogger("test")))


async def test_a_task_that_only_fails_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    async def step() -> None:
        raise ValueError

    with pytest.raises(Stuck):
        await repeat(step, "a test", Complaints(logging.getLogger("test")))
    assert 110 < clock.now < 111
