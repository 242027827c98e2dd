"""How light clients talk: to a worker over the channel layer, or like a browser by WebSocket."""

from __future__ import annotations

import json
import secrets
from typing import Any

import websockets

from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer

MAX_MESSAGE = 1 << 20

# Of rooms that nobody has placed.
FENCE = 1


def open_layer(redis_url: str) -> ChannelLayer:
    """A channel layer to reach workers. Await its ``close_pools`` at the end."""
    return ChannelLayer(**wire.layer_options(redis_url, capacity=10_000))


def as_command(message: dict[str, Any], room: str, participant: str) -> wire.Command:
    """A client's message as the command that the server would make of it."""
    message = message | {"room": room, "participant": participant}
    command = wire.decode(message)
    assert isinstance(command, wire.Offer | wire.Slots | wire.Mute | wire.Snapshot | wire.Leave)
    return command


class WorkerSignalling:
    """For benchmarks and tests, without a web server.

    One channel layer serves all clients of a process.
    """

    def __init__(
        self, layer: ChannelLayer, worker: str, room: str, *, hears_room: bool = True
    ) -> None:
        """``hears_room``: listen to the room's events too.

        A crowd of viewers that joins after the publisher does not need them.
        """
        self.participant = secrets.token_hex(8)
        self._layer = layer
        self._worker = worker
        self._room = room
        self._hears_room = hears_room
        self._reply = ""

    async def join(self, name: str, *, publish: bool = True, **more: Any) -> None:
        """``more``: other fields of ``wire.Join``."""
        self._reply = await self._layer.new_channel("light")
        if self._hears_room:
            await self._layer.group_add(wire.room_group(self._room), self._reply)
        role = "speaker" if publish else "listener"
        await self._command(
            wire.Join(self._room, self.participant, name, role, publish, self._reply, **more)
        )

    async def _command(self, command: wire.Command) -> None:
        await self._layer.send(wire.worker_channel(self._worker), wire.seal(command, FENCE))

    async def send(self, message: dict[str, Any]) -> None:
        await self._command(as_command(message, self._room, self.participant))

    async def receive(self) -> dict[str, Any]:
        message = await self._layer.receive(self._reply)
        body: dict[str, Any] = message["body"]
        return body

    async def close(self) -> None:
        if self._reply:
            if self._hears_room:
                await self._layer.group_discard(wire.room_group(self._room), self._reply)
            await self._command(wire.Leave(self._room, self.participant))
            self._reply = ""


class WebSocketSignalling:
    """The browser's way: docs/protocol.md."""

    def __init__(self, url: str, origin: str, cookie: str = "", port: int | None = None) -> None:
        """``port``: connect there on this machine instead, as through a proxy."""
        self._url = url
        self._origin = origin
        self._cookie = cookie
        self._way: dict[str, Any] = {} if port is None else {"host": "127.0.0.1", "port": port}
        self._socket: websockets.ClientConnection | None = None

    async def join(self, name: str, pass_: str, resume: str | None = None, socket: int = 0) -> None:
        """Connect and join, or come back. ``socket`` counts the sockets of one client.

        Raises OSError or websockets' InvalidHandshake.
        """
        headers = {"Cookie": self._cookie} if self._cookie else {}
        self._socket = await websockets.connect(
            self._url,
            origin=websockets.Origin(self._origin),
            additional_headers=headers,
            max_size=MAX_MESSAGE,
            proxy=None,
            **self._way,
        )
        about = {"pass": pass_, "name": name, "resume": resume, "socket": socket}
        await self.send({"type": "join", **about})

    async def send(self, message: dict[str, Any]) -> None:
        assert self._socket is not None
        try:
            await self._socket.send(json.dumps(message))
        except websockets.ConnectionClosed as exc:
            raise ConnectionError(str(exc)) from exc

    async def receive(self) -> dict[str, Any]:
        assert self._socket is not None
        try:
            message: dict[str, Any] = json.loads(await self._socket.recv())
        except websockets.ConnectionClosed as exc:
            raise ConnectionError(str(exc)) from exc
        return message

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    def abort(self) -> None:
        """End the connection at once, without a word."""
        if self._socket is not None:
            self._socket.transport.abort()
