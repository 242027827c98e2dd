"""Checks that everyone in a call may still do what they do, once a second for each process.

A right can be lost in many ways: a role is lowered, an invite revoked or expired, a room closed, a
person removed, an account disabled. A message for each of these could be lost. Instead, compare the
tables with what each seat was given, and with what the worker last reported of it. A seat that
differs is told on its own channel (``rights_changed``), every second until it agrees.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

from rooms import database
from rooms.entry import facts
from rooms.entry.access import Refusal
from rooms.entry.facts import RoomNow, Standing
from rooms.entry.passes import Pass
from rooms.entry.rounds import Rounds
from rooms.roles import Grant
from rooms.workers import sfu, waiting


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


class Rights(Rounds[Holder]):
    """Everyone in a call at this process."""

    async def changed(self, holders: dict[str, Holder]) -> list[str]:
        standings = await database.run(_standings, list(holders.values()))
        lists = await _who_waits(holders.values(), standings)
        return [
            channel
            for (channel, holder), standing in zip(holders.items(), standings, strict=True)
            if differs(holder, standing, lists)
        ]


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
