"""The web side's channel layer, which survives an outage of Redis."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import redis.exceptions

from sfu_worker.channel_layer import ChannelLayer

logger = logging.getLogger(__name__)

# The exceptions while Redis is away, restarting or full.
AWAY = (redis.exceptions.RedisError, OSError)

RETRY_SECONDS = 0.5

# Keeps an endless error from using a whole core.
UNREADABLE_SECONDS = 0.01


class LastingRedisChannelLayer(ChannelLayer):
    """Waits for Redis to come back; the plain layer would end every consumer.

    Sending still raises.
    """

    # The last unexpected error: a repeated one is logged only once.
    _failure = ""

    async def receive(self, channel: str) -> Any:
        while True:
            try:
                return await super().receive(channel)
            except AWAY as exc:
                logger.debug("x Redis is away: %s", exc)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as exc:
                # An unreadable message must not end the consumer that happened to fetch it.
                if self._failure != repr(exc):
                    logger.exception("x a message could not be received; the others can")
                self._failure = repr(exc)
                await asyncio.sleep(UNREADABLE_SECONDS)
