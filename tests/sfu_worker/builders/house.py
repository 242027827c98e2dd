"""A worker with a room, and guests who write down each packet that they hear."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sfu_worker.config import Config
from sfu_worker.light_client import Hub, LightClient, Plan, WorkerSignalling, open_layer
from sfu_worker.light_client.receiving import Receiver
from sfu_worker.light_client.sending import STAMP, STAMP_AT, Stream
from sfu_worker.rtp.header import PLAIN
from sfu_worker.up.backlog import BACKLOG_PACKETS
from sfu_worker.worker import Worker
from tests.sfu_worker.edge import until

SILENT, LOUD = 127, 30
CROWD = 14


@dataclass(frozen=True)
class Heard:
    """A packet of sound. ``number`` is the sender's own count."""

    ssrc: int
    seq: int
    timestamp: int
    marker: bool
    stream: int
    number: int


class Ears(Receiver):
    """Writes down each packet, retransmissions included."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Heard] = []

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        super().on_rtp(view, start, end, now)
        first, second, seq, timestamp, ssrc = PLAIN.unpack_from(view, start)
        at = start + 12
        if first & 0x10:
            at += 4 + 4 * (view[at + 2] << 8 | view[at + 3])
        if first & 0x20:
            return  # padding
        if second & 0x7F in self.rtx_types:
            at += 2
        stream, number, _, _ = STAMP.unpack_from(view, at + STAMP_AT)
        self.heard.append(Heard(ssrc, seq, timestamp, bool(second & 0x80), stream, number))

    def of(self, stream: Stream, since: int = 0) -> list[Heard]:
        return [h for h in self.heard if h.stream == stream.name and h.number >= since]


class Guest(LightClient):
    """Sends a microphone, and notes the RTP timestamp of each packet.

    A ``picky`` guest puts nobody into a pair by itself.
    """

    def __init__(
        self, hub: Hub, signalling: WorkerSignalling, pairs: int, voices: int, plan: Plan
    ) -> None:
        super().__init__(hub, "Guest", signalling, plan, pairs, voices)
        self.ears = Ears()
        self.receiver = self.ears
        self.picky = False
        self.line = signalling
        self.sent: dict[int, int] = {}

    def _want(self, track: dict[str, Any]) -> None:
        if not self.picky:
            super()._want(track)

    async def choose(self, track: str) -> None:
        """Wish for a track in a pair."""
        self.picky = False
        await self.watch(track, "audio")
        self.picky = True

    def _on_connected(self) -> None:
        super()._on_connected()
        assert self.link is not None
        send = self.link.send_rtp

        def note(packet: bytes) -> None:
            # Header and extensions of these packets vary in length; the count is the stream's own.
            self.sent[self.microphone.count] = PLAIN.unpack_from(packet)[3]
            send(packet)

        self.link.send_rtp = note  # type: ignore[method-assign]

    @property
    def microphone(self) -> Stream:
        return self.streams[0]


class House:
    """A worker with one room."""

    def __init__(self, worker: Worker, hub: Hub, layer: Any) -> None:
        self.worker, self.hub, self.layer = worker, hub, layer
        self.guests: list[Guest] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(
        self,
        pairs: int = CROWD - 1,
        voices: int = 0,
        level: int | None = SILENT,
        sources: tuple[str, ...] = ("microphone",),
        **join: Any,
    ) -> Guest:
        """One more guest, who is there and sends. ``join``: more fields of their join."""
        signalling = WorkerSignalling(self.layer, self.worker.config.worker, "hall")
        plan = Plan(sources=sources, audio_level=level, video_rate=30, frame_packets=2)
        guest = Guest(self.hub, signalling, pairs, voices, plan)
        guest.picky = not pairs or bool(voices)
        await signalling.join(guest.name, **join)
        self.tasks.append(asyncio.create_task(guest.run()))
        await until(lambda: guest.connected.is_set() and all(s.count > 2 for s in guest.streams))
        self.guests.append(guest)
        return guest

    def held(self, guest: Guest) -> bool:
        layers = self.worker.rooms["hall"].participants[guest.id].tracks["microphone"].layers
        return bool(layers) and layers[0].held

    async def quiet(self) -> dict[Guest, int]:
        """Wait until everybody has been held back for longer than a backlog.

        Returns what they had sent when that began; what they send from then on is held back.
        """
        await until(lambda: all(self.held(guest) for guest in self.guests))
        held = {guest: guest.microphone.count for guest in self.guests}
        await until(
            lambda: all(
                guest.microphone.count > count + 2 * BACKLOG_PACKETS
                for guest, count in held.items()
            )
        )
        return held


@contextlib.asynccontextmanager
async def open_house(redis_url: str) -> AsyncIterator[House]:
    name = f"hall{secrets.token_hex(3)}"
    worker = Worker(Config(name, name, redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    layer = open_layer(redis_url)
    async with Hub() as hub:
        house = House(worker, hub, layer)
        yield house
        for task in house.tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*house.tasks, return_exceptions=True)
        await worker.stop()
    await layer.close_pools()


async def hears(guest: Guest, stream: Stream, since: int = 0, packets: int = 10) -> None:
    """Wait until a guest has heard more than so many packets."""
    await until(lambda: len(guest.ears.of(stream, since)) > packets)
