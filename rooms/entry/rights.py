"""Checks that everyone in a call may still do what they do, once a second for each process.

A right can be lost in many ways: a role is lowered, an invite revoked or expired, a room closed, a
person removed, an account disabled. A message for each of these could be lost. Instead, compare the
tables with what each seat was given, and with what the worker last reported of it. A seat that
differs is told on its own channel (``rights_changed``), every second until it agrees.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms import database
from rooms.entry import facts
from rooms.entry.access import Refusal
from rooms.entry.facts import RoomNow, Standing
from rooms.entry.passes import Pass
from rooms.roles import Grant
from rooms.workers import sfu, waiting
from rooms.workers.layer import AWAY

logger = logging.getLogger(__name__)

STEP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the worker last reported of somebody. ``role`` is empty before the first report."""

    role: str = ""
    held: tuple[str, ...] = ()

    def agrees(self, grant: Grant) -> bool:
        """Whether the worker knows what they may do, as far as it has said."""
        return not self.role or (self.role, list(self.held)) == (grant.role.value, grant.silenced)


NOT_TOLD = Told()


class Holder(Protocol):
    """Somebody in a call: what they may do, and what the worker and the page were told."""

    @property
    def pass_(self) -> Pass: ...
    @property
    def grant(self) -> Grant: ...
    @property
    def told(self) -> Told: ...
    @property
    def settings(self) -> RoomNow: ...
    @property
    def name(self) -> str: ...
    @property
    def unnamed(self) -> bool: ...
    @property
    def slug(self) -> str: ...
    @property
    def waits(self) -> bool: ...
    @property
    def waiters(self) -> tuple[str, ...]: ...


# Who waits in each room with a waiting room, by slug.
Lists = Mapping[str, tuple[str, ...]]


def differs(holder: Holder, standing: Standing, lists: Lists) -> bool:
    """Whether to tell them."""
    if holder.waits:
        return isinstance(standing.verdict, Refusal) or not standing.waits
    if holder.grant.moderate and lists.get(holder.slug, holder.waiters) != holder.waiters:
        return True
    verdict = verdict_of(holder, standing)
    return (
        verdict != holder.grant
        or standing.room != holder.settings
        or name_of(holder, standing) != holder.name
        or not holder.told.agrees(holder.grant)
    )


def name_of(holder: Holder, standing: Standing) -> str:
    """Their name: a host may name those who gave none."""
    return standing.name if holder.unnamed and standing.name else holder.name


def verdict_of(holder: Holder, standing: Standing) -> Grant | Refusal:
    """What they may do. Nothing, if the call that they are in was ended for everyone."""
    ended = standing.room.ended != holder.settings.ended
    return Refusal.call_ended if ended else standing.verdict


@dataclass
class Rights:
    """Everyone in a call at this process, by the channel of their consumer."""

    holders: dict[str, Holder] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None
    _trouble: str = ""
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)

    def hurry(self) -> None:
        """Something has changed for many: look now."""
        self._hurry.set()

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
        standings = await database.run(_standings, list(holders.values()))
        lists = await _who_waits(holders.values(), standings)
        layer: Any = get_channel_layer()
        for (channel, holder), standing in zip(holders.items(), standings, strict=True):
            if not differs(holder, standing, lists) or self.holders.get(channel) is not holder:
                continue
            try:
                # The consumer's own channel, so that it handles one message at a time.
                await layer.send(channel, {"type": "rights_changed"})
            except (*AWAY, ChannelFull) as exc:
                logger.info("x %s was not told about changed rights: %s", channel, exc)


def _standings(holders: Sequence[Holder]) -> list[Standing]:
    """What each is worth now: those who wait are not in yet."""
    found: dict[int, Standing] = {}
    for waits in (False, True):
        some = [(at, holder.pass_) for at, holder in enumerate(holders) if holder.waits is waits]
        read = facts.standings([pass_ for _, pass_ in some], rejoining=not waits) if some else []
        found |= {at: standing for (at, _), standing in zip(some, read, strict=True)}
    return [found[at] for at in range(len(holders))]


async def _who_waits(holders: Iterable[Holder], standings: Iterable[Standing]) -> Lists:
    """For the hosts among the holders. Without Redis nothing is known, and nothing has changed."""
    rooms = {
        holder.slug: bool(standing.room.waiting_room)
        for holder, standing in zip(holders, standings, strict=True)
        if holder.grant.moderate and not holder.waits
    }
    used = [slug for slug, waiting_room in rooms.items() if waiting_room]
    try:
        found = await waiting.in_rooms(used) if used else {}
    except sfu.Unavailable:
        return {}
    lists = {slug: tuple(each.participant for each in people) for slug, people in found.items()}
    return dict.fromkeys(rooms, ()) | lists


_rights: WeakKeyDictionary[asyncio.AbstractEventLoop, Rights] = WeakKeyDictionary()


def rights() -> Rights:
    """The check of the running event loop: one per process, and one per test."""
    return _rights.setdefault(asyncio.get_running_loop(), Rights())
