"""Chat lines, and changes of lines, that are stored but did not reach a page: a message was lost.

A page notices a gap when the next line comes, but not that the last line is missing. So once a
second each process compares what is stored with what its pages were sent, and sends the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from rooms import chat, database
from rooms.chat import Newest

logger = logging.getLogger(__name__)

STEP_SECONDS = 1.0

# A line that was stored this long ago, and not sent, is lost. Messages may take a moment.
LOST_SECONDS = 2.0


@dataclass(slots=True)
class Lag:
    """Whether something that is stored was lost on its way. ``_missing``: what, and since when."""

    _missing: tuple[int, float] | None = None

    def lost(self, sent: int, newest: int, now: float) -> bool:
        """``sent`` and ``newest`` are numbers; ``now`` is in monotonic seconds."""
        if newest <= sent:
            self._missing = None
        elif self._missing is None or self._missing[0] <= sent:
            self._missing = (newest, now)
        return self._missing is not None and now - self._missing[1] >= LOST_SECONDS


@dataclass(slots=True)
class Reading:
    """What a page was sent of its room's chat. ``room`` is a primary key.

    ``seen`` is the number of the newest line. ``change``: no change up to this one is missing, and
    ``_early`` are later ones that came too early. ``after``: lines up to this one are not shown.
    """

    room: int
    seen: int = 0
    change: int = 0
    after: int = 0
    _lines: Lag = field(default_factory=Lag)
    _changes: Lag = field(default_factory=Lag)
    _early: set[int] = field(default_factory=set)

    def sent(self, number: int, change: int = 0) -> None:
        """The page was sent the line with this number, as its change has left it."""
        self.seen = max(self.seen, number)
        self._early.add(change)
        self.changed_until(self.change)

    def changed_until(self, change: int) -> None:
        """The page was sent everything that changed up to this change."""
        self.change = max(self.change, change)
        while self.change + 1 in self._early:
            self.change += 1
        self._early = {early for early in self._early if early > self.change}

    def is_behind(self, newest: Newest, now: float) -> bool:
        """Whether anything was lost, if ``newest`` is stored. ``now`` is in monotonic seconds."""
        lines = self._lines.lost(self.seen, newest.line, now)
        changes = self._changes.lost(self.change, newest.change, now)
        return lines or changes


@dataclass
class Unheard:
    """The pages of this process by the channel of their consumer, each with what to do then."""

    pages: dict[str, tuple[Reading, Callable[[], None]]] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None
    _failure: str = ""

    def watch(self, channel: str, reading: Reading, catch_up: Callable[[], None]) -> None:
        """Call ``catch_up`` once a second while the page is behind. It needs no Redis."""
        self.pages[channel] = reading, catch_up
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def forget(self, channel: str) -> None:
        """The page is gone. The task ends by itself when none is left."""
        self.pages.pop(channel, None)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self.pages:
            await asyncio.sleep(STEP_SECONDS)
            try:
                await self.step(loop.time())
                self._failure = ""
            except database.Busy as exc:
                logger.debug("x the newest chat lines were not read: %s", exc)
            except Exception as exc:
                # No error may end the watch of everyone: the next second tries again.
                if self._failure != repr(exc):
                    logger.exception("x lost chat lines are not looked for")
                self._failure = repr(exc)

    async def step(self, now: float) -> None:
        """Compare once. Lines that are stored meanwhile count from the next step on."""
        rooms = {reading.room for reading, _ in self.pages.values()}
        newest = await database.run(chat.newest_of, rooms)
        for reading, catch_up in list(self.pages.values()):
            if reading.is_behind(newest.get(reading.room, Newest()), now):
                catch_up()


_unheard: WeakKeyDictionary[asyncio.AbstractEventLoop, Unheard] = WeakKeyDictionary()


def unheard() -> Unheard:
    """The comparison of the running event loop: one per process, and one per test."""
    return _unheard.setdefault(asyncio.get_running_loop(), Unheard())
