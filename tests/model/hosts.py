"""A host in the model: its watchdog, and one life of a worker after the other.

The rooms and participants are the worker's own. Only what reaches outside is replaced: the bus, the
beat's way to Redis, and the transport of a connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sfu_worker import wire
from sfu_worker.call.participant import Participant
from sfu_worker.call.presence import Leases
from sfu_worker.call.room import Room
from sfu_worker.call.rooms import Rooms
from tests.model.store import Away

if TYPE_CHECKING:
    from tests.model.world import World

BEAT_SECONDS = 1.0
# A hung worker is killed after so long, and the spare is there after a moment.
HUNG_SECONDS = 2.0
SPARE_SECONDS = 0.5
DRAIN_SECONDS = 30.0
# As ``sfu_worker.net``: no answer to consent checks.
CONSENT_SECONDS = 20.0


class Life:
    """One life of a worker."""

    def __init__(self, host: Host, name: str) -> None:
        self.name = name
        self.world = host.world
        self.inbox: list[tuple[float, wire.Command, int]] = []
        # Since when it drains.
        self.draining: float | None = None
        self._out: list[tuple[str, str, wire.Event, int]] = []
        self._host = host
        self._beats = 0
        self._beat_due = self.world.now
        self.leases = Leases()
        self.rooms = Rooms(self, self._make)

    def _make(self, slug: str, fence: int) -> Room:
        lent: Any = self
        return Room(slug, fence, self, self, lent, self.leases)

    # What the rooms need of the bus and of the registry

    def tell(self, reply: str, event: wire.Event, fence: int = 0) -> None:
        self._out.append(("one", reply, event, fence))

    def tell_group(self, room: str, event: wire.Event, fence: int) -> None:
        self._out.append(("group", room, event, fence))

    def call(self, *_: Any) -> None:
        """The record of calls is no part of the model."""

    def kick(self) -> None:
        self._beat_due = self.world.now

    # Its loop

    def run(self) -> None:
        """What the event loop does, if it turns."""
        now = self.world.now
        if now >= self._beat_due:
            self._beat_due = now + BEAT_SECONDS
            self._beat()
            for room in self.rooms.all:
                for p in list(room.participants.values()):
                    room._check(p, now)
            self.rooms.forget_empty()
        waiting, self.inbox = self.inbox, []
        for sent, command, fence in waiting:
            if now - sent < wire.EXPIRY_SECONDS:
                self.rooms.handle(command, fence, now)
        self._check_media(now)
        self._flush()

    def _beat(self) -> None:
        self._beats += 1
        store, now = self.world.store, self.world.now
        held: dict[str, dict[str, Any]] = {
            slug: {
                "epoch": room.epoch,
                "people": len(room.people),
                "started": room.started,
                "fence": room.fence,
                "n": room.n,
                "channels": room.channels,
            }
            for slug, room in self.rooms.held.items()
        }
        report = {
            "worker": self.name,
            "beat": self._beats,
            "load": 0.0,
            "rooms": len(held),
            "draining": self.draining is not None,
            "busy": self._host.busy,
        }
        live = {slug: (room["fence"], json.dumps(room)) for slug, room in held.items()}
        sockets = Leases.wanted(p.reply for room in self.rooms.held.values() for p in room.people)
        try:
            fences = store.beat(self.name, json.dumps(report), live)
            leases = {process: store.get(wire.web_key(process)) or {} for process in sockets}
        except Away:
            return
        asked = {
            process: [leases[process].get(name) for name in ("beat", *channels)]
            for process, channels in sockets.items()
        }
        self.leases.take(sockets, asked, now)
        for slug, fence in fences.items():
            self.rooms.kept(slug, held[slug]["epoch"], held[slug]["fence"], fence, now)

    def _flush(self) -> None:
        while self._out:
            how, target, event, fence = self._out.pop(0)
            if self.world.store.away:
                return  # one event is lost with each attempt, as at the real bus
            if how == "one":
                self.world.tell(target, event, fence)
            else:
                self.world.tell_group(target, event, fence)

    def _check_media(self, now: float) -> None:
        for room in self.rooms.all:
            for p in list(room.participants.values()):
                media: Any = p.connection
                if media is not None:
                    media.check(p, room, now)


class Media:
    """A connection without a network: it lives while the page reaches it."""

    def __init__(self, world: World, worker: str, epoch: str) -> None:
        self.connected = False
        self.slots: dict[str, Any] = {}
        self._world = world
        self._place = (worker, epoch)
        self._since = world.now

    def check(self, p: Participant, room: Any, now: float) -> None:
        """Notice that media begins or ends."""
        page = self._world.pages.get(p.id)
        if page is not None and page.reaches(*self._place):
            self._since = now
            if not self.connected:
                self.connected = True
                for track in p.tracks.values():
                    track.layers = track.layers or [object()]  # type: ignore[list-item]
                    room.first_packet(track)
        elif page is None or page.has_closed(*self._place) or now - self._since > CONSENT_SECONDS:
            self.connected = False
            room.disconnected(p, "dtls")

    def close(self, now: float) -> Any:
        self.connected = False
        return _Done()

    def lives(self, now: float) -> bool:
        return self.connected

    def is_with(self, offer: Any) -> bool:
        return True


class _Done:
    """The task of a transport that has closed."""

    def add_done_callback(self, callback: Callable[[Any], Any]) -> None:
        callback(self)


class Host:
    """``up`` is false while the host is unplugged; ``stopped`` while no process on it runs.

    ``hung`` is since when the worker alone stands still.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.stopped = False
        self.hung: float | None = None
        self.busy = False
        self.life: Life | None = None
        self._lives = 0
        self._begin_at: float | None = world.now
        self._untold: list[str] = []

    def answers(self, worker: str) -> bool:
        """Whether packets to this life of the worker are forwarded."""
        running = self.life is not None and not self.stopped and self.hung is None
        return running and self.life is not None and self.life.name == worker

    def run(self) -> None:
        """The watchdog, then the worker."""
        if self.stopped:
            return
        self._watch()
        if self.life is not None and self.hung is None:
            self.life.run()

    def drain(self) -> None:
        """As on SIGTERM. The model's host starts the worker again when it has ended."""
        if self.life is not None and self.life.draining is None:
            self.life.draining = self.world.now
            self.life.kick()
            self.world.changed()

    def _drained(self, life: Life) -> bool:
        if life.draining is None:
            return False
        return not life.rooms.participants or self.world.now - life.draining > DRAIN_SECONDS

    def _watch(self) -> None:
        if self.life is not None and self.hung is None and self._drained(self.life):
            self.kill()
        if self.hung is not None and self.world.now - self.hung > HUNG_SECONDS:
            self.kill()
        if self.life is None and self._begin_at is not None and self.world.now >= self._begin_at:
            self._lives += 1
            self.life = Life(self, f"{self.name}-{self._lives}")
        try:
            while self._untold:
                body = json.dumps({"worker": self._untold[0], "dead": True})
                self.world.store.put(wire.worker_key(self._untold[0]), body, wire.DEAD_SECONDS)
                self._untold.pop(0)
                self.world.changed()
        except Away:
            pass

    def kill(self) -> None:
        """The worker's process ends at once; the watchdog notices, and the spare begins."""
        self.hung = None
        if self.life is not None:
            self._untold.append(self.life.name)
            self.life = None
            self._begin_at = self.world.now + SPARE_SECONDS
