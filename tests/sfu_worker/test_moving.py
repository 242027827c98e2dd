"""People with real media whose socket is cut, or whose room another worker takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sfu_worker import wire
from sfu_worker.config import Config
from sfu_worker.light_client import Hub, LightClient, Plan, WorkerSignalling
from sfu_worker.light_client.signalling import open_layer
from sfu_worker.worker import Worker
from tests.sfu_worker.edge import until


class Lab:
    """A worker with two people who see and hear each other."""

    def __init__(self, worker: Worker, hub: Hub, layer: Any, redis: Any) -> None:
        self.worker, self.hub, self.layer, self.redis = worker, hub, layer, redis
        self.heard: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, name: str) -> LightClient:
        signalling = WorkerSignalling(self.layer, "lab", "garden")
        client = LightClient(self.hub, name, signalling, Plan(), 1, 0)
        handle = client._handle

        async def note(message: dict[str, Any]) -> None:
            self.heard.append(f"{name} {message['type']}")
            await handle(message)

        client._handle = note  # type: ignore[method-assign]
        await signalling.join(name)
        self.tasks.append(asyncio.create_task(client.run()))
        await until(client.connected.is_set)
        return client

    async def media_flows(self, *clients: LightClient) -> None:
        """Wait until each has received more of both tracks of the other."""
        before = {
            id(c): {ssrc: s.expected for ssrc, s in c.receiver.by_ssrc.items()} for c in clients
        }
        await until(
            lambda: all(
                len(c.receiver.by_ssrc) == 2
                and all(
                    stream.expected > before[id(c)].get(ssrc, 0) + 10
                    for ssrc, stream in c.receiver.by_ssrc.items()
                )
                for c in clients
            )
        )


@pytest.fixture
async def lab(redis_url: str, clean_redis: Any) -> AsyncIterator[Lab]:
    worker = Worker(Config("lab", "lab", redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    layer = open_layer(redis_url)
    async with Hub() as hub:
        lab = Lab(worker, hub, layer, clean_redis)
        yield lab
        for task in lab.tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*lab.tasks, return_exceptions=True)
        await worker.stop()
    await layer.close_pools()


async def test_somebody_whose_socket_is_cut_stays_while_media_flows(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "DETACHED_SECONDS", 0.5)
    ann, ben = await lab.come("ann"), await lab.come("ben")
    await lab.media_flows(ann, ben)
    room = lab.worker.rooms["garden"]
    them = room.participants[ann.id]
    lab.worker.handle(wire.Detach("garden", ann.id, them.reply), 1)
    began = lab.worker._ticks
    await until(lambda: lab.worker._ticks > began + 120)
    await lab.media_flows(ben)
    assert ann.id in room.participants
    assert "ben participant_left" not in lab.heard
    # Her tab is closed now.
    assert ann.media is not None
    await ann.media.close()
    await until(lambda: ann.id not in room.participants)
    await until(lambda: "ben participant_left" in lab.heard)


async def test_media_goes_on_in_a_room_that_another_worker_took_until_people_close_it(
    lab: Lab,
) -> None:
    ann, ben = await lab.come("ann"), await lab.come("ben")
    await lab.media_flows(ann, ben)
    lab.redis.set(wire.room_key("garden"), "9 other")
    await until(lambda: not lab.worker.rooms)
    lab.heard.clear()
    await lab.media_flows(ann, ben)
    await until(lambda: not lab.redis.exists(wire.live_key("garden")))
    await lab.media_flows(ann, ben)
    [room] = lab.worker._rooms.retired
    assert ann.media is not None
    await ann.media.close()
    await until(lambda: list(room.participants) == [ben.id])
    assert ben.media is not None
    await ben.media.close()
    await until(lambda: not lab.worker._rooms.retired)
    assert lab.heard == [], "nobody heard that anybody left"
