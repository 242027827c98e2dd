"""Who is in a call now, as far as the web side knows: a lock or a full room does not keep them out.

Only the workers know for sure, but a view cannot wait for one. Each page in a call notes that here,
and the note expires.
"""

from __future__ import annotations

from asgiref.sync import async_to_sync

from rooms.workers import sfu
from sfu_worker import wire

# A page renews its note with its pass, every 5 minutes.
KEPT_SECONDS = 15 * 60

_NOTE = """
redis.call('ZADD', KEYS[1], redis.call('TIME')[1] + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
"""

_IS_IN = "return redis.call('ZCOUNT', KEYS[1], redis.call('TIME')[1], '+inf')"


async def keep(slug: str, participant: str, channel: str) -> None:
    """The page behind ``channel`` is in the call. Raises sfu.Unavailable."""
    args = (channel, KEPT_SECONDS, KEPT_SECONDS)
    await sfu.evaluate(_NOTE, [wire.place_key(slug, participant)], *args)


async def let_go(slug: str, participant: str, channel: str) -> None:
    """The page has left; the note stays for as long as the worker waits. Raises sfu.Unavailable."""
    args = (channel, int(wire.DETACHED_SECONDS), KEPT_SECONDS)
    await sfu.evaluate(_NOTE, [wire.place_key(slug, participant)], *args)


async def is_in(slug: str, participant: str) -> bool:
    """Whether a page of this participant is in the call; False if Redis is away."""
    try:
        return bool(await sfu.evaluate(_IS_IN, [wire.place_key(slug, participant)]))
    except sfu.Unavailable:
        return False


def is_in_now(slug: str, participant: str) -> bool:
    """``is_in`` for synchronous code, such as views."""
    return async_to_sync(is_in)(slug, participant)
