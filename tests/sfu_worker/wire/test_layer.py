"""The options and names that both sides share fit the channel layer. A real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from channels_redis.core import RedisChannelLayer

from sfu_worker.wire.keys import PREFIX
from sfu_worker.wire.layer import EXPIRY_SECONDS, layer_options, room_group, worker_channel


@pytest.fixture
async def layer(redis_url: str, clean_redis: Any) -> AsyncIterator[RedisChannelLayer]:
    layer = RedisChannelLayer(**layer_options(redis_url, capacity=2))
    yield layer
    await layer.close_pools()


async def test_a_channel_is_bounded_and_its_messages_expire(
    layer: RedisChannelLayer, clean_redis: Any
) -> None:
    for _ in range(2):
        await layer.send(worker_channel("lab"), {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send(worker_channel("lab"), {"type": "x"})
    [key] = clean_redis.keys()
    assert key.decode().startswith(PREFIX)
    assert 0 < clean_redis.ttl(key) <= EXPIRY_SECONDS


async def test_a_group_reaches_those_who_are_in_it(layer: RedisChannelLayer) -> None:
    garden, attic = await layer.new_channel(), await layer.new_channel()
    await layer.group_add(room_group("garden"), garden)
    await layer.group_add(room_group("attic"), attic)
    await layer.group_send(room_group("attic"), {"type": "up"})
    await layer.group_send(room_group("garden"), {"type": "out"})
    assert (await layer.receive(garden))["type"] == "out"


def test_silence_is_no_error(redis_url: str) -> None:
    [host] = layer_options(redis_url)["hosts"]
    assert host == {"address": redis_url, "socket_timeout": None}
