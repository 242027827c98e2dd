"""When Python collects garbage: never by itself, since that would delay packets.

The parts of a participant are freed when they leave (tests/sfu_worker/test_nothing_left.py). Only
the reference cycles of libraries, few and small, are left for the collector.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable

logger = logging.getLogger("sfu.collector")

# New objects are collected once a second. Older ones are not looked at, so it takes a millisecond.
YOUNG_SECONDS = 1.0

# Everything is collected once a minute while nobody is in a room. During calls it is collected so
# rarely that the pause (a late packet or two) does not count, in case there is a cycle of our own.
IDLE_SECONDS = 60.0
BUSY_SECONDS = 1800.0


class Collector:
    """Collects garbage in ``step``, which is repeated between ``begin`` and ``end``.

    ``busy`` says whether a pause would be noticed.
    """

    def __init__(self, busy: Callable[[], bool]) -> None:
        self._busy = busy
        self._all_at = time.monotonic()

    def begin(self) -> None:
        """Never look at the objects that exist now, and collect nothing unasked."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def end(self) -> None:
        """Restore the state before ``begin``."""
        gc.unfreeze()
        gc.enable()

    async def step(self) -> None:
        """Wait, then collect what is due."""
        await asyncio.sleep(YOUNG_SECONDS)
        self.collect(time.monotonic())

    def collect(self, now: float) -> None:
        """The youngest objects, or all of them."""
        due = BUSY_SECONDS if self._busy() else IDLE_SECONDS
        if now - self._all_at < due:
            # Include the middle generation: survivors of the first would never be looked at again.
            gc.collect(1)
            return
        self._all_at = now
        found = gc.collect()
        took = time.monotonic() - now
        logger.log(
            logging.INFO if took > 0.05 else logging.DEBUG,
            "- all garbage was collected in %.0f ms: %d objects",
            1000 * took,
            found,
        )
