"""Looks once a second, for each process, at everyone who holds something that they may lose."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms import database
from rooms.workers.layer import AWAY

logger = logging.getLogger(__name__)

# Somebody who holds a right.
H = TypeVar("H")

STEP_SECONDS = 1.0


@dataclass
class Rounds(Generic[H]):
    """The holders at this process, by the channel of their consumer.

    A subclass says in ``changed`` whose rights differ from what they were given. They are told on
    their own channel (``rights_changed``), every second until the two agree.
    """

    holders: dict[str, H] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None
    _trouble: str = ""
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)

    async def changed(self, holders: dict[str, H]) -> list[str]:
        """The channels of those whose rights have changed."""
        raise NotImplementedError

    def hurry(self) -> None:
        """Something has changed for many: look now."""
        self._hurry.set()

    def watch(self, channel: str, holder: H) -> None:
        """Watch over somebody from now on."""
        self.holders[channel] = holder
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def forget(self, channel: str) -> None:
        """They have left. The task ends by itself when nobody is left."""
        self.holders.pop(channel, None)

    async def _run(self) -> None:
        while self.holders:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), STEP_SECONDS)
            self._hurry.clear()
            try:
                await self.step()
            except Exception as exc:
                # No error may end the watch of everyone: the next second tries again.
                self._failed(exc)
            else:
                if self._trouble:
                    logger.info("x rights are checked again after a failure")
                self._trouble = ""

    def _failed(self, exc: Exception) -> None:
        """Log a problem once, not every second until it is over."""
        trouble = type(exc).__name__
        if trouble == self._trouble:
            return
        self._trouble = trouble
        # A traceback does not explain a database that is away.
        away = isinstance(exc, database.Busy)
        logger.warning(
            "x the rights of %d people are not checked: %s",
            len(self.holders),
            exc,
            exc_info=None if away else exc,
        )

    async def step(self) -> None:
        """Check everyone once, and tell those whose rights have changed."""
        holders = dict(self.holders)
        layer: Any = get_channel_layer()
        for channel in await self.changed(holders):
            if self.holders.get(channel) is not holders[channel]:
                continue
            try:
                # The consumer's own channel, so that it handles one message at a time.
                await layer.send(channel, {"type": "rights_changed"})
            except (*AWAY, ChannelFull) as exc:
                logger.info("x %s was not told about changed rights: %s", channel, exc)
