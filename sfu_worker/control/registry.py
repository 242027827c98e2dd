"""What a worker writes to Redis: that it lives, its load, its rooms, and the record of calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import redis.asyncio
import redis.exceptions

from sfu_worker import numbers, wire
from sfu_worker.config import is_life_of
from sfu_worker.control import claims
from sfu_worker.control.load import Load
from sfu_worker.tasks import Complaints, end, repeat, start

logger = logging.getLogger("sfu.registry")

BEAT_SECONDS = 1.0
# A worker whose report is the same after this does not live: it would have sent two others.
BURY_SECONDS = 2.5
# People of a worker that drains move to others one by one.
DRAIN_BEAT_SECONDS = 0.25
# Entries in the stream of calls, and entries that may wait while Redis is away.
CALLS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """A room as others see it in Redis.

    ``started`` is Unix seconds, ``n`` the number of its last event.
    """

    epoch: str
    people: int
    started: float
    fence: int
    n: int = 0
    channels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What operators are told of the worker and of its rooms, by slug.

    ``worker`` is None in its first second.
    """

    worker: numbers.WorkerNumbers | None = None
    rooms: Mapping[str, numbers.RoomNumbers] = field(default_factory=dict)


class Holder(Protocol):
    """What the registry needs of the worker."""

    def live(self) -> Mapping[str, LiveRoom]:
        """The rooms that the worker believes to hold, by slug."""

    def told(self) -> Numbers:
        """What operators are told."""

    def sockets(self) -> Mapping[str, Sequence[str]]:
        """The channels whose leases are to be read, by web process."""

    def answered(
        self,
        rooms: Mapping[str, LiveRoom],
        sockets: Mapping[str, Sequence[str]],
        answer: claims.Answer,
    ) -> None:
        """What Redis said to a beat with these rooms and sockets."""


