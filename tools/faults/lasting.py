"""The media of one client: connections that outlive one another, as the call page makes them.

A new one is made beside the old one, which goes on until the new one has taken over
(static/rooms/room/reconcile.js).
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sfu_worker.light_client import Hub, Media, Plan, Receiver

Message = dict[str, Any]

# As the page: a new connection takes over within this time, or all at once. The old one sends at
# least so long beside it.
TAKE_OVER_SECONDS = 3.0
SENDS_ON_SECONDS = 1.5
CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 5.0
# From a wish to its confirmation by the worker, before it is told again.
CONFIRM_SECONDS = 2.0
# Chromium calls a connection disconnected after five seconds, and the page gives it five more.
SILENT_SECONDS = 10.0


@dataclass(eq=False)
class Line:
    """One connection, made for an ``epoch`` of the room. Times are monotonic seconds."""

    media: Media
    epoch: str
    made_at: float
    # The tracks that have come over it.
    heard: set[str]
    offers: list[int] = field(default_factory=list)
    offer_due: float = math.inf
    answered: bool = False
    unknown: bool = False
    connected_at: float = math.inf
    bound: dict[str, str] = field(default_factory=dict)
    tell_due: float = math.inf

    @property
    def connected(self) -> bool:
        """Whether media can flow."""
        return self.connected_at < math.inf and not self.media.link.ended.is_set()

    def __str__(self) -> str:
        word = "connected" if self.connected else "answered" if self.answered else "offered"
        return f"{self.epoch[:6]} {word} {len(self.bound)} slots"

    def fit(self, now: float) -> bool:
        """Whether the worker knows it, and has not been silent for long."""
        silent = self.connected and now - self.media.link.answered_at > SILENT_SECONDS
        return not self.unknown and not silent


class Lasting:
    """Methods return what must be sent to the server now.

    ``muted`` are the sources that are muted; ``made`` counts connections. ``names`` gets the track
    of each stream that is sent, and ``heard`` is called with each packet's stream and time.
    """

    def __init__(
        self,
        hub: Hub,
        name: str,
        plan: Plan,
        pairs: int,
        names: dict[int, str],
        heard: Callable[[int, float], None],
    ) -> None:
        self.muted: set[str] = set()
        self.lines: list[Line] = []
        self.made = 0
        self._hub, self._name, self._plan, self._pairs = hub, name, plan, pairs
        self._names, self._heard = names, heard
        self._me = self._epoch = ""
        self._tracks: dict[str, Message] = {}
        self._failures, self._failed = 0, False
        self._open_due = -math.inf
        self._offers = 0
        self._closing: list[Line] = []

    @property
    def newest(self) -> Line | None:
        """The connection that the worker speaks of."""
        return self.lines[-1] if self.lines else None

    @property
    def lost(self) -> int:
        """Packets that did not come, of all connections that still exist."""
        return sum(line.media.receiver.lost for line in self.lines)

    # What the server says

    def enter(self, state: Message, fresh: bool) -> None:
        """A room_state: this is where the call is now. ``fresh``: the first over this socket."""
        if state["epoch"] != self._epoch and not fresh:
            self._open_due = -math.inf
        self._me, self._epoch, self._failed = state["you"], state["epoch"], False
        newest = self.newest
        if newest is None:
            return
        if newest.epoch == self._epoch:
            newest.unknown = newest.answered and not state["resumed"]
            if fresh:
                # What was on its way over the old socket is lost.
                newest.tell_due = 0.0
                newest.offer_due = 0.0 if not newest.answered else math.inf

    def doubt(self) -> None:
        """The worker or the server may be gone: until the next room_state nothing is opened."""
        self._epoch = ""

    def tracks(self, tracks: dict[str, Message]) -> None:
        """All tracks of the room, as they are now."""
        self._tracks = tracks
        newest = self.newest
        if newest is None or newest.epoch != self._epoch:
            return
        wanted = set(newest.media.wanted.values())
        for gone in wanted - set(tracks):
            newest.media.forget(gone)
        for track in tracks.values():
            if track["participant"] != self._me and track["id"] not in wanted:
                newest.media.want(track)
                newest.tell_due = 0.0

    async def accept(self, answer: Message) -> None:
        """The answer to an offer. One to an offer that was repeated counts once."""
        newest = self.newest
        if newest is None or newest.answered or answer["id"] not in newest.offers:
            return
        newest.answered, newest.offer_due, newest.tell_due = True, math.inf, 0.0
        await newest.media.accept(answer["sdp"])

    def told(self, event: Message) -> None:
        """A slot_bound or slot_paused."""
        if self.newest is not None:
            self.newest.bound[event["mid"]] = event["track"]

    def refused(self, now: float) -> None:
        """The worker has refused the offer."""
        if self.newest is not None:
            self._fail(self.newest, now)

    # What is due

    def wants_state(self, now: float) -> bool:
        """Whether only a room_state can help: it says where the room is, or that it is gone."""
        newest = self.newest
        needed = self._failed or newest is None or not newest.fit(now)
        return needed and now >= self._open_due

    def step(self, now: float, online: bool) -> list[Message]:
        """Compare what is wanted with what there is."""
        for line in list(self.lines):
            late = not line.connected and now - line.made_at > CONNECT_SECONDS
            if line.media.link.ended.is_set() or late:
                self._fail(line, now)
        right = next(
            (line for line in reversed(self.lines) if line.epoch == self._epoch and line.fit(now)),
            None,
        )
        if right is not None:
            self._keep(right, now)
        elif self._epoch and now >= self._open_due and online:
            self._open(now)
        newest = self.newest
        return self._tell(newest, now) if newest and online and self._epoch else []

    def _keep(self, right: Line, now: float) -> None:
        """Close what is newer than the right one, and what is older once it has taken over."""
        at = self.lines.index(right)
        covers = all(line.heard & set(self._tracks) <= right.heard for line in self.lines[:at])
        beside = now - right.connected_at
        older = right.connected and beside >= (SENDS_ON_SECONDS if covers else TAKE_OVER_SECONDS)
        for line in (*self.lines[at + 1 :], *(self.lines[:at] if older else ())):
            self._drop(line)

    def _open(self, now: float) -> None:
        serving = next((line for line in reversed(self.lines) if line.connected), None)
        for line in [line for line in self.lines if line is not serving]:
            self._drop(line)
        heard: set[str] = set()

        def note(stream: int, at: float) -> None:
            if stream in self._names:
                heard.add(self._names[stream])
            self._heard(stream, at)

        def begin() -> None:
            line.connected_at, self._failures = time.monotonic(), 0
            for stream, source in zip(line.media.streams, self._plan.sources, strict=True):
                self._names[stream.name] = f"{self._me}:{source}"

        receiver = Receiver(note)
        media = Media(self._hub, self._name, self._plan, receiver, self._pairs, on_connected=begin)
        line = Line(media, self._epoch, now, heard, offer_due=0.0)
        self.lines.append(line)
        self.made += 1
        self.tracks(self._tracks)

    def _tell(self, line: Line, now: float) -> list[Message]:
        """What its worker does not know, or may have missed."""
        if line.epoch != self._epoch:
            return []
        if now >= line.offer_due:
            self._offers += 1
            line.offers.append(self._offers)
            line.offer_due = now + min(30.0, ANSWER_SECONDS * 2 ** (len(line.offers) - 1))
            muted = sorted(self.muted & set(self._plan.sources))
            return [line.media.offer(self._offers) | ({"muted": muted} if muted else {})]
        if not line.answered or now < line.tell_due:
            return []
        told = [*self._mutes(), {"type": "slots", "slots": line.media.requests()}]
        sure = all(line.bound.get(mid) == track for mid, track in line.media.wanted.items())
        if line.tell_due > 0.0 and sure and not self._disputed():
            line.tell_due = now + CONFIRM_SECONDS
            return []
        line.tell_due = now + CONFIRM_SECONDS
        return told

    def _mutes(self) -> list[Message]:
        return [
            {"type": "mute", "source": source, "muted": source in self.muted}
            for source in self._plan.sources
        ]

    def _disputed(self) -> bool:
        """Whether the room says something else of our own tracks than we do."""
        return any(
            track["muted"] != (track["source"] in self.muted)
            for track in self._tracks.values()
            if track["participant"] == self._me
        )

    def rebind(self) -> None:
        """Go on from other ports, as when the network has changed."""
        for line in self.lines:
            line.media.rebind()

    # Ends

    def _fail(self, line: Line, now: float) -> None:
        if line is self.newest:
            full = min(10.0, 0.5 * 2**self._failures)
            self._open_due = now + full / 2 + full / 2 * random.random()
            self._failures += 1
            # Only a room_state says whether this worker still has the room.
            self._epoch, self._failed = "", True
        self._drop(line)

    def _drop(self, line: Line) -> None:
        self.lines.remove(line)
        self._closing.append(line)

    async def clear(self) -> None:
        """Close the connections that are no longer needed."""
        while self._closing:
            await self._closing.pop().media.close()

    async def close(self) -> None:
        """Close them all."""
        for line in list(self.lines):
            self._drop(line)
        await self.clear()

    def vanish(self) -> None:
        """Send nothing any more, not even that it ends. ``close`` later frees the sockets."""
        for line in self.lines:
            line.media.pause()
            self._hub.links.discard(line.media.link)
