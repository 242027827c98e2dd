"""The channel layer of the web side: channels_redis, made to outlive Redis."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import redis.exceptions
from channels_redis.core import RedisChannelLayer

logger = logging.getLogger(__name__)

AWAY = (redis.exceptions.RedisError, OSError)
"What a Redis that is away, restarting or full raises."

RETRY_SECONDS = 0.5


class LastingRedisChannelLayer(RedisChannelLayer):
    """Waits for Redis to come back, where the plain layer would end every consumer of the process. Sending still raises."""

    async def receive(self, channel: str) -> Any:
        while True:
            try:
                return await super().receive(channel)
            except AWAY as exc:
                logger.debug("x Redis is away: %s", exc)
                await asyncio.sleep(RETRY_SECONDS)
