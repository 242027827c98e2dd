"""A real PostgreSQL stands still or is gone: calls go on, and everything works afterwards."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import AsyncClient, Client

from rooms import database
from rooms.consumers import joining
from rooms.models import Admission, ChatLine, Room
from rooms.roles import Role
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import PATIENCE, Browser, join, make_pass, make_room
from tools.postgres import Postgres

pytestmark = [
    pytest.mark.skipif(
        "TEST_POSTGRES" not in os.environ,
        reason="tests/rooms/test_postgres.py runs this on PostgreSQL",
    ),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]


@contextmanager
def standing_still() -> Iterator[None]:
    """The server accepts connections, takes what is sent, and says nothing."""
    server = Postgres(Path(os.environ["TEST_POSTGRES"]))
    server.stop()
    try:
        yield
    finally:
        server.go_on()


@contextmanager
def gone() -> Iterator[None]:
    """The server has ended, and starts again after the block."""
    server = Postgres(Path(os.environ["TEST_POSTGRES"]))
    server.kill()
    try:
        yield
    finally:
        server.start()


@pytest.fixture(autouse=True)
def own_connection(transactional_db: None) -> Iterator[None]:
    """The test's own connection may be broken, which is not what is tested."""
    yield
    connection.close()


async def whole() -> None:
    """All threads of the pool work again, at the same time."""
    meeting = threading.Barrier(database.THREADS, timeout=PATIENCE)

    def meet() -> int:
        meeting.wait()
        return Room.objects.count()

    found = await asyncio.gather(*(database.run(meet) for _ in range(database.THREADS)))
    assert found == [1] * database.THREADS


@pytest.mark.parametrize("trouble", [standing_still, gone])
async def test_calls_go_on_and_joins_and_lines_succeed_afterwards(
    trouble: Callable[[], AbstractContextManager[None]], caplog: pytest.LogCaptureFixture
) -> None:
    room = await make_room()
    token = await make_pass(room, person="bob")
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann")
        await ann.hear("room_state")
        await worker.heard(wire.Join)
        with trouble():
            bob = Browser("/ws/call/garden/")
            await bob.connect()
            await bob.say(**{"type": "join", "pass": token, "name": "Bob"})
            await ann.say(type="chat", nonce="n1", text="Hello")
            await ann.say(type="mute", source="microphone", muted=True)
            await worker.heard(wire.Mute)
            await bob.refused("busy", 4503)
            error = await ann.hear("error")
            assert (error["code"], error["nonce"]) == ("busy", "n1")
        await whole()
        await sync_to_async(connections.close_all)()
        assert await Admission.objects.filter(person="bob").acount() == 0
        await ann.say(type="chat", nonce="n1", text="Hello")
        assert (await ann.hear("chat_line"))["number"] == 1
        bob, welcome = await join(room, "Bob", token=token)
        assert welcome["chat_number"] == 1
        assert await ChatLine.objects.acount() == 1
        for browser in (ann, bob):
            await browser.gone()
    assert "Traceback" not in caplog.text


async def test_however_many_wait_the_threads_are_free_again() -> None:
    await make_room()
    with standing_still():
        work = [database.run(Room.objects.count) for _ in range(4 * database.THREADS)]
        results = await asyncio.gather(*work, return_exceptions=True)
        assert {type(result) for result in results} == {database.Busy}
    await whole()
    assert joining.JOIN_SECONDS > database.LIMIT_SECONDS > database.ANSWER_SECONDS


@pytest.fixture
def front() -> dict[str, str]:
    """Addresses that need the database, by name."""
    room = Room.objects.create(slug="garden", title="Garden", visitors="speak")
    invite = room.invites.create(role=Role.SPEAKER)
    return {
        "invite": invite.get_absolute_url(),
        "room": room.get_absolute_url(),
        "notes": f"/n/{room.notes_key}/",
        "admin": "/admin/rooms/room/",
    }


@pytest.mark.parametrize("trouble", [standing_still, gone])
def test_pages_say_try_again_and_try_by_themselves(
    front: dict[str, str],
    owner: Client,
    trouble: Callable[[], AbstractContextManager[None]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert [owner.get(path).status_code for path in front.values()] == [200] * 4
    with trouble():
        for name, path in front.items():
            connection.close()
            response = owner.get(path)
            assert (name, response.status_code, response["Retry-After"]) == (name, 503, "5")
            page = response.content.decode()
            assert "The server is busy" in page
            assert 'id="left" data-left="5"' in page
            assert f'href="{path}"' in page
        assert owner.get("/").status_code == 200
    connection.close()
    assert [owner.get(path).status_code for path in front.values()] == [200] * 4
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("method", ["post", "delete"])
async def test_streams_and_viewers_are_told_in_text(front: dict[str, str], method: str) -> None:
    path = "/whep/garden" if method == "post" else "/whip/garden/a.b"
    with gone():
        response = await getattr(AsyncClient(), method)(path, headers={"authorization": "Bearer x"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response["Content-Type"].startswith("text/plain")
    assert "Try again in a moment" in response.content.decode()