class Registry:
    """Refreshes the worker's keys once a second and writes the stream of calls."""

    def __init__(
        self,
        redis_url: str,
        worker: str,
        place: str,
        addresses: list[str],
        holder: Holder,
        on_broken: Callable[[BaseException], None] = lambda _: None,
        load: Load | None = None,
        reach: Callable[[], list[str]] = list,
    ) -> None:
        self._redis = redis.asyncio.Redis.from_url(redis_url, decode_responses=True)
        self._worker = worker
        # With port 0 other workers may share the place.
        self._place = "" if place.endswith("-0-") else place
        self._addresses = addresses
        self._reach = reach
        self._holder = holder
        self._beats = 0
        self._on_broken = on_broken
        # Whether others should look at the keys at once.
        self._news = True
        self._buried = False
        # What earlier lives said of themselves at our start, and when we read it.
        self._earlier: dict[str, Any] | None = None
        self._earlier_at = 0.0
        self._load = load or Load(time.monotonic())
        self._kick = asyncio.Event()
        self._calls: list[dict[str, str]] = []
        self._task: asyncio.Task[None] | None = None
        self.draining = False
        # While draining: whether another worker takes rooms; None if Redis did not say.
        self.others: bool | None = None

    def drain(self) -> None:
        """Tell everyone, as soon as possible, that this worker wants to be empty."""
        self.draining = self._news = True
        self.kick()

    async def start(self) -> None:
        """Begin the heartbeat."""
        beating = repeat(self._step, "the heartbeat", Complaints(logger))
        self._task = start(beating, self._on_broken)

    async def _bury(self, now: float) -> bool:
        """Tell that this worker's earlier lives are dead: nobody should wait for their keys.

        ``now`` is in monotonic seconds. False: it is not sure yet that they are. A worker on
        another machine has the same names if that machine has our host name, as copies have.
        """
        found = [str(name) for name in await self._redis.smembers(wire.WORKERS_KEY)]
        names = [
            name
            for name in found
            if self._place and is_life_of(name, self._place) and name != self._worker
        ]
        reports: dict[str, Any] = {
            name: await self._redis.get(wire.worker_key(name)) for name in names
        }
        if self._earlier is None:
            self._earlier, self._earlier_at = reports, now
        if names and now - self._earlier_at < BURY_SECONDS:
            return False
        pipe = self._redis.pipeline(transaction=True)
        for name, report in reports.items():
            if report == self._earlier.get(name):
                wire.bury(pipe, name)
            else:
                logger.warning(
                    "x %s has the same name: give each worker its own SFU_WORKER or SFU_PORT", name
                )
        await pipe.execute()
        return True

    async def stop(self) -> None:
        """Sign off, so that nobody waits for the worker's keys to expire."""
        if self._task:
            await end(self._task)
        try:
            await self._write_calls()
            pipe = self._redis.pipeline(transaction=True)
            wire.bury(pipe, self._worker)
            await pipe.execute()
        except (redis.exceptions.RedisError, OSError) as exc:
            logger.warning("x could not sign off: %s", exc)
        await self._redis.aclose()

    def call(self, room: str, epoch: str, event: str, people: int) -> None:
        """Record that a call has ``started``, ``peak`` or ``ended``; the next beat writes it."""
        self._calls.append(
            {
                "room": room,
                "epoch": epoch,
                "event": event,
                "at": f"{time.time():.3f}",
                "people": str(people),
            }
        )
        del self._calls[:-CALLS_KEPT]
        self.kick()

    def kick(self) -> None:
        """Write the keys now: a room has begun or ended, or the worker has become busy."""
        self._kick.set()

    async def _step(self) -> None:
        # Clear before the beat: a kick during the beat wants another one at once.
        self._kick.clear()
        try:
            if not self._buried:
                self._buried = await self._bury(time.monotonic())
            await self.beat()
        except (redis.exceptions.RedisError, OSError) as exc:
            logger.debug("x no heartbeat: %s", exc)
            self.others = None
        pause = DRAIN_BEAT_SECONDS if self.draining else BEAT_SECONDS
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._kick.wait(), pause)

    async def beat(self) -> None:
        """Write everything once, and learn which rooms are ours."""
        rooms, sockets = self._holder.live(), self._holder.sockets()
        self._beats += 1
        body = {
            "worker": self._worker,
            "beat": self._beats,
            "load": round(self._load.value, 3),
            "rooms": len(rooms),
            "people": sum(room.people for room in rooms.values()),
            "draining": self.draining,
            "busy": self._load.busy,
            "addresses": self._addresses,
            "reach": self._reach(),
        }
        # A room's key is never deleted; it expires. A join that was placed here a moment ago and
        # one that comes now must meet in the same room.
        live = {slug: (room.fence, json.dumps(asdict(room))) for slug, room in rooms.items()}
        news, self._news = self._news, False
        try:
            answer = await claims.beat(self._redis, self._worker, json.dumps(body), live, sockets)
            news |= any(rooms[slug].fence != fence for slug, fence in answer.fences.items())
            self._holder.answered(rooms, sockets, answer)
            pipe = self._redis.pipeline(transaction=True)
            self._add_numbers(pipe)
            if news:
                pipe.publish(wire.CHANGED_CHANNEL, "")
            await pipe.execute()
        except BaseException:
            self._news |= news
            raise
        if self.draining:
            self.others = await claims.others(self._redis, self._worker)
        await self._write_calls()

    def _add_numbers(self, pipe: Any) -> None:
        told, ttl = self._holder.told(), claims.WORKER_TTL_MS
        if told.worker is not None:
            pipe.set(wire.worker_numbers_key(self._worker), numbers.encode(told.worker), px=ttl)
        for slug, room in told.rooms.items():
            pipe.set(wire.room_numbers_key(slug), numbers.encode(room), px=ttl)

    async def _write_calls(self) -> None:
        while self._calls:
            fields: Any = self._calls[0]
            await self._redis.xadd(wire.CALLS_STREAM, fields, maxlen=CALLS_KEPT)
            self._calls.pop(0)
