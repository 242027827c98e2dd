"""Checks that everyone in a call may still do what they do, once a second for each process.

A right can be lost in many ways: a role is lowered, an invite revoked or expired, a room closed, a
person removed, an account disabled. A message for each of these could be lost. Instead, compare the
tables with what each seat was given, and with what the worker last reported of it. A seat that
differs is told on its own channel (``rights_changed``), every second until it agrees.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms import database
from rooms.entry import facts
from rooms.entry.access import Refusal
from rooms.entry.passes import Pass
from rooms.roles import Grant
from rooms.workers.layer import AWAY

logger = logging.getLogger(__name__)

STEP_SECONDS = 1.0


class Holder(Protocol):
    """Somebody in a call: their grant, and the role that the worker last reported."""

    @property
    def pass_(self) -> Pass: ...
    @property
    def grant(self) -> Grant: ...
    @property
    def told(self) -> str: ...


def differs(holder: Holder, verdict: Grant | Refusal) -> bool:
    """Whether to tell them. The worker may not have reported a role yet."""
    return verdict != holder.grant or holder.told not in ("", holder.grant.role.value)


@dataclass
class Rights:
    """Everyone in a call at this process, by the channel of their consumer."""

    holders: dict[str, Holder] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None
    _trouble: str = ""

    def watch(self, channel: str, holder: Holder) -> None:
        """Watch over somebody from now on."""
        self.holders[channel] = holder
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def forget(self, channel: str) -> None:
        """They have left. The task ends by itself when nobody is left."""
        self.holders.pop(channel, None)

    async def _run(self) -> None:
        while self.holders:
            await asyncio.sleep(STEP_SECONDS)
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
        passes = [holder.pass_ for holder in holders.values()]
        verdicts = await database.run(facts.current_grants, passes, rejoining=True)
        layer: Any = get_channel_layer()
        for (channel, holder), verdict in zip(holders.items(), verdicts, strict=True):
            if not differs(holder, verdict) or self.holders.get(channel) is not holder:
                continue
            try:
                # The consumer's own channel, so that it handles one message at a time.
                await layer.send(channel, {"type": "rights_changed"})
            except (*AWAY, ChannelFull) as exc:
                logger.info("x %s was not told about changed rights: %s", channel, exc)


_rights: WeakKeyDictionary[asyncio.AbstractEventLoop, Rights] = WeakKeyDictionary()


def rights() -> Rights:
    """The check of the running event loop: one per process, and one per test."""
    return _rights.setdefault(asyncio.get_running_loop(), Rights())
