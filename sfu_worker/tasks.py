"""Ending tasks for certain."""

from __future__ import annotations

import asyncio

AGAIN_SECONDS = 0.5


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait until they have ended.

    Once is not enough: ``asyncio.wait_for`` before Python 3.12 swallows a cancellation that meets its own end, and redis-py
    waits with it for each write.
    """
    waiting = {task for task in tasks if not task.done()}
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=AGAIN_SECONDS)
