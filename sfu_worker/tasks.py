"""Tasks that go on whatever happens, and that end for certain when they are told to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

AGAIN_SECONDS = 0.5

# The same error is logged once a minute, however often it happens.
QUIET_SECONDS = 60.0

# The longest pause between steps that fail one after the other. A single failure causes none.
LONGEST_PAUSE = 0.5

# A task that has only failed for so long is of no use. Fewer failures than this may be single bad
# messages while there was nothing else to do.
STUCK_SECONDS = 10.0
STUCK_FAILURES = 5


class Stuck(Exception):
    """Every step of a task has failed for a while: its process should be started again."""


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait until they have ended.

    Cancelling once is not enough. Before Python 3.12 ``asyncio.wait_for`` swallows a cancellation
    that meets its own end, and redis-py uses it for each write.
    """
    waiting = {task for task in tasks if not task.done()}
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=AGAIN_SECONDS)


@dataclass(slots=True)
class _Kind:
    told_at: float
    untold: int = 0


class Complaints:
    """Logs unexpected errors with their traceback, each kind at most once a minute.

    ``about`` names the kind, and is a constant so that there are few of them. ``detail`` may add to
    it.
    """

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}

    def tell(self, about: str, detail: str = "", exc: BaseException | None = None) -> None:
        """Log the error that is being handled, or ``exc``."""
        now = self._clock()
        kind = self._kinds.get(about)
        if kind is not None and now - kind.told_at < QUIET_SECONDS:
            kind.untold += 1
            return
        untold = kind.untold if kind is not None else 0
        self._kinds[about] = _Kind(now)
        self._logger.error(
            "x %s failed%s, the rest goes on. Please report this with the lines below. If calls"
            " suffer, restart this process.%s",
            about,
            f" ({detail})" if detail else "",
            f" It failed {untold} more times since the last such line." if untold else "",
            exc_info=exc if exc is not None else True,
        )


async def repeat(step: Callable[[], Awaitable[None]], about: str, complaints: Complaints) -> None:
    """Repeat ``step``; an error costs that one step.

    Raises Stuck if no step has succeeded for ``STUCK_SECONDS`` and at least ``STUCK_FAILURES`` have
    failed. The step after the first failure follows at once; then the pauses grow.
    """
    since = pause = 0.0
    failures = 0
    while True:
        began = time.monotonic()
        try:
            await step()
            pause = 0.0
            continue
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # We were not cancelled: it was a library's own task within the step.
            complaints.tell(about)
        except Exception:
            complaints.tell(about)
        now = time.monotonic()
        # A step that first waited long for work says nothing about those before it.
        if not pause or now - began > STUCK_SECONDS:
            since, failures = now, 0
        failures += 1
        if failures >= STUCK_FAILURES and now - since > STUCK_SECONDS:
            raise Stuck(f"{about} has failed for {now - since:.0f} s")
        await asyncio.sleep(pause)
        pause = min(2 * pause or 0.01, LONGEST_PAUSE)


def start(
    work: Coroutine[Any, Any, None], on_broken: Callable[[BaseException], None]
) -> asyncio.Task[None]:
    """Start a task that should run until it is cancelled.

    ``on_broken`` is called if it ends in any other way.
    """

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            on_broken(task.exception() or Stuck("a task has ended by itself"))

    task = asyncio.create_task(work)
    task.add_done_callback(ended)
    return task
