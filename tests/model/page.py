"""A person's page in the model: what it wants, what was confirmed, and what it does about that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfu_worker import wire
from tests.model.web import Consumer, Web

if TYPE_CHECKING:
    from tests.model.hosts import Host
    from tests.model.world import World

ROOM = "garden"
RETRY_SECONDS = 1.0
ANSWER_SECONDS = 5.0
# From an answer to media, and from new media to the end of the old connection.
CONNECT_SECONDS = 0.3
LINGER_SECONDS = 1.0
# Unanswered questions after which a page opens another socket.
PATIENCE = 3


@dataclass(slots=True)
class Link:
    """A connection of the page. ``up`` is when media flows; ``over`` is when the page closes it."""

    host: Host
    worker: str
    epoch: str
    offered: float
    tries: int = 0
    up: float | None = None
    over: float | None = None

    def carries(self, now: float) -> bool:
        """Whether media flows."""
        open_ = self.up is not None and self.up <= now and (self.over is None or now < self.over)
        return open_ and self.host.answers(self.worker)


class Page:
    """``gone``: it was closed. ``cut``: its socket is cut until then, in the model's time."""

    def __init__(self, world: World, name: str, *, muted: bool = False) -> None:
        self.world = world
        self.name = name
        self.gone = False
        self.muted = self.always_muted = muted
        self.cut = 0.0
        self.consumer: Consumer | None = None
        self.link: Link | None = None
        self.old: list[Link] = []
        self.epoch = ""
        self.people: dict[str, bool] = {}
        self.ended = ""
        self._n = 0
        self._socket = 0
        self._resumed = False
        self._due = 0.0
        self._asked: float | None = None
        self._questions = 0

    def run(self) -> None:
        """Compare what is wanted with what was confirmed, and act."""
        now = self.world.now
        if self.gone or now < self.cut:
            return
        if self.consumer is None:
            if now >= self._due:
                self._join()
            return
        self._insist(now)

    def _join(self) -> None:
        now = self.world.now
        self._due = now + RETRY_SECONDS
        webs = [web for web in self.world.webs if not web.stopped]
        if not webs:
            return
        web: Web = self.world.chance.choice(webs)
        self._socket += 1
        socket = self._socket

        def hear(kind: str, body: Any) -> None:
            if socket == self._socket and self.consumer is not None:
                self._hear(kind, body)

        self.consumer = web.open(
            ROOM, self.name, f"seat of {self.name}", hear, take=not self._resumed
        )
        self._asked, self._questions = now, 0

    def _insist(self, now: float) -> None:
        assert self.consumer is not None
        if self._asked is not None and now - self._asked > ANSWER_SECONDS:
            self._questions += 1
            if self._questions >= PATIENCE:
                return self.lose_socket()
            self._asked = now
            self.consumer.send(wire.Snapshot(ROOM, self.name, self.consumer.seat.channel))
        if self.link is None:
            return
        if self.link.up is None:
            if now - self.link.offered > ANSWER_SECONDS:
                if self.link.tries >= PATIENCE:
                    self.link = None
                    return self.lose_socket()
                self._offer(self.link)
        elif self.people.get(self.name) not in (None, self.muted) and now >= self._due:
            self._due = now + RETRY_SECONDS
            self._tell_muted()
        elif not self.link.carries(now) and self._asked is None and now >= self._due:
            # It failed. The next room_state begins another one.
            self._due = now + ANSWER_SECONDS
            self.link = None
            self._ask()

    def _tell_muted(self) -> None:
        assert self.consumer is not None
        reply = self.consumer.seat.channel
        self.consumer.send(wire.Mute(ROOM, self.name, "microphone", self.muted, reply))

    def _ask(self) -> None:
        self._asked, self._questions = self.world.now, 0
        if self.consumer is not None:
            self.consumer.send(wire.Snapshot(ROOM, self.name, self.consumer.seat.channel))

    def _offer(self, link: Link) -> None:
        assert self.consumer is not None
        link.offered = self.world.now
        link.tries += 1
        muted = ["microphone"] if self.muted else []
        reply = self.consumer.seat.channel
        self.consumer.send(
            wire.Offer(ROOM, self.name, link.epoch, {"0": "microphone"}, 1, muted, reply)
        )

    # What it is told

    def _hear(self, kind: str, body: Any) -> None:
        if self.gone or self.world.now < self.cut:
            return
        match kind:
            case "room_state":
                self._snapshot(*body)
            case "event":
                self._event(body)
            case "ended":
                self._removed(body)
            case _:
                pass  # words only

    def _snapshot(self, state: wire.RoomState, claim: wire.Claim) -> None:
        self._resumed, self._asked, self._n = True, None, state.n
        self.epoch = state.epoch
        muted = {track.participant: track.muted for track in state.tracks}
        self.people = {person.id: muted.get(person.id, False) for person in state.people}
        if self.name not in muted:
            self.people[self.name] = self.muted  # nothing to compare with yet
        host = self.world.host_of(claim.worker)
        if host is None or (self.link is not None and self.link.epoch == state.epoch):
            return
        if self.link is not None:
            self.old.append(self.link)
        self.link = Link(host, claim.worker, state.epoch, self.world.now)
        self._offer(self.link)

    def _event(self, event: Any) -> None:
        if isinstance(event, wire.Answer):
            if self.link is not None and self.link.epoch == event.sdp:
                self._answered(self.link)
            return
        if getattr(event, "epoch", None) != self.epoch or event.n <= self._n:
            return
        if event.n != self._n + 1:
            if self._asked is None:
                self._ask()
            return
        self._n = event.n
        if isinstance(event, wire.ParticipantJoined):
            self.people[event.person.id] = False
        elif isinstance(event, wire.ParticipantLeft):
            self.people.pop(event.participant, None)
        elif isinstance(event, wire.TrackPublished):
            self.people[event.track.participant] = event.track.muted
        elif isinstance(event, wire.TrackMuted):
            self.people[event.track.partition(":")[0]] = event.muted

    def _answered(self, link: Link) -> None:
        if link.up is not None:
            return
        link.up = self.world.now + CONNECT_SECONDS
        for old in self.old:
            old.over = min(old.over or link.up + LINGER_SECONDS, link.up + LINGER_SECONDS)

    def _removed(self, event: wire.Removed | wire.Refused) -> None:
        why = event.why if isinstance(event, wire.Removed) else event.code
        if why == "timeout":
            return self.lose_socket()
        self.ended = why

    # What happens to it

    def lose_socket(self) -> None:
        """The WebSocket ends; the page joins again, as the same page."""
        if self.consumer is not None:
            self.consumer.web.close(self.consumer)
        self.consumer, self._asked = None, None
        self._due = self.world.now + RETRY_SECONDS

    def close(self) -> None:
        """The tab is closed: no goodbye, only sockets that end."""
        self.lose_socket()
        self.gone = True
        for link in [*self.old, *([self.link] if self.link else [])]:
            link.over = self.world.now

    def mute(self, muted: bool) -> None:
        """Press the button."""
        self.muted, self.always_muted = muted, False
        if self.consumer is not None and self.link is not None:
            self._tell_muted()

    def has_closed(self, worker: str, epoch: str) -> bool:
        """Whether the page has told that room's transport that it is over."""
        links = [*self.old, *([self.link] if self.link else [])]
        mine = [link for link in links if link.worker == worker and link.epoch == epoch]
        now = self.world.now
        return bool(mine) and all(link.over is not None and link.over <= now for link in mine)

    def reaches(self, worker: str, epoch: str) -> bool:
        """Whether media flows between this page and that room of a worker."""
        return any(
            link.worker == worker and link.epoch == epoch and link.carries(self.world.now)
            for link in [*self.old, *([self.link] if self.link else [])]
        )
