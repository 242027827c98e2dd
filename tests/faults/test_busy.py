"""A worker that is starved says that it is busy: real workers, real media, real joins."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient

from rooms.models import Room
from rooms.workers import sfu
from sfu_worker import wire
from sfu_worker.light_client import Hub, LightClient, Plan, WorkerSignalling, open_layer
from tests.rooms.support import Browser, join, make_invite, make_pass, make_room
from tools import product

pytestmark = pytest.mark.django_db(transaction=True)

# A worker is busy after a second or two of strain, and no longer after five without. The rest is
# for a machine that does other things too.
LIMIT = 60.0
STOPPED_SECONDS, RUNNING_SECONDS = 0.4, 0.2


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def starved(pid: int) -> AsyncIterator[None]:
    """Let a process run for a third of the time only, as if others used the machine."""

    async def starve() -> None:
        while True:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(STOPPED_SECONDS)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(RUNNING_SECONDS)

    starving = asyncio.create_task(starve())
    try:
        yield
    finally:
        starving.cancel()
        os.kill(pid, signal.SIGCONT)


class Call:
    """People in a room, who hear and see each other."""

    def __init__(self, layer: Any, hub: Hub, claim: wire.Claim) -> None:
        self._layer, self._hub, self._claim = layer, hub, claim
        self._tasks: list[asyncio.Task[None]] = []
        self.clients: list[LightClient] = []

    async def come(self, name: str, others: int) -> None:
        signalling = WorkerSignalling(self._layer, self._claim.worker, "garden")
        # Little enough for any estimate of the bandwidth, so that nothing is paused.
        plan = Plan(video_rate=10, frame_packets=1)
        client = LightClient(self._hub, name, signalling, plan, others)
        await signalling.join(name)
        self._tasks.append(asyncio.create_task(client.run()))
        self.clients.append(client)

    async def all_see_all(self) -> None:
        streams = 2 * (len(self.clients) - 1)
        await until(lambda: all(len(c.receiver.first_frame) == streams for c in self.clients))

    async def goes_on(self) -> None:
        """Wait until more has come from everyone, to everyone."""
        before = [
            {name: gaps.received for name, gaps in client.receiver.by_stream.items()}
            for client in self.clients
        ]
        await until(
            lambda: all(
                client.receiver.by_stream[name].received > count + 10
                for client, counts in zip(self.clients, before, strict=True)
                for name, count in counts.items()
            )
        )

    def lost(self) -> int:
        return sum(client.receiver.lost + client.receiver.broken for client in self.clients)

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
def starts(redis_url: str, clean_redis: Any, tmp_path: Path) -> Iterator[Callable[[str], int]]:
    """Start workers by name; returns their process id."""
    with contextlib.ExitStack() as stack:
        yield (
            lambda name: (
                stack.enter_context(product.worker(redis_url, name, tmp_path / f"{name}.log")).pid
            )
        )


@pytest.fixture
async def room(db: None) -> Room:
    made: Room = await make_room()
    return made


@contextlib.asynccontextmanager
async def call(redis_url: str) -> AsyncIterator[Call]:
    """Three people in the room "garden"."""
    claim = await sfu.place("garden")
    assert claim is not None
    layer = open_layer(redis_url)
    async with Hub() as hub:
        people = Call(layer, hub, claim)
        try:
            for name in ("Ann", "Ben", "Cleo"):
                await people.come(name, 2)
            await people.all_see_all()
            yield people
        finally:
            await people.end()
    await layer.close_pools()


def busy(client: Any, name: str) -> bool:
    return bool(json.loads(client.get(wire.worker_key(name)) or "{}").get("busy"))


async def test_newcomers_to_a_starved_worker_are_told_so_and_people_inside_lose_nothing(
    redis_url: str, clean_redis: Any, starts: Callable[[str], int], room: Room
) -> None:
    pid = starts("w1")
    invite, token = await make_invite(room), await make_pass(room)
    async with call(redis_url) as people:
        assert not busy(clean_redis, "w1")
        async with starved(pid):
            await until(lambda: busy(clean_redis, "w1"))
            newcomer = Browser("/ws/call/garden/")
            assert await newcomer.connect()
            await newcomer.say(**{"type": "join", "pass": token, "name": "Dan", "resume": None})
            await newcomer.refused("crowded", 4503)
            response = await AsyncClient().post(
                "/whip/garden",
                data="v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n",
                content_type="application/sdp",
                headers={"Authorization": f"Bearer {invite.token}"},
            )
            assert (response.status_code, int(response["Retry-After"]) > 0) == (503, True)
            # Somebody who was in the call, and whose socket broke.
            claim = await sfu.place("garden", newcomer=False)
            assert claim is not None
            assert claim.worker == "w1"
            await people.goes_on()
        await until(lambda: not busy(clean_redis, "w1"))
        await people.goes_on()
        assert people.lost() == 0
        browser, _ = await join(room, "Dan")
        await browser.hear("room_state")
        await browser.gone()


async def test_newcomers_go_to_a_worker_that_is_not_busy(
    redis_url: str, clean_redis: Any, starts: Callable[[str], int], room: Room
) -> None:
    pid = starts("w1")
    async with call(redis_url) as people:
        starts("w2")
        async with starved(pid):
            await until(lambda: busy(clean_redis, "w1"))
            for number in range(5):
                claim = await sfu.place(f"room-{number}")
                assert claim is not None
                assert claim.worker == "w2"
            # A room is on one worker only, and moving a call for one more person would disturb it.
            with pytest.raises(sfu.Crowded):
                await sfu.place("garden")
        assert not busy(clean_redis, "w2")
        await until(lambda: not busy(clean_redis, "w1"))
        assert people.lost() == 0
