"""The worker: commands to rooms, timers for all of them, start and end.

An error costs the command, the room or the timer in which it happens, never the others. If a task
that everyone needs is broken for good, ``broken`` is set and the process ends. It is started again,
and people are back within seconds; they would never get back to a worker that hears nobody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence

from sfu_worker import sdp, wire
from sfu_worker.call.connection import Host
from sfu_worker.call.participant import Participant
from sfu_worker.call.presence import Leases
from sfu_worker.call.room import Room
from sfu_worker.config import Config
from sfu_worker.control import claims
from sfu_worker.control.bus import Bus
from sfu_worker.control.registry import LiveRoom, Numbers, Registry
from sfu_worker.control.worker_meter import WorkerMeter
from sfu_worker.net.dtls import Certificate
from sfu_worker.net.port import MediaPort
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
        self.rooms: dict[str, Room] = {}
        self.port = MediaPort(config.listen, config.port)
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
        self._handlers: dict[type, Callable[..., None]] = {
            wire.Leave: self._leave,
            wire.Detach: self._detach,
            wire.Offer: self._offer,
            wire.PatchIce: self._patch_ice,
            wire.Slots: self._slots,
            wire.Mute: self._mute,
            wire.Snapshot: self._snapshot,
            wire.Remove: self._remove,
        }

    async def start(self) -> None:
        """Open the port, then announce the worker."""
        await self.port.start()
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
        participants = [p for room in self.rooms.values() for p in room.participants.values()]
        if self._timer:
            await end(self._timer)
        now = time.monotonic()
        for room in list(self.rooms.values()):
            for p in list(room.participants.values()):
                room.drop(p, "", now)
        self.port.flush()
        await asyncio.gather(*(p.closed() for p in participants))
        if self._registry:
            await self._registry.stop()
        await self.port.stop()
        await self._bus.stop()
        logger.info("- worker %s has ended", self.config.worker)

    def _on_broken(self, exc: BaseException) -> None:
        if not self.broken.is_set():
            logger.critical("x this worker cannot go on and ends: %s", exc, exc_info=exc)
        self.broken.set()

    # What the registry writes and reads (Holder)

    def live(self) -> dict[str, LiveRoom]:
        """The rooms that this worker believes to hold."""
        return {
            room.slug: LiveRoom(room.epoch, len(room.people), room.started, room.fence, room.seats)
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
        self._leases.take(sockets, answer.leases, time.monotonic())
        for slug, fence in answer.fences.items():
            if slug in self.rooms:
                self.rooms[slug].fence = fence

    def told(self) -> Numbers:
        """What operators are told."""
        return Numbers(
            self.numbers,
            {room.slug: room.numbers for room in self.rooms.values() if room.numbers is not None},
        )

    # Commands

    def handle(self, cmd: wire.Command, fence: int) -> None:
        """Carry out one command that is for the holder with this fence."""
        now = time.monotonic()
        if isinstance(cmd, wire.Drain):
            return
        known = self.rooms.get(cmd.room)
        if known is not None and fence < known.born:
            logger.info("- %s: a late %s is ignored", cmd.room, type(cmd).__name__)
        elif isinstance(cmd, wire.Join):
            self._join(cmd, fence, now)
        elif isinstance(cmd, wire.CloseRoom):
            self._close_room(cmd, now)
        else:
            room = known
            p = room.participants.get(cmd.participant) if room else None
            if room is None or p is None:
                # A client that believes it is here learns better from its next join.
                logger.debug("x %s for somebody who is not here", type(cmd).__name__)
                if isinstance(cmd, wire.Leave | wire.PatchIce) and cmd.reply:
                    # An HTTP client waits for the answer.
                    self._bus.tell(cmd.reply, wire.Refused(wire.NAMES[type(cmd)], "not_in_room"))
                return
            self._handlers[type(cmd)](room, p, cmd, now)
        self.port.flush()
        self._forget_empty()

    def _join(self, cmd: wire.Join, fence: int, now: float) -> None:
        assert self._registry is not None
        assert self._host is not None
        room = self.rooms.get(cmd.room)
        if room is None:
            room = Room(cmd.room, fence, self._bus, self._registry, self._host, self._leases)
            self.rooms[cmd.room] = room
        room.fence = fence
        room.join(cmd, now)

    def _leave(self, room: Room, p: Participant, cmd: wire.Leave, now: float) -> None:
        if cmd.seat and cmd.seat != p.seat:
            return
        room.drop(p, "", now)
        if cmd.reply:
            self._bus.tell(cmd.reply, wire.Removed("left"))

    def _detach(self, room: Room, p: Participant, cmd: wire.Detach, now: float) -> None:
        room.detach(p, cmd.reply)

    def _offer(self, room: Room, p: Participant, cmd: wire.Offer, now: float) -> None:
        room.offer(p, cmd, now)

    def _patch_ice(self, room: Room, p: Participant, cmd: wire.PatchIce, now: float) -> None:
        self._bus.tell(cmd.reply, p.patch_ice(cmd))

    def _slots(self, room: Room, p: Participant, cmd: wire.Slots, now: float) -> None:
        room.set_slots(p, cmd.slots, now)

    def _mute(self, room: Room, p: Participant, cmd: wire.Mute, now: float) -> None:
        room.mute(p, cmd.source, cmd.muted)

    def _snapshot(self, room: Room, p: Participant, cmd: wire.Snapshot, now: float) -> None:
        room.snapshot(p)

    def _remove(self, room: Room, p: Participant, cmd: wire.Remove, now: float) -> None:
        room.drop(p, "removed", now)

    def _close_room(self, cmd: wire.CloseRoom, now: float) -> None:
        room = self.rooms.get(cmd.room)
        for p in list(room.participants.values()) if room else []:
            assert room is not None
            room.drop(p, "closed", now)

    def _forget_empty(self) -> None:
        for slug in [slug for slug, room in self.rooms.items() if not room.participants]:
            del self.rooms[slug]

    # Timers

    async def _run_timers(self) -> None:
        self._due = time.monotonic()
        await repeat(self._tick, "a timer", self._complaints)

    async def _tick(self) -> None:
        self._ticks += 1
        now = time.monotonic()
        late = now - self._due
        # Count from when the tick was due, not from now; otherwise the period grows with the load.
        self._due = max(self._due + TICK_SECONDS, now)
        for room in list(self.rooms.values()):
            try:
                self._tick_room(room, self._ticks, now)
            except Exception:
                # An error in one room must not stop the timers of the others.
                self._complaints.tell("the timer of a room", room.slug)
        self._forget_empty()
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
