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

# So that an error without an end does not take the whole processor.
UNREADABLE_SECONDS = 0.01


class LastingRedisChannelLayer(RedisChannelLayer):
    """Waits for Redis to come back, where the plain layer would end every consumer of the process. Sending still raises."""

    # The last error that nobody expected: the same one is written down once.
    _failure = ""

    async def receive(self, channel: str) -> Any:
        while True:
            try:
                return await super().receive(channel)
            except AWAY as exc:
                logger.debug("x Redis is away: %s", exc)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as exc:
                # What nobody can read costs itself, not the consumer that happened to fetch it.
                if self._failure != repr(exc):
                    logger.exception("x a message could not be received; the others can")
                self._failure = repr(exc)
                await asyncio.sleep(UNREADABLE_SECONDS)
