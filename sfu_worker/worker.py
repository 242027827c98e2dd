"""The worker: commands to rooms, timers for all of them, start and end.

An error costs the command, the room or the timer in which it happens, never the others. If a task
that everyone needs is broken for good, ``broken`` is set and the process ends. It is started again,
and people are back within seconds; they would never get back to a worker that hears nobody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence

from sfu_worker import sdp, wire
from sfu_worker.call.connection import Host
from sfu_worker.call.presence import Leases
from sfu_worker.call.room import Room
from sfu_worker.call.rooms import Rooms
from sfu_worker.config import Config
from sfu_worker.control import claims
from sfu_worker.control.bus import Bus
from sfu_worker.control.drain import Drain
from sfu_worker.control.registry import LiveRoom, Numbers, Registry
from sfu_worker.control.worker_meter import WorkerMeter
from sfu_worker.net.dtls import Certificate
from sfu_worker.net.port import MediaPort
from sfu_worker.net.reach import Reach
from sfu_worker.numbers import WorkerNumbers
from sfu_worker.tasks import Complaints, end, repeat, start
from sfu_worker.up.batch import Batch

logger = logging.getLogger("sfu.worker")

TICK_SECONDS = 0.025
FEEDBACK_TICKS = 2
REFRESH_TICKS = 10
REPORT_TICKS = 40


class Worker:
    """One media worker process."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.port = MediaPort(config.listen, config.port)
        self._reach = Reach(self.port)
        # As of the last report.
        self.numbers: WorkerNumbers | None = None
        self._meter = WorkerMeter(config.worker)
        self._ticks = 0
        self._due = 0.0
        self._batch = Batch()
        self.port.on_batch_end = self._batch.deliver
        self.broken = asyncio.Event()
        self._complaints = Complaints(logger)
        self._bus = Bus(config.redis_url, config.worker, self.handle, self._on_broken)
        self._leases = Leases()
        self._registry: Registry | None = None
        self._host: Host | None = None
        self._timer: asyncio.Task[None] | None = None
        self._rooms = Rooms(self._bus, self._make_room)
        self._drain = Drain()

    @property
    def rooms(self) -> dict[str, Room]:
        """The rooms that this worker holds, by slug."""
        return self._rooms.held

    async def start(self) -> None:
        """Open the port, then announce the worker."""
        await self.port.start()
        self._reach.start()
        candidates = sdp.candidates(self.config.announce, self.port.port)
        self._host = Host(self.port, self._batch, Certificate(), candidates)
        addresses = [f"{address}:{self.port.port}" for address in self.config.announce]
        config = self.config
        self._registry = Registry(
            config.redis_url,
            config.worker,
            config.place,
            addresses,
            self,
            self._on_broken,
            self._meter.load,
            lambda: [self._reach.ufrag, self._reach.pwd],
        )
        self._bus.start()
        await self._registry.start()
        self._timer = start(self._run_timers(), self._on_broken)
        logger.info(
            "- worker %s on UDP and TCP port %d, announced as %s",
            self.config.worker,
            self.port.port,
            ", ".join(addresses),
        )

    async def stop(self) -> None:
        """End in the order of docs/architecture.md: timers, people, keys, port, bus."""
        participants = self._rooms.participants
        if self._timer:
            await end(self._timer)
        # Their calls go on at another worker: nobody hears that anybody left.
        now = time.monotonic()
        for room in list(self.rooms.values()):
            self._rooms.retire(room, now)
        for room in self._rooms.retired:
            for p in list(room.participants.values()):
                room.drop(p, "", now)
        self.port.flush()
        await asyncio.gather(*(p.closed() for p in participants))
        if self._registry:
            await self._registry.stop()
        await self.port.stop()
        await self._bus.stop()
        logger.info("- worker %s has ended", self.config.worker)

    # Draining

    def drain(self) -> None:
        """Let the people here move to other workers, and take new rooms only if nobody else can."""
        if self._registry is not None and not self._registry.draining:
            logger.info("- worker %s drains", self.config.worker)
            self._registry.drain()

    @property
    def draining(self) -> bool:
        """Whether the worker wants to be empty."""
        return self._registry is not None and self._registry.draining

    @property
    def drained(self) -> bool:
        """Whether the drain is over: nobody is here any more, or nobody has anywhere to go."""
        alone = self._drain.nowhere(time.monotonic())
        return self.draining and (alone or not self._rooms.participants)

    def _step_drain(self, now: float) -> None:
        assert self._registry is not None
        self._drain.note(self._registry.others, now)
        if self._drain.others:
            self._rooms.retire_streams(now)

    def _on_broken(self, exc: BaseException) -> None:
        if not self.broken.is_set():
            logger.critical("x this worker cannot go on and ends: %s", exc, exc_info=exc)
        self.broken.set()

    # What the registry writes and reads (Holder)

    def live(self) -> dict[str, LiveRoom]:
        """The rooms that this worker believes to hold."""
        return {
            room.slug: LiveRoom(
                room.epoch, len(room.people), room.started, room.fence, room.n, room.channels
            )
            for room in self.rooms.values()
        }

    def sockets(self) -> dict[str, list[str]]:
        """The channels of everyone who is in from a call page, by web process."""
        people = (p for room in self.rooms.values() for p in room.participants.values())
        return self._leases.wanted(p.reply for p in people if p.kind == "call")

    def answered(
        self,
        rooms: Mapping[str, LiveRoom],
        sockets: Mapping[str, Sequence[str]],
        answer: claims.Answer,
    ) -> None:
        """Note what Redis says of the rooms and sockets that it was asked about."""
        now = time.monotonic()
        self._leases.take(sockets, answer.leases, now)
        for slug, fence in answer.fences.items():
            room = rooms[slug]
            self._rooms.kept(slug, room.epoch, room.fence, fence, now)

    def told(self) -> Numbers:
        """What operators are told."""
        return Numbers(
            self.numbers,
            {room.slug: room.numbers for room in self.rooms.values() if room.numbers is not None},
        )

    # Commands

    def handle(self, cmd: wire.Command, fence: int) -> None:
        """Carry out one command that is for the holder with this fence."""
        if isinstance(cmd, wire.Drain):
            self.drain()
            return
        self._rooms.handle(cmd, fence, time.monotonic())
        self.port.flush()

    def _make_room(self, slug: str, fence: int) -> Room:
        assert self._registry is not None
        assert self._host is not None
        return Room(slug, fence, self._bus, self._registry, self._host, self._leases)

    # Timers

    async def _run_timers(self) -> None:
        self._due = time.monotonic()
        await repeat(self._tick, "a timer", self._complaints)

    async def _tick(self) -> None:
        self._ticks += 1
        now = time.monotonic()
        late = now - self._due
        if late > wire.WORKER_TTL_SECONDS and self._registry:
            # Others may hold our rooms by now: ask before anything else is done.
            self._registry.kick()
        # Count from when the tick was due, not from now; otherwise the period grows with the load.
        self._due = max(self._due + TICK_SECONDS, now)
        for room in self._rooms.all:
            try:
                self._tick_room(room, self._ticks, now)
            except Exception:
                # An error in one room must not stop the timers of the others.
                self._complaints.tell("the timer of a room", room.slug)
        self._rooms.forget_empty()
        if self.draining:
            self._step_drain(now)
        try:
            self._measure(late, now)
        except Exception:
            self._complaints.tell("measuring the worker")
        # Last, so that no error before it keeps media from leaving.
        self.port.flush()
        await asyncio.sleep(self._due - time.monotonic())

    def _measure(self, late: float, now: float) -> None:
        meter, port = self._meter, self.port
        if meter.tick(late, port.take_waited(), lambda: port.datagrams, now):
            if meter.load.busy:
                logger.warning("x busy, newcomers go to other workers: %s", meter.load.shares)
            else:
                logger.info("- no longer busy")
            if self._registry:
                self._registry.kick()
        if self._ticks % REPORT_TICKS == 0:
            self.numbers = meter.measure(list(self.rooms), port.datagrams, now)

    def _tick_room(self, room: Room, count: int, now: float) -> None:
        room.tick(now)
        if count % FEEDBACK_TICKS == 0:
            room.send_feedback()
        if count % REFRESH_TICKS == 0:
            room.refresh(now)
        if count % REPORT_TICKS == 0:
            room.report(now)
