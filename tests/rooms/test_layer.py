"""The channel layer delivers what can be read, whatever comes in between."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from django.conf import settings

from rooms.workers.layer import LastingRedisChannelLayer


async def test_an_unreadable_message_does_not_end_a_consumer(
    clean_redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    default: Any = settings.CHANNEL_LAYERS["default"]
    layer = LastingRedisChannelLayer(**default["CONFIG"])
    channel = await layer.new_channel()
    key = layer.prefix + layer.non_local_name(channel)
    clean_redis.zadd(key, {bytes([n]) * 12 + b"\xc1": time.time() for n in range(3)})
    await layer.send(channel, {"type": "hello"})
    async with asyncio.timeout(20):
        assert (await layer.receive(channel))["type"] == "hello"
    assert len([r for r in caplog.records if "could not be received" in r.getMessage()]) == 1
    await layer.close_pools()
