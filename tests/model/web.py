"""A web process and its seats in the model: ``rooms.workers.seats`` with everything around it.

``enter`` and ``look`` are what the consumers and the watch do, without sockets.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rooms.workers import placing, pulse, seats
from sfu_worker import wire
from tests.model.store import Away

if TYPE_CHECKING:
    from tests.model.world import World

LOOK_SECONDS = 1.0

_names = itertools.count(1)


class Consumer:
    """One page's WebSocket in a web process. ``tell`` reaches the page, unless it is cut."""

    def __init__(
        self, web: Web, seat: seats.Seat, tell: Callable[[str, Any], None], *, take: bool
    ) -> None:
        self.web = web
        self.seat = seat
        self.tell = tell
        self.take = take

    def enter(self, *, newcomer: bool = False) -> bool:
        """The one act of a seat: join its room at whoever holds it."""
        world, seat = self.web.world, self.seat
        try:
            era = world.store.era()
            world.groups.setdefault((era, seat.room), set()).add(seat.channel)
            found = world.store.place(seat.room, newcomer=newcomer, dead=self.web.pulse.dead)
            if found is None or found == placing.CROWDED:
                return False
            claim = wire.Claim.parse(found)
            seat.ask(claim, era, world.now)
            world.command(claim, self._join())
        except Away:
            return False
        self.take = False
        return True

    def _join(self) -> wire.Join:
        seat = self.seat
        return wire.Join(
            seat.room,
            seat.participant,
            seat.participant,
            "speaker",
            True,
            seat.channel,
            seat=seat.id,
            take=self.take,
        )

    def send(self, command: wire.Command) -> None:
        """A message of the page, for the holder."""
        if self.seat.asked is None:
            return
        try:
            self.web.world.command(self.seat.asked, command)
        except Away:
            self.tell("error", "unavailable")

    def hear(self, event: wire.Event, fence: int) -> None:
        """An event from the channel layer."""
        now = self.web.world.now
        seat, epoch, n = self.seat, getattr(event, "epoch", None), getattr(event, "n", 0)
        state = isinstance(event, wire.RoomState)
        if state and seat.knows_more(epoch or "", n):
            return
        if not (state and seat.confirm(fence, epoch or "", n, now)) and not seat.hears(
            fence, epoch
        ):
            return
        seat.heard(n)
        if state:
            self.tell("room_state", (event, seat.confirmed))
        elif isinstance(event, wire.Refused) and event.code == "not_in_room":
            seat.doubt()
        elif isinstance(event, wire.Removed | wire.Refused):
            self.tell("ended", event)
        else:
            self.tell("event", event)

    def judge(self, view: seats.View) -> None:
        """Enter again if the seat is not where it should be."""
        self.seat.see(view)
        reason = seats.due(self.seat, view, self.web.world.now)
        if reason is None:
            return
        if reason in seats.LOST and self.seat.lose():
            self.tell("worker_lost", None)
        self.enter()


class Web:
    """A web process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.name = f"web{next(_names)}"
        self.pulse = pulse.Pulse()
        self.consumers: dict[str, Consumer] = {}
        self.stopped = False
        self._beat = 0
        self._due = world.now
        self._channels = itertools.count(1)

    def open(
        self,
        room: str,
        participant: str,
        page: str,
        tell: Callable[[str, Any], None],
        *,
        take: bool,
    ) -> Consumer | None:
        """A page connects and joins. None: there is no worker, and the page tries again."""
        channel = f"{self.name}!{next(self._channels)}"
        consumer = Consumer(self, seats.Seat(channel, room, participant, page), tell, take=take)
        if not consumer.enter(newcomer=take):
            return None
        self.consumers[channel] = consumer
        self.world.channels[channel] = consumer
        return consumer

    def close(self, consumer: Consumer) -> None:
        """The socket has ended. The worker is told, if that is possible."""
        self.consumers.pop(consumer.seat.channel, None)
        self.world.channels.pop(consumer.seat.channel, None)
        seat = consumer.seat
        consumer.send(wire.Detach(seat.room, seat.participant, seat.channel))

    def run(self) -> None:
        """Look and write the lease, once a second."""
        if self.stopped or self.world.now < self._due:
            return
        self._due = self.world.now + LOOK_SECONDS
        try:
            self._lease()
            view = self._look()
        except Away:
            self.pulse.missed()
            return
        for consumer in list(self.consumers.values()):
            consumer.judge(view)

    def look_soon(self) -> None:
        """Something has changed."""
        self._due = self.world.now

    def _lease(self) -> None:
        self._beat += 1
        lease = {"beat": str(self._beat)} | dict.fromkeys(self.consumers, "1")
        self.world.store.put(wire.web_key(self.name), lease, wire.WEB_TTL_SECONDS)

    def _look(self) -> seats.View:
        store, now = self.world.store, self.world.now
        era = store.era()
        rooms = {consumer.seat.room for consumer in self.consumers.values()}
        held = {room: store.get(wire.room_key(room)) for room in rooms}
        claims = {room: wire.Claim.parse(raw) for room, raw in held.items() if raw}
        known = set(store.get(wire.WORKERS_KEY) or ()) | {c.worker for c in claims.values()}
        reports = {name: pulse.Report.parse(store.get(wire.worker_key(name))) for name in known}
        lives = {room: pulse.Live.parse(store.get(wire.live_key(room))) for room in rooms}
        self.pulse.answered(now, era, reports)
        return seats.View(
            began=now,
            era=era,
            claims=claims,
            workers=self.pulse.living,
            lives={room: live for room, live in lives.items() if live},
            quiet=self.pulse.quiet(now),
        )
