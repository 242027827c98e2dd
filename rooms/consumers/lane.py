"""Work of a consumer that may take its time, beside the messages that must not wait for it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]

# A page has a few requests of this kind under way at most, and one chat line.
MAX_WAITING = 50


class Lane:
    """Does one thing after the other, in order. ``failed`` is called after an unexpected error."""

    def __init__(self, failed: Work) -> None:
        self._failed = failed
        self._waiting: deque[Work] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, work: Work) -> bool:
        """Do this after everything that waits. False: too much waits, and this is not done."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        self._waiting.append(work)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return True

    def clear(self) -> None:
        """Do nothing more, but for what has begun."""
        self._waiting.clear()

    async def finish(self) -> None:
        """Wait until everything is done."""
        if self._task is not None and self._task is not asyncio.current_task():
            await self._task

    async def _run(self) -> None:
        while self._waiting:
            try:
                await self._waiting.popleft()()
            except Exception:
                self.clear()
                logger.exception("x unexpected error; the connection ends")
                await self._failed()
