"""How light clients reach a worker or the web server. A real Redis and a real WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets

from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer
from sfu_worker.light_client.signalling import (
    WebSocketSignalling,
    WorkerSignalling,
    as_command,
    open_layer,
)


@pytest.fixture
async def layer(redis_url: str, clean_redis: Any) -> AsyncIterator[ChannelLayer]:
    layer = open_layer(redis_url)
    yield layer
    await layer.close_pools()


async def command(layer: ChannelLayer) -> wire.Message:
    """The next command to the worker."""
    async with asyncio.timeout(10):
        message = await layer.receive(wire.worker_channel("lab"))
    assert message["type"] == "sfu_command"
    return wire.decode(message["body"])


def test_room_and_participant_are_the_client_s_own_whatever_a_message_says() -> None:
    message = {"type": "snapshot", "room": "attic", "participant": "eve"}
    assert as_command(message, "garden", "ada") == wire.Snapshot("garden", "ada")


def test_a_client_says_nothing_but_what_a_browser_may_say() -> None:
    with pytest.raises(AssertionError):
        as_command({"type": "detach", "reply": "x"}, "garden", "ada")
    with pytest.raises(wire.WireError):
        as_command({"type": "sing"}, "garden", "ada")


@pytest.mark.parametrize("publish", [True, False])
async def test_a_worker_hears_join_messages_and_leave_once(
    layer: ChannelLayer, publish: bool
) -> None:
    signalling = WorkerSignalling(layer, "lab", "garden")
    me = signalling.participant
    await signalling.join("Ada", publish=publish)
    join = await command(layer)
    assert isinstance(join, wire.Join)
    assert (join.room, join.participant, join.name, join.publish) == ("garden", me, "Ada", publish)
    assert join.role == ("speaker" if publish else "listener")
    await signalling.send({"type": "snapshot"})
    assert await command(layer) == wire.Snapshot("garden", me)
    await signalling.close()
    await signalling.close()
    assert await command(layer) == wire.Leave("garden", me)
    after = wire.seal(wire.CloseRoom("garden"))
    await layer.send(wire.worker_channel("lab"), after)
    assert await command(layer) == wire.CloseRoom("garden"), "one Leave is enough"


@pytest.mark.parametrize("hears_room", [True, False])
async def test_events_come_by_the_reply_channel_and_on_request_from_the_room(
    layer: ChannelLayer, hears_room: bool
) -> None:
    signalling = WorkerSignalling(layer, "lab", "garden", hears_room=hears_room)
    await signalling.join("Ada")
    join = await command(layer)
    assert isinstance(join, wire.Join)
    await layer.group_send(
        wire.room_group("garden"), {"type": "sfu_event", "body": {"type": "to the room"}}
    )
    body = {"type": "sfu_event", "body": {"type": "to the client"}}
    await layer.send(join.reply, body)
    if hears_room:
        assert await signalling.receive() == {"type": "to the room"}
    assert await signalling.receive() == {"type": "to the client"}


class Server:
    """A WebSocket server that answers the first message, then hangs up."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.headers: dict[str, str | None] = {}

    async def serve(self, socket: websockets.ServerConnection) -> None:
        assert socket.request is not None
        self.headers = {name: socket.request.headers.get(name) for name in ("Cookie", "Origin")}
        self.heard.append(json.loads(await socket.recv()))
        await socket.send('{"type": "room_state"}')


@pytest.mark.parametrize("cookie", ["", "sessionid=1"])
async def test_a_browser_s_client_joins_with_its_pass_and_learns_of_the_end(cookie: str) -> None:
    server = Server()
    async with websockets.serve(server.serve, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        url = f"ws://127.0.0.1:{port}/"
        signalling = WebSocketSignalling(url, "https://call.example", cookie)
        await signalling.join("Ada", "signed")
        assert await signalling.receive() == {"type": "room_state"}
        with pytest.raises(ConnectionError):
            await signalling.receive()
        with pytest.raises(ConnectionError):
            await signalling.send({"type": "leave"})
        await signalling.close()
    assert server.heard == [
        {"type": "join", "pass": "signed", "name": "Ada", "resume": None, "socket": 0}
    ]
    assert server.headers == {"Cookie": cookie or None, "Origin": "https://call.example"}


async def test_a_page_that_comes_back_says_so_and_may_come_another_way() -> None:
    server = Server()
    async with websockets.serve(server.serve, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        signalling = WebSocketSignalling("ws://127.0.0.1:1/", "https://call.example", port=port)
        await signalling.join("Ada", "signed", "token")
        await signalling.receive()
        await signalling.close()
    assert server.heard[0]["resume"] == "token"


async def test_a_browser_that_is_killed_says_no_word() -> None:
    closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def serve(socket: websockets.ServerConnection) -> None:
        await socket.wait_closed()
        closed.set_result(socket.close_code or 0)

    async with websockets.serve(serve, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        signalling = WebSocketSignalling(f"ws://127.0.0.1:{port}/", "https://call.example")
        await signalling.join("Ada", "signed")
        signalling.abort()
        # "Abnormal closure": there was no closing handshake (RFC 6455, section 7.4.1).
        assert await asyncio.wait_for(closed, 10) == 1006
        await signalling.close()


async def test_closing_before_the_connection_is_no_error() -> None:
    await WebSocketSignalling("ws://127.0.0.1:1/", "https://call.example").close()
