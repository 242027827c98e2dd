"""The watch over everyone in a process, with the real channel layer: a failure must not end it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms.workers import sfu, watch
from rooms.workers.watch import Seat, Watch
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import PATIENCE, join, make_room, until

pytestmark = pytest.mark.usefixtures("clean_redis")

FULL, FREE = "full.channel", "free.channel"


async def fill(channel: str) -> None:
    """Send unread messages until the channel accepts no more."""
    for _ in range(5_000):
        try:
            await get_channel_layer().send(channel, {"type": "filler"})
        except ChannelFull:
            return
    raise AssertionError("the channel is never full")


async def drain(channel: str) -> None:
    await sfu.client().delete(f"confcall{channel}")


async def heard(channel: str) -> str:
    async with asyncio.timeout(PATIENCE):
        return str((await get_channel_layer().receive(channel))["type"])


@pytest.fixture
def small_channels(settings: Any) -> None:
    """The layer of the settings, with smaller channels."""
    backend, config = (settings.CHANNEL_LAYERS["default"][name] for name in ("BACKEND", "CONFIG"))
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": backend, "CONFIG": {**config, "capacity": 20}}
    }


@pytest.mark.usefixtures("small_channels")
async def test_a_full_channel_keeps_nobody_else_from_hearing_that_the_worker_died() -> None:
    seats = [Seat(FULL, "garden", "dead"), Seat(FREE, "garden", "dead")]
    own = Watch({seat.channel: seat for seat in seats})
    await fill(FULL)
    await own.step(time.monotonic())
    assert await heard(FREE) == "sfu_moved"
    # Nobody is forgotten: the message comes as soon as there is space.
    await drain(FULL)
    await own.step(time.monotonic())
    assert await heard(FULL) == "sfu_moved"


@pytest.mark.usefixtures("small_channels")
async def test_a_consumer_that_could_not_be_told_of_an_empty_redis_is_told_later(
    clean_redis: Any,
) -> None:
    own = Watch({name: Seat(name, "garden", "w1") for name in (FULL, FREE)})
    await own.step(time.monotonic())
    clean_redis.flushall()
    await fill(FULL)
    await own.step(time.monotonic())
    assert await heard(FREE) == "sfu_again"
    own.seats[FREE] = Seat(FREE, "garden", "w1", own.era)
    await drain(FULL)
    await own.step(time.monotonic())
    assert await heard(FULL) == "sfu_again"
    assert own.settled(FREE)
    assert not await sfu.client().exists(f"confcall{FREE}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_channels")
async def test_people_are_moved_although_another_channel_of_their_process_is_full() -> None:
    room = await make_room()
    async with FakeWorker("a") as first, FakeWorker("b", load=1.0) as second:
        await fill(FULL)
        # First in the watch's order: somebody who came earlier and whose page hangs.
        watch.watch().sit(Seat(FULL, room.slug, "a"))
        ann, welcome = await join(room)
        await ann.hear("room_state")
        await first.die()
        await ann.hear("worker_lost")
        assert (await ann.hear("room_state"))["epoch"] == "e-b"
        assert (await second.heard(wire.Join)).participant == welcome["participant"]
        await ann.gone()
        watch.watch().rise(FULL)


@pytest.mark.django_db(transaction=True)
async def test_entering_again_is_repeated_until_it_succeeds(
    clean_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, welcome = await join(room)
        await ann.hear("room_state")
        await worker.heard(wire.Join)
        await until(_era_is_known)
        tries = 0
        place = sfu.place

        async def fails_once(room: str) -> wire.Claim | None:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise sfu.Unavailable("for a moment")
            return await place(room)

        monkeypatch.setattr(sfu, "place", fails_once)
        clean_redis.flushall()
        await worker.live()
        assert (await worker.heard(wire.Join)).participant == welcome["participant"]
        assert tries == 2
        await ann.gone()


async def _era_is_known() -> bool:
    return watch.watch().era is not None


async def test_an_error_of_ours_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "STEP_SECONDS", 0.0)
    look, looks = watch.look, 0

    async def stumbles(seats: Any) -> watch.View:
        nonlocal looks
        looks += 1
        if looks < 3:
            raise AttributeError("a mistake")
        return await look(seats)

    monkeypatch.setattr(watch, "look", stumbles)
    own = Watch()
    own.sit(Seat(FREE, "garden", "dead"))
    try:
        assert await heard(FREE) == "sfu_moved"
    finally:
        own.rise(FREE)
        assert own._task is not None
        await own._task
