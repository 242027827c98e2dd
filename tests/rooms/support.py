"""Shared by the tests of WebSockets and WHIP: browsers, passes, and waiting without sleeping."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings

from rooms.entry import passes
from rooms.entry.admission import admit
from rooms.entry.passes import Pass
from rooms.models import Invite, Room
from rooms.roles import Grant, Role
from sfu_worker import wire

PATIENCE = 10.0

# A room's form in the admin.
ROOM_FORM = {
    "title": "Tea",
    "slug": "tea",
    "visitors": "nothing",
    "max_people": "50",
    "max_video_mbit": "8",
    "invites-TOTAL_FORMS": "0",
    "invites-INITIAL_FORMS": "0",
}


def origin_headers(origin: str | None) -> list[tuple[bytes, bytes]]:
    return [] if origin is None else [(b"origin", origin.encode())]


def own_origin() -> str:
    return str(settings.SITE_ORIGINS[0])


class Browser:
    """A WebSocket to the whole ASGI application, with the site's Origin unless told otherwise."""

    def __init__(
        self, path: str, origin: str | None = "own", subprotocols: list[str] | None = None
    ) -> None:
        from confcall.asgi import application

        headers = origin_headers(own_origin() if origin == "own" else origin)
        self.socket = WebsocketCommunicator(
            application, path, headers=headers, subprotocols=subprotocols
        )

    async def connect(self) -> bool:
        connected, self.subprotocol = await self.socket.connect(timeout=PATIENCE)
        return bool(connected)

    async def say(self, **body: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(body))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message, which must be of this kind."""
        message = await self.socket.receive_output(timeout=PATIENCE)
        assert message["type"] == "websocket.send", message
        body: dict[str, Any] = json.loads(message["text"])
        assert body["type"] == kind, body
        return body

    async def closed(self) -> int:
        """The code that the server closes with, which must be the next thing it does."""
        message = await self.socket.receive_output(timeout=PATIENCE)
        assert message["type"] == "websocket.close", message
        return int(message.get("code") or 1000)

    async def refused(self, code: str, close: int) -> None:
        """An error with this code and a text for people, then the close."""
        error = await self.hear("error")
        assert error["code"] == code, error
        assert len(error["message"]) > 10
        assert await self.closed() == close

    async def gone(self) -> None:
        await self.socket.disconnect(timeout=PATIENCE)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not await condition():
            await asyncio.sleep(0.01)


@database_sync_to_async
def make_room(slug: str = "garden", **fields: Any) -> Room:
    return Room.objects.create(slug=slug, title=fields.pop("title", "Garden"), **fields)


@database_sync_to_async
def make_invite(room: Room, role: Role = Role.SPEAKER, **fields: Any) -> Invite:
    return Invite.objects.create(room=room, role=role, **fields)


async def make_pass(
    room: Room, role: Role = Role.SPEAKER, person: str = "ann", **fields: Any
) -> str:
    """A pass by a fresh invite."""
    invite = await make_invite(room, role, **fields)
    return passes.issue(Pass(room.pk, role, invite.pk, person))


async def join(room: Room, name: str = "Ann", **fields: Any) -> tuple[Browser, dict[str, Any]]:
    """A browser that has joined, and its welcome. The room state is the next message."""
    browser = Browser(f"/ws/call/{room.slug}/")
    assert await browser.connect()
    token = fields.pop("token", None) or await make_pass(room, **{"person": name.lower(), **fields})
    await browser.say(**{"type": "join", "pass": token, "name": name, "resume": None})
    return browser, await browser.hear("welcome")


async def next_message(browser: Browser) -> dict[str, Any]:
    """Whatever the server says next."""
    message = await browser.socket.receive_output(timeout=PATIENCE)
    assert message["type"] == "websocket.send", message
    return dict(json.loads(message["text"]))


async def heard(browser: Browser, kind: str, code: str = "") -> dict[str, Any]:
    """The next message of this kind, whatever comes before it."""
    while True:
        body = await next_message(browser)
        if body["type"] == kind and code in ("", body.get("code")):
            return body


async def waits(room: Room, name: str, role: Role = Role.SPEAKER) -> Browser:
    """A browser whose person waits."""
    browser = Browser(f"/ws/call/{room.slug}/")
    assert await browser.connect()
    token = await make_pass(room, role, person=name.lower())
    await browser.say(**{"type": "join", "pass": token, "name": name, "resume": None})
    assert (await next_message(browser))["type"] == "waiting"
    return browser


def arrive(
    room: Room, participant: str, person: str, role: Role = Role.SPEAKER, kind: wire.Kind = "call"
) -> Invite:
    """Somebody comes in by a fresh invite."""
    invite: Invite = room.invites.create(role=role)
    pass_ = Pass(room.pk, role, invite.pk, person)
    assert isinstance(admit(pass_, person.title(), participant=participant, kind=kind), Grant)
    return invite
