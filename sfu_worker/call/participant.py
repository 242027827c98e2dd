"""Who is in the room: a person, stream or viewer, with their tracks and their connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf
from typing import Protocol

from sfu_worker import wire
from sfu_worker.call.connection import Connection, Host
from sfu_worker.call.ice_patch import patch_ice
from sfu_worker.call.negotiation import Sender, agree, read_offer
from sfu_worker.call.presence import Presence
from sfu_worker.call.tally import Tally
from sfu_worker.down.slot import Slot
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack


class Audience(Protocol):
    """What a participant tells their room; see ``connection.Owner``."""

    def first_packet(self, track: UpTrack) -> None: ...

    @property
    def level(self) -> Callable[[UpLayer, int, float], None]: ...

    def connected(self, participant: Participant) -> None: ...

    def disconnected(self, participant: Participant, why: str) -> None: ...

    def bound(self, participant: Participant, slot: Slot) -> None: ...


class Participant:
    """One person, stream or viewer in a room. Their tracks and counts outlive a connection."""

    def __init__(self, join: wire.Join, host: Host, audience: Audience) -> None:
        self.id = join.participant
        self.introduce(join)
        self.role = join.role
        self.hand = 0
        self.kind = join.kind
        self.publish = join.publish
        self.follow = join.follow
        self.reply = join.reply
        self.owner = join.owner
        self.max_people = join.max_people
        # When they arrived; infinite before.
        self.arrived_at = inf
        # Whether the socket behind ``reply`` was said to be closed.
        self.detached = False
        self.presence = Presence()
        self.connection: Connection | None = None
        self.tracks: dict[str, UpTrack] = {}
        self.tally = Tally()
        self._host = host
        self._audience = audience
        self._closing: set[asyncio.Task[None]] = set()

    def introduce(self, join: wire.Join) -> None:
        """What a join says of them, the first time and when they come back."""
        self.name, self.link, self.photo = join.name, join.link, join.photo
        self.unnamed = join.unnamed
        self.held = join.held
        self.seat, self.socket = join.seat, join.socket

    @property
    def arrived(self) -> bool:
        """Whether they count: people do at once, streams and viewers when they have connected."""
        return self.arrived_at < inf

    @property
    def visible(self) -> bool:
        """Whether the others see them: not WHEP viewers, nor streams that have not connected."""
        return self.kind != "whep" and self.arrived

    @property
    def person(self) -> wire.Person:
        """As the others see them."""
        return wire.Person(
            id=self.id,
            name=self.name,
            role=self.role,
            stream=self.kind == "whip",
            link=self.link,
            photo=self.photo,
            hand=self.hand,
            held=list(self.held),
            unnamed=self.unnamed,
        )

    @property
    def media_at(self) -> float:
        """When their last packet of media came; before the first, when they arrived."""
        layers = [layer for track in self.tracks.values() for layer in track.layers]
        return max([self.arrived_at, *(layer.last_at for layer in layers)])

    @property
    def slots(self) -> dict[str, Slot]:
        """The slots of the current connection."""
        return self.connection.slots if self.connection is not None else {}

    # The connection

    def answer(self, text: str, sources: dict[str, str], now: float) -> wire.Answer:
        """Answer an offer. Raises SdpError, and then nothing has changed.

        An offer of another peer than the current one begins another connection.
        """
        offer = read_offer(self.kind, text)
        current = self.connection
        if current is not None and not current.is_with(offer):
            current = None
        ssrcs = current.ssrcs if current is not None else {}
        terms = agree(Sender(self.kind, self.publish), offer, sources, ssrcs)
        connection = current or Connection(self._host, self, self.tally)
        answer = connection.answer(terms)
        # Nothing has changed until here, and nothing fails from here on.
        if current is None:
            self.disconnect(now)
            self.connection = connection
        tracks = {
            m.mid: self._track(terms.sources[m.mid], m.kind)
            for m in terms.media
            if m.direction == "recvonly"
        }
        connection.accept(terms, tracks)
        return wire.Answer(answer, ice_session=connection.transport.ufrag)

    def _track(self, source: str, kind: str) -> UpTrack:
        if source not in self.tracks:
            self.tracks[source] = UpTrack(f"{self.id}:{source}", self.id, source, kind)
        return self.tracks[source]

    def patch_ice(self, cmd: wire.PatchIce) -> wire.IcePatched | wire.Refused:
        """Take a trickle ICE fragment; nothing but ICE changes."""
        if self.connection is None or self.connection.tagged is None:
            return wire.Refused("patch_ice", "not_in_room")
        transport, tagged = self.connection.transport, self.connection.tagged
        return patch_ice(cmd, transport, tagged, self._host.candidates)

    def silence(self, now: float) -> list[UpTrack]:
        """Take no more media in, though the connection stays. Returns the tracks that ended."""
        if self.connection is not None:
            self.connection.silence(now)
        gone = list(self.tracks.values())
        self.tracks.clear()
        return gone

    def disconnect(self, now: float) -> None:
        """Close the connection, if there is one; the participant stays."""
        if self.connection is not None:
            task = self.connection.close(now)
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            self.connection = None

    async def closed(self) -> None:
        """Wait until the peers of all connections that were closed have been told."""
        await asyncio.gather(*self._closing, return_exceptions=True)

    # What the connection tells its owner

    @property
    def first_packet(self) -> Callable[[UpTrack], None]:
        """As the room takes it."""
        return self._audience.first_packet

    @property
    def level(self) -> Callable[[UpLayer, int, float], None]:
        """As the room takes it."""
        return self._audience.level

    def connected(self) -> None:
        """Media can flow."""
        self._audience.connected(self)

    def disconnected(self, why: str) -> None:
        """The transport has ended by itself."""
        self._audience.disconnected(self, why)

    def bound(self, slot: Slot) -> None:
        """A slot has switched to another layer."""
        self._audience.bound(self, slot)
