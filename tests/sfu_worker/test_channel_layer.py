"""The channel layer orders and forgets by the clock of Redis alone. A real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from channels.exceptions import ChannelFull

from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer


@pytest.fixture
async def layer(redis_url: str, clean_redis: Any) -> AsyncIterator[ChannelLayer]:
    layer = ChannelLayer(**wire.layer_options(redis_url, capacity=3))
    yield layer
    await layer.close_pools()


async def heard(layer: ChannelLayer, channel: str, count: int) -> list[int]:
    async with asyncio.timeout(20):
        return [(await layer.receive(channel))["n"] for _ in range(count)]


async def test_messages_come_in_the_order_in_which_they_were_sent(layer: ChannelLayer) -> None:
    for channel in ("plain", await layer.new_channel()):
        for n in range(3):
            await layer.send(channel, {"n": n})
        assert await heard(layer, channel, 3) == [0, 1, 2]


async def test_the_order_outlives_a_clock_that_is_put_back(
    layer: ChannelLayer, clean_redis: Any
) -> None:
    await layer.send("plain", {"n": 0})
    [key] = clean_redis.keys()
    [(first, at)] = clean_redis.zrange(key, 0, -1, withscores=True)
    # As Redis wrote it before its clock was put back by an hour.
    clean_redis.zadd(key, {first: at + 3600})
    for n in (1, 2):
        await layer.send("plain", {"n": n})
    assert await heard(layer, "plain", 3) == [0, 1, 2]


async def test_an_old_message_is_forgotten_when_the_next_one_is_sent(
    layer: ChannelLayer, clean_redis: Any
) -> None:
    await layer.send("plain", {"n": 0})
    [key] = clean_redis.keys()
    [(first, at)] = clean_redis.zrange(key, 0, -1, withscores=True)
    clean_redis.zadd(key, {first: at - layer.expiry - 1})
    await layer.send("plain", {"n": 1})
    assert await heard(layer, "plain", 1) == [1]
    assert 0 <= clean_redis.ttl(key) <= layer.expiry or not clean_redis.exists(key)


async def test_a_full_channel_of_a_group_does_not_keep_the_message_from_the_others(
    layer: ChannelLayer,
) -> None:
    full, free = "full", await layer.new_channel()
    for channel in (full, free):
        await layer.group_add("room.attic", channel)
    for _ in range(3):
        await layer.send(full, {"n": 0})
    with pytest.raises(ChannelFull):
        await layer.send(full, {"n": 0})
    await layer.group_send("room.attic", {"n": 1})
    assert await heard(layer, free, 1) == [1]


async def test_all_channels_of_a_process_hear_their_group(layer: ChannelLayer) -> None:
    channels = [await layer.new_channel() for _ in range(3)]
    for channel in channels:
        await layer.group_add("room.attic", channel)
    await layer.group_discard("room.attic", channels[0])
    await layer.group_send("room.attic", {"n": 7})
    await layer.send(channels[0], {"n": 8})
    assert [await heard(layer, channel, 1) for channel in channels] == [[8], [7], [7]]


async def test_a_member_that_is_not_added_again_is_forgotten(
    layer: ChannelLayer, clean_redis: Any
) -> None:
    lost, kept = await layer.new_channel(), await layer.new_channel()
    for channel in (lost, kept):
        await layer.group_add("room.attic", channel)
    [key] = clean_redis.keys()
    at = clean_redis.zscore(key, lost)
    clean_redis.zadd(key, {lost: at - layer.group_expiry - 1, kept: at - layer.group_expiry / 2})
    await layer.group_send("room.attic", {"n": 1})
    assert clean_redis.zrange(key, 0, -1) == [kept.encode()]
    await layer.group_add("room.attic", kept)
    assert clean_redis.zscore(key, kept) >= at


@pytest.mark.parametrize("waiting", [True, False])
async def test_a_consumer_that_ends_takes_no_message_of_another_one_along(
    layer: ChannelLayer, clean_redis: Any, waiting: bool
) -> None:
    """It ends as soon as Redis has handed over the message, before it was passed on."""
    ending, staying = await layer.new_channel(), await layer.new_channel()
    for n in range(20):
        reader = asyncio.create_task(layer.receive(ending))
        await blocked(clean_redis)
        # The other one waits for its turn, or is busy with an earlier message.
        hearing = asyncio.create_task(heard(layer, staying, 1)) if waiting else None
        # Without a turn of the event loop in between.
        message = layer.serialize({"n": n, "__asgi_channel__": staying})
        clean_redis.zadd(layer.prefix + layer.non_local_name(staying), {message: n})
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
        assert await (hearing or heard(layer, staying, 1)) == [n]


async def blocked(client: Any) -> None:
    """Until someone waits at Redis for a message."""
    async with asyncio.timeout(20):
        while not client.info("clients")["blocked_clients"]:
            await asyncio.sleep(0.001)
