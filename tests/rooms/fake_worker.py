"""A scripted worker on the real channel layer: it reports, records commands, and answers them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from django.conf import settings

from rooms.workers import sfu
from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer

PATIENCE = 10.0


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
        # Of the newest claim that anyone sent a command with.
        self.fence = 0
        self.commands: asyncio.Queue[wire.Command] = asyncio.Queue()
        self.answers: dict[type, list[wire.Event]] = {}
        self.replies: dict[str, str] = {}
        # Its own layer, like a real worker: cancelling this task would leave a shared one locked.
        layer: Any = settings.CHANNEL_LAYERS["default"]
        self._layer = ChannelLayer(**layer["CONFIG"])
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> FakeWorker:
        await self.live()
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._layer.close_pools()

    async def live(self) -> None:
        """Write the worker's keys. They do not expire; a test deletes them when it wants to."""
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
        client: Any = sfu.client()
        await client.set(wire.worker_key(self.name), json.dumps(body))
        await client.sadd(wire.WORKERS_KEY, self.name)

    async def restart(self) -> None:
        """Listen again after Redis was away."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.live()
        self._task = asyncio.create_task(self._run())

    async def die(self) -> None:
        """Let the worker's key expire."""
        await sfu.client().delete(wire.worker_key(self.name))

    async def heard(self, kind: type) -> Any:
        """The next command, which must be of this kind."""
        command = await asyncio.wait_for(self.commands.get(), PATIENCE)
        assert isinstance(command, kind), command
        return command

    async def tell(self, reply: str, event: wire.Event) -> None:
        await self._layer.send(reply, wire.seal(event, self.fence))

    async def tell_group(self, room: str, event: wire.Event) -> None:
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
        usual: list[wire.Event] = []
        if isinstance(command, wire.Join | wire.Snapshot):
            usual = [
                wire.RoomState(
                    room=command.room, epoch=f"e-{self.name}", n=1, you=command.participant
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
