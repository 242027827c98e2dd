"""When Python looks for garbage: never by itself, since it would pause the packets.

What a participant consists of is freed when it leaves (tests/sfu_worker/test_nothing_left.py). What
is left for the collector are the circles that libraries make, few and small.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable

logger = logging.getLogger("sfu.collector")

# New objects once a second: what has lived longer is not looked at, so this takes a millisecond.
YOUNG_SECONDS = 1.0

# Everything, while nobody is in a room; and while somebody is, so rarely that its pause (a late
# packet or two) does not count, in case that our own parts point to each other after all.
IDLE_SECONDS = 60.0
BUSY_SECONDS = 1800.0


class Collector:
    """``busy`` says whether a pause would be noticed. Use ``begin``, ``run`` as a task, ``end``."""

    def __init__(self, busy: Callable[[], bool]) -> None:
        self._busy = busy
        self._all_at = time.monotonic()

    def begin(self) -> None:
        """Look at nothing that is here by now, ever, and at nothing else unasked."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def end(self) -> None:
        """As before ``begin``."""
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
            # The middle generation too: with the first alone, what survives would be kept unseen.
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
