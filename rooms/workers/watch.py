"""Keeps everyone in a call where their room is: one loop per process, which never gives up.

Once a second, and at once when anyone publishes on ``wire.CHANGED_CHANNEL``, it looks at Redis.
Each seat that must enter again (``rooms.workers.seats``) is told so on its own channel, by
``seat_due``, at every look until it need not any more. So no single message must arrive.

The look also renews this process' lease (``wire.web_key``), from which the workers see which pages
still have somebody who speaks for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms.workers import seats, sfu
from rooms.workers.layer import AWAY
from rooms.workers.pulse import Live, Pulse, Report
from rooms.workers.seats import Reason, Seat, View
from sfu_worker import wire

logger = logging.getLogger(__name__)

STEP_SECONDS = 1.0

# However often something changes, this much time is between two looks.
REST_SECONDS = 0.1

WEB_TTL_MS = int(wire.WEB_TTL_SECONDS * 1000)


@dataclass
class Watch:
    """The seats of one process by their channels, and what the last look saw."""

    seats: dict[str, Seat] = field(default_factory=dict)
    pulse: Pulse = field(default_factory=Pulse)
    view: View | None = None
    _beats: int = 0
    _listed: frozenset[str] = frozenset()
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _failure: str = ""
    _away: bool = False

    def sit(self, seat: Seat) -> None:
        """Watch over a seat from now on."""
        self.seats[seat.channel] = seat
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def rise(self, channel: str) -> None:
        """Forget a seat. The loop ends by itself when none is left, and Redis knows it."""
        if self.seats.pop(channel, None) is not None:
            self._changed.set()

    def due(self, seat: Seat) -> Reason | None:
        """Why the seat must enter again, as of the last look."""
        return seats.due(seat, self.view, time.monotonic()) if self.view is not None else None

    async def _run(self) -> None:
        while self.seats or self._listed:  # a seat may come while the listener ends
            async with Listener(self._changed) as listener:
                await self._look_while_needed(listener)
        # Nobody looks from now on. A worker that was silent last may live when the next seat comes.
        self.pulse, self.view = Pulse(), None

    async def _look_while_needed(self, listener: Listener) -> None:
        while self.seats or self._listed:
            await self._rest()
            if await self._try_to_look():
                listener.listen()
            else:
                # Its connection may be dead without knowing it.
                listener.stop()

    async def _rest(self) -> None:
        await asyncio.sleep(REST_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STEP_SECONDS - REST_SECONDS):
                await self._changed.wait()
        self._changed.clear()

    async def _try_to_look(self) -> bool:
        """Look, and tell the seats that are due. False: Redis is away."""
        try:
            await self.step(time.monotonic())
            self._failure = ""
        except (sfu.Unavailable, *AWAY, TimeoutError) as exc:
            self._say_away(exc)
            self.pulse.missed()
            self._listed = self._listed if self.seats else frozenset()
            return False
        except Exception as exc:
            # Everyone in this process depends on the watch, so no error may end it.
            if self._failure != repr(exc):
                logger.exception("x the watch failed once and continues")
            self._failure = repr(exc)
        self._say_back()
        return True

    def _say_away(self, exc: Exception) -> None:
        """Once per outage: the pages ask all the time."""
        level = logging.DEBUG if self._away else logging.WARNING
        logger.log(level, "x Redis is away, media goes on: %s", exc)
        self._away = True

    def _say_back(self) -> None:
        if self._away:
            logger.info("- Redis is back")
        self._away = False

    async def step(self, now: float) -> None:
        """Look once, and tell the consumers whose seats are due."""
        self._beats += 1
        listed = frozenset(self.seats)
        era_before = self.pulse.era
        self.view = await look(self.seats.values(), self.pulse, now, self._leases())
        self._listed = listed
        if era_before not in (None, self.view.era):
            logger.warning("- Redis came back empty: everyone joins again")
        for seat in self.seats.values():
            seat.see(self.view)
        await _tell([channel for channel, seat in self.seats.items() if self.due(seat)])

    def _leases(self) -> dict[str, dict[Any, Any]]:
        """The content of ``wire.web_key`` by process: this one. Tests may have more."""
        leases: dict[str, dict[Any, Any]] = {}
        for channel in self._listed | set(self.seats):
            if process := wire.process_of(channel):
                leases.setdefault(process, {"beat": str(self._beats)})
                if channel in self.seats:
                    leases[process][channel] = "1"
        return leases


async def look(
    seats: Iterable[Seat], pulse: Pulse, now: float, leases: Mapping[str, Mapping[Any, Any]]
) -> View:
    """Write the leases, and read everything that the seats depend on.

    Raises the client's errors and TimeoutError.
    """
    rooms = sorted({seat.room for seat in seats})
    async with asyncio.timeout(sfu.TIMEOUT_SECONDS):
        # A transaction, so that nobody reads a lease without its channels.
        pipe = sfu.client().pipeline(transaction=True)
        for process, fields in leases.items():
            pipe.delete(wire.web_key(process))
            pipe.hset(wire.web_key(process), mapping={**fields})
            pipe.pexpire(wire.web_key(process), WEB_TTL_MS)
        pipe.set(wire.ERA_KEY, secrets.token_hex(8), nx=True)
        pipe.get(wire.ERA_KEY)
        pipe.smembers(wire.WORKERS_KEY)
        pipe.mget([wire.room_key(room) for room in rooms] or [wire.ERA_KEY])
        pipe.mget([wire.live_key(room) for room in rooms] or [wire.ERA_KEY])
        *_, era, members, held, lives = await pipe.execute()
        claims = {
            room: wire.Claim.parse(raw.decode())
            for room, raw in zip(rooms, held, strict=False)
            if raw
        }
        workers = sorted(
            {member.decode() for member in members} | {claim.worker for claim in claims.values()}
        )
        keys = [wire.worker_key(worker) for worker in workers]
        found = await sfu.client().mget(keys) if keys else []
    reports = {name: Report.parse(raw) for name, raw in zip(workers, found, strict=True)}
    pulse.answered(now, era.decode(), reports)
    read = {room: Live.parse(raw) for room, raw in zip(rooms, lives, strict=False)}
    return View(
        began=now,
        era=era.decode(),
        claims=claims,
        workers=pulse.living,
        lives={room: live for room, live in read.items() if live is not None},
        quiet=pulse.quiet(now),
    )


async def _tell(channels: Iterable[str]) -> None:
    """Tell each of them. If a channel is full, the next look tells it again."""
    layer: Any = get_channel_layer()
    full = 0
    for channel in channels:
        try:
            # The consumer's own channel, so that it handles one message at a time.
            await layer.send(channel, {"type": "seat_due"})
        except ChannelFull:
            full += 1
    if full:
        logger.warning("x %d consumers do not read their messages; they are told again", full)


class Listener:
    """Sets ``changed`` for each message on ``wire.CHANGED_CHANNEL``. Without Redis it is silent."""

    def __init__(self, changed: asyncio.Event) -> None:
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        # The last unexpected error: a repeated one is logged only once.
        self._failure = ""

    async def __aenter__(self) -> Listener:
        return self

    async def __aexit__(self, *_: object) -> None:
        task = self._task
        self.stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    def listen(self) -> None:
        """Listen, if this is not done already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Stop listening, until ``listen`` is called."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        try:
            async with sfu.client().pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe(wire.CHANGED_CHANNEL)
                async for _ in pubsub.listen():
                    self._changed.set()
        except AWAY as exc:
            logger.debug("x nobody says when workers change: %s", exc)
        except Exception as exc:
            # The looks go on once a second, and each begins to listen again.
            if self._failure != repr(exc):
                logger.exception("x nobody says when workers change")
            self._failure = repr(exc)


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def watch() -> Watch:
    """The watch of the running event loop: one per process, and one per test."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())
