"""A scripted worker on the real channel layer: it reports, records commands, and answers them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from django.conf import settings

from rooms.workers import sfu
from rooms.workers.layer import AWAY
from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer
from sfu_worker.control import claims

PATIENCE = 10.0

BEAT_SECONDS = 0.5


async def changed() -> None:
    """Say that something has changed, as workers and their watchdogs do."""
    client: Any = sfu.client()
    await client.publish(wire.CHANGED_CHANNEL, "")


class FakeWorker:
    """``answers`` maps a command's type to the events to send instead of the usual ones."""

    def __init__(
        self,
        name: str = "w1",
        load: float = 0.0,
        rooms: int = 0,
        draining: bool = False,
        busy: bool = False,
    ) -> None:
        self.name, self.load, self.rooms, self.draining = name, load, rooms, draining
        self.busy, self.beats = busy, 0
        # A worker that is hung keeps its keys until they expire, but beats no more.
        self.beating = True
        # Of the newest claim that anyone sent a command with.
        self.fence = 0
        # Of the last event to a room.
        self.n = 1
        # Of each room that it holds: the fence, and the channels of those who are in.
        self.held: dict[str, int] = {}
        self.channels: dict[str, dict[str, str]] = {}
        self.commands: asyncio.Queue[wire.Command] = asyncio.Queue()
        self.answers: dict[type, list[wire.Event]] = {}
        self.replies: dict[str, str] = {}
        # Its own layer, like a real worker: cancelling this task would leave a shared one locked.
        layer: Any = settings.CHANNEL_LAYERS["default"]
        self._layer = ChannelLayer(**layer["CONFIG"])
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> FakeWorker:
        await self.live()
        self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()
        await self._layer.close_pools()

    def _start(self) -> None:
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._beat())]

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def live(self) -> None:
        """Write the worker's keys, as real workers do."""
        self.beating = True
        self.beats += 1
        body = {
            "worker": self.name,
            "beat": self.beats,
            "load": self.load,
            "rooms": self.rooms,
            "people": 0,
            "draining": self.draining,
            "busy": self.busy,
            "addresses": ["192.0.2.1:40000"],
        }
        lives = {room: (fence, self._live(room)) for room, fence in self.held.items()}
        answer = await claims.beat(sfu.client(), self.name, json.dumps(body), lives, {})
        self.held = {room: fence for room, fence in answer.fences.items() if fence}
        self.fence = max(self.fence, *self.held.values(), 0)

    def _live(self, room: str) -> str:
        channels = self.channels.get(room, {})
        report = {"epoch": f"e-{self.name}", "people": len(channels), "started": 0.0}
        return json.dumps({**report, "fence": self.held[room], "channels": channels})

    async def restart(self) -> None:
        """Listen again after Redis was away."""
        await self._stop()
        await self.live()
        self._start()

    async def die(self, *, told: bool = True) -> None:
        """End. ``told``: its watchdog says so at once; otherwise its key expires."""
        self.beating = False
        if told:
            tombstone = json.dumps({"worker": self.name, "dead": True})
            await sfu.client().set(wire.worker_key(self.name), tombstone)
            await changed()
        else:
            await sfu.client().delete(wire.worker_key(self.name))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if self.beating:
                with contextlib.suppress(*AWAY):
                    await self.live()

    async def heard(self, kind: type) -> Any:
        """The next command, which must be of this kind."""
        command = await asyncio.wait_for(self.commands.get(), PATIENCE)
        assert isinstance(command, kind), command
        return command

    async def tell(self, reply: str, event: wire.Event) -> None:
        await self._layer.send(reply, wire.seal(event, self.fence))

    async def tell_group(self, room: str, event: wire.Event) -> None:
        self.n = max(self.n, getattr(event, "n", 0))
        await self._layer.group_send(wire.room_group(room), wire.seal(event, self.fence))

    async def _run(self) -> None:
        while True:
            message = await self._layer.receive(wire.worker_channel(self.name))
            command, fence = wire.unseal(message)
            self.fence = max(self.fence, fence)
            await self._answer(command)
            self.commands.put_nowait(command)  # type: ignore[arg-type]

    async def _answer(self, command: Any) -> None:
        if isinstance(command, wire.Join):
            self.replies[command.participant] = command.reply
            if wire.Join not in self.answers:
                self.held[command.room] = self.fence
                self.channels.setdefault(command.room, {})[command.participant] = command.reply
        usual: list[wire.Event] = []
        if isinstance(command, wire.Join | wire.Snapshot):
            usual = [
                wire.RoomState(
                    room=command.room, epoch=f"e-{self.name}", n=self.n, you=command.participant
                )
            ]
        elif isinstance(command, wire.Offer):
            usual = [wire.Answer(sdp="v=0\r\nanswer", id=command.id, ice_session="first")]
        elif isinstance(command, wire.Leave) and command.reply:
            usual = [wire.Removed("left")]
        elif isinstance(command, wire.PatchIce):
            usual = [wire.IcePatched()]
        for event in self.answers.get(type(command), usual):
            await self.tell(
                getattr(command, "reply", "") or self.replies[command.participant], event
            )
