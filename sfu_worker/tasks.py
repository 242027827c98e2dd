"""Tasks that go on whatever happens, and end for certain when they are told to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

AGAIN_SECONDS = 0.5

# The same mistake is written down once a minute, however often it happens.
QUIET_SECONDS = 60.0

# Pauses between steps that fail one after the other: a single bad message delays nobody.
LONGEST_PAUSE = 0.5

# A task that has done nothing but fail for so long is of no use to anybody. Fewer failures than
# this are bad messages that came one by one while there was nothing else to do.
STUCK_SECONDS = 10.0
STUCK_FAILURES = 5


class Stuck(Exception):
    """Each step of a task has failed for a while: its process had better be started again."""


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait until they have ended.

    Once is not enough: ``asyncio.wait_for`` before Python 3.12 swallows a cancellation that meets
    its own end, and redis-py waits with it for each write.
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
    """Writes down errors that nobody expected, each kind at most once a minute with its traceback.

    ``about`` names the kind: a constant, so that there are few. ``detail`` may say more.
    """

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}

    def tell(self, about: str, detail: str = "", exc: BaseException | None = None) -> None:
        """Call it where the error was caught, or give it the error."""
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
    """Take ``step`` again and again; an error costs that one step.

    Raises Stuck where no step has succeeded for ``STUCK_SECONDS``, and at least
    ``STUCK_FAILURES`` have failed. The first step after a good one follows at once, then pauses
    grow.
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
            # Not us: a library's own task was cancelled within the step.
            complaints.tell(about)
        except Exception:
            complaints.tell(about)
        now = time.monotonic()
        # A step that first waited long for something to do says nothing about those before it.
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
    """Start a task that is meant to run until it is cancelled; ``on_broken`` hears of any other end."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            on_broken(task.exception() or Stuck("a task has ended by itself"))

    task = asyncio.create_task(work)
    task.add_done_callback(ended)
    return task
