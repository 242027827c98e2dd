"""Brings everyone in a call to where the room is: one watcher per process.

Once a second it reads from Redis which workers live, and where the rooms of this process are. A
consumer whose room is elsewhere is told so on its own channel (``sfu_moved``). A Redis that came
back empty has forgotten the groups too: then everyone is told to enter again (``sfu_again``).

Both messages are repeated every second until the consumer's seat is right. A message may be lost,
if its channel is full or the consumer could not act on it; nothing depends on a single one.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms.workers import sfu
from rooms.workers.layer import AWAY
from sfu_worker import wire

logger = logging.getLogger(__name__)

STEP_SECONDS = 1.0

# After an outage of Redis the workers need a moment to report. Until then no worker counts as dead.
QUIET_SECONDS = 2 * wire.WORKER_TTL_SECONDS


@dataclass(frozen=True, slots=True)
class Seat:
    """A consumer (its channel) in a room on a worker.

    ``era`` is the watch's era when the consumer began to join its group; None if unknown.
    """

    channel: str
    room: str
    worker: str
    era: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What Redis says: which workers live, and which worker holds which room."""

    era: str
    alive: frozenset[str]
    holder: Mapping[str, str]


def misplaced(seats: Iterable[Seat], view: View) -> list[Seat]:
    """The seats whose worker is dead, whose room has moved, or whose worker forgot the room."""
    return [
        seat
        for seat in seats
        if seat.worker not in view.alive or view.holder.get(seat.room) != seat.worker
    ]


@dataclass
class Watch:
    """The seats of one process, and the last view."""

    seats: dict[str, Seat] = field(default_factory=dict)
    era: str | None = None
    _quiet_until: float = 0.0
    _suspects: set[Seat] = field(default_factory=set)
    _task: asyncio.Task[None] | None = None
    _failure: str = ""

    def sit(self, seat: Seat) -> None:
        """Watch over a consumer from now on."""
        self.seats[seat.channel] = seat
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def rise(self, channel: str) -> None:
        """Forget a consumer. The watcher ends by itself when no seat is left."""
        self.seats.pop(channel, None)

    def settled(self, channel: str) -> bool:
        """Whether this consumer has joined its group in the current Redis."""
        seat = self.seats.get(channel)
        return seat is not None and seat.era == self.era

    async def _run(self) -> None:
        while self.seats:
            await asyncio.sleep(STEP_SECONDS)
            try:
                await self.step(time.monotonic())
                self._failure = ""
            except (sfu.Unavailable, *AWAY) as exc:
                logger.debug("x the workers could not be read: %s", exc)
                self._quiet_until = time.monotonic() + QUIET_SECONDS
            except Exception as exc:
                # Everyone in this process depends on the watch, so no error may end it.
                if self._failure != repr(exc):
                    logger.exception("x the watch failed once and continues")
                self._failure = repr(exc)

    async def step(self, now: float) -> None:
        """Look once, and tell the consumers whose seats are wrong."""
        view = await look(self.seats.values())
        self._note_era(view.era, now)
        await _tell((s for s in self.seats.values() if s.era != self.era), "sfu_again")
        if now < self._quiet_until:
            self._suspects = set()
            return
        wrong = set(misplaced(self.seats.values(), view))
        # A dead worker is certain. A room's key may be missing for a moment between two writes, so
        # it counts when it is seen twice.
        certain = {
            seat for seat in wrong if seat.worker not in view.alive or seat in self._suspects
        }
        self._suspects = wrong
        await _tell(certain, "sfu_moved")

    def _note_era(self, era: str, now: float) -> None:
        if self.era is None:  # the first look: everyone has just joined
            self.seats = {name: replace(seat, era=era) for name, seat in self.seats.items()}
        elif self.era != era:
            logger.warning("- Redis came back empty: everyone joins again")
            self._quiet_until = now + QUIET_SECONDS
        self.era = era


async def look(seats: Iterable[Seat]) -> View:
    """Read from Redis, once, everything that the seats depend on."""
    seats = list(seats)
    rooms = sorted({seat.room for seat in seats})
    async with asyncio.timeout(sfu.TIMEOUT_SECONDS):
        pipe = sfu.client().pipeline(transaction=False)
        pipe.set(wire.ERA_KEY, secrets.token_hex(8), nx=True)
        pipe.get(wire.ERA_KEY)
        pipe.mget([wire.room_key(room) for room in rooms] or [wire.ERA_KEY])
        _, era, holders = await pipe.execute()
        holder = {
            room: wire.Claim.parse(raw.decode()).worker
            for room, raw in zip(rooms, holders, strict=False)
            if raw
        }
        workers = sorted({seat.worker for seat in seats} | set(holder.values()))
        found = (
            await sfu.client().mget([wire.worker_key(worker) for worker in workers])
            if workers
            else []
        )
    alive = frozenset(worker for worker, raw in zip(workers, found, strict=True) if wire.lives(raw))
    return View(era=era.decode(), alive=alive, holder=holder)


async def _tell(seats: Iterable[Seat], what: str) -> None:
    """Tell each of them. If a channel is full, the next step tells it again."""
    layer: Any = get_channel_layer()
    full = 0
    for seat in list(seats):
        try:
            # The consumer's own channel, so that it handles one message at a time.
            await layer.send(seat.channel, {"type": what, "worker": seat.worker})
        except ChannelFull:
            full += 1
    if full:
        logger.warning("x %d consumers do not read their messages; %s is sent again", full, what)


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def watch() -> Watch:
    """The watch of the running event loop: one per process, and one per test."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())
