"""``LightClient``: a participant without camera, screen and codecs."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.link import Link
from sfu_worker.light_client.media import Media
from sfu_worker.light_client.receiving import Receiver
from sfu_worker.light_client.sending import Plan, Stream


class Signalling(Protocol):
    """How a client talks to the server. Messages are those of docs/protocol.md, after the join."""

    async def send(self, message: dict[str, Any]) -> None: ...
    async def receive(self) -> dict[str, Any]:
        """The next message. Raises ConnectionError at the end."""

    async def close(self) -> None: ...


class LightClient:
    """Joins, offers, sends what its ``Plan`` says and receives what others send.

    It puts every track of others into one of its ``pairs`` of slots. In its ``voices``, slots for
    sound, the worker puts whoever speaks. ``await run()`` ends when the signalling ends or the task
    is cancelled; ``id``, ``connected`` and ``bound`` say how far it got.
    """

    def __init__(
        self,
        hub: Hub,
        name: str,
        signalling: Signalling,
        plan: Plan | None = None,
        pairs: int = 0,
        voices: int = 0,
    ) -> None:
        self.name = name
        self.plan = plan or Plan()
        self.id = ""
        self.receiver = Receiver()
        # When the client was made; set it to when it began to join.
        self.begun = time.monotonic()
        self.connected = asyncio.Event()
        # mid of a slot -> the track in it.
        self.bound: dict[str, str] = {}
        self.refused: list[dict[str, Any]] = []
        self.epoch = ""
        self.tcp = False
        self.media: Media | None = None
        self._pairs = pairs
        self._voices = voices
        self._hub = hub
        self._signalling = signalling

    @property
    def link(self) -> Link | None:
        """The present connection, or None before the first offer."""
        return self.media.link if self.media else None

    @property
    def streams(self) -> list[Stream]:
        """What it sends on the present connection."""
        return self.media.streams if self.media else []

    async def run(self) -> None:
        """Take part until the signalling ends."""
        try:
            while True:
                await self._handle(await self._signalling.receive())
        except ConnectionError:
            pass
        finally:
            await self.close()

    async def close(self) -> None:
        """Leave: media first, then the signalling."""
        if self.media is not None:
            await self.media.close()
        await self._signalling.close()

    def first_frames(self) -> list[float]:
        """Seconds from the join to the first frame, one for each stream that was seen."""
        return [at - self.begun for at in self.receiver.first_frame.values()]

    async def _handle(self, message: dict[str, Any]) -> None:
        handler = getattr(self, f"_on_{message.get('type')}", None)
        if handler is not None:
            await handler(message)

    async def _on_room_state(self, state: dict[str, Any]) -> None:
        self.id = state["you"]
        if state["epoch"] != self.epoch:
            self.epoch = state["epoch"]
            await self._offer()
        for track in state["tracks"]:
            self._want(track)
        await self._ask()

    async def _on_track_published(self, event: dict[str, Any]) -> None:
        self._want(event["track"])
        await self._ask()

    async def _on_track_unpublished(self, event: dict[str, Any]) -> None:
        if self.media is not None:
            self.media.forget(event["track"])

    async def _on_slot_bound(self, event: dict[str, Any]) -> None:
        self.bound[event["mid"]] = event["track"]

    async def _on_slot_paused(self, event: dict[str, Any]) -> None:
        self.bound.pop(event["mid"], None)

    async def _on_refused(self, event: dict[str, Any]) -> None:
        self.refused.append(event)

    _on_error = _on_refused

    async def _on_worker_lost(self, _: dict[str, Any]) -> None:
        self.epoch = ""

    async def _on_removed(self, _: dict[str, Any]) -> None:
        raise ConnectionError("removed from the room")

    async def watch(self, track: str, kind: str) -> None:
        """Put a track, published yet or not, into a free slot. Call it when ``connected``."""
        self._want({"id": track, "participant": track.rpartition(":")[0], "kind": kind})
        await self._ask()

    def _want(self, track: dict[str, Any]) -> None:
        if self.media is not None and track["participant"] != self.id:
            self.media.want(track)

    async def _ask(self) -> None:
        slots = self.media.requests() if self.media else []
        if slots:
            await self._signalling.send({"type": "slots", "slots": slots})

    async def _offer(self) -> None:
        if self.media is not None:
            await self.media.close()
        self.connected.clear()
        self.media = Media(
            self._hub,
            self.name,
            self.plan,
            self.receiver,
            self._pairs,
            self._voices,
            self._on_connected,
        )
        await self._signalling.send(self.media.offer())

    def _on_connected(self) -> None:
        self.connected.set()

    async def _on_answer(self, event: dict[str, Any]) -> None:
        assert self.media is not None
        await self.media.accept(event["sdp"], tcp=self.tcp)
