"""The options and names that both sides share fit the channel layer. A real Redis."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.exceptions import ChannelFull

from sfu_worker.channel_layer import ChannelLayer
from sfu_worker.wire.keys import PREFIX
from sfu_worker.wire.layer import (
    EXPIRY_SECONDS,
    layer_options,
    process_of,
    room_group,
    worker_channel,
)


@pytest.fixture
async def layer(redis_url: str, clean_redis: Any) -> AsyncIterator[ChannelLayer]:
    layer = ChannelLayer(**layer_options(redis_url, capacity=2))
    yield layer
    await layer.close_pools()


async def test_a_channel_is_bounded_and_its_messages_expire(
    layer: ChannelLayer, clean_redis: Any
) -> None:
    for _ in range(2):
        await layer.send(worker_channel("lab"), {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send(worker_channel("lab"), {"type": "x"})
    [key] = clean_redis.keys()
    assert key.decode().startswith(PREFIX)
    assert 0 < clean_redis.ttl(key) <= EXPIRY_SECONDS


async def test_a_group_reaches_those_who_are_in_it(layer: ChannelLayer) -> None:
    garden, attic = await layer.new_channel(), await layer.new_channel()
    await layer.group_add(room_group("garden"), garden)
    await layer.group_add(room_group("attic"), attic)
    await layer.group_send(room_group("attic"), {"type": "up"})
    await layer.group_send(room_group("garden"), {"type": "out"})
    assert (await layer.receive(garden))["type"] == "out"


def test_silence_is_no_error(redis_url: str) -> None:
    [host] = layer_options(redis_url)["hosts"]
    assert host["socket_timeout"] is None


def test_a_connection_without_an_answer_ends_wherever_redis_can_be_unplugged() -> None:
    for url in ("redis://10.0.0.1:6379/0", "rediss://:secret@10.0.0.1:6379/0"):
        [host] = layer_options(url)["hosts"]
        assert host["address"] == url
        assert 0 < host["socket_keepalive_options"][socket.TCP_USER_TIMEOUT] <= 10_000
    # redis-py refuses them for a socket in the file system.
    [host] = layer_options("unix:///run/valkey.sock")["hosts"]
    assert set(host) == {"address", "socket_timeout"}


def test_a_channel_names_the_web_process_behind_it_if_there_is_one() -> None:
    assert process_of("specific.abc!def") == "specific.abc"
    assert process_of("reply.abc") == ""
