"""Limits for callers of costly requests, counted in Redis for all web processes together.

RFC 9725 section 5 asks for a limit on POST and PATCH: each offer takes up resources, whether a
connection follows or not. The count is per invite, or per room for visitors without one. No address
is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from asgiref.sync import async_to_sync

from rooms.workers import sfu
from sfu_worker import wire


@dataclass(frozen=True, slots=True)
class Limit:
    """``rate`` per second on average, ``burst`` at once."""

    rate: float
    burst: int


LIMITS: dict[tuple[str, str], Limit] = {
    # An encoder that lost its connection retries every second or two, and a room's guests may
    # share one invite.
    ("whip", "POST"): Limit(2, 60),
    # A whole audience may share one invite, or come without one, and arrive at the beginning.
    ("whep", "POST"): Limit(20, 600),
    # Candidates trickle by the dozen.
    ("whip", "PATCH"): Limit(20, 600),
    ("whep", "PATCH"): Limit(100, 6000),
    # A lobby checks the way to a worker once, and again when somebody asks for it.
    ("reach", "GET"): Limit(0.2, 12),
    # Signing in fetches pages of other sites: for the guests of one room, and for all together.
    ("sign-in", "POST"): Limit(0.5, 30),
    ("sign-ins", "POST"): Limit(3, 100),
    # An answer is good once. Its cookie ends before this has passed.
    ("sign-in", "back"): Limit(1 / 900, 1),
    # Each webmention makes us fetch a page. Per host that is fetched, and per page of ours.
    ("webmention", "source"): Limit(0.1, 20),
    ("webmention", "target"): Limit(0.2, 60),
}

TAKE = """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local passed = now - (tonumber(state[2]) or now)
-- A clock that was put back gives nothing and takes nothing.
local tokens = math.min(burst, (tonumber(state[1]) or burst) + math.max(0, passed) * rate)
local wait = 0
if tokens < 1 then wait = math.ceil((1 - tokens) / rate) else tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000))
return wait
"""


async def wait_seconds(kind: str, method: str, caller: str) -> int:
    """Seconds to wait before trying again; 0: go on. If Redis is away, nobody is held up."""
    limit = LIMITS[kind, method]
    try:
        return int(
            await sfu.evaluate(
                TAKE, [wire.throttle_key(kind, method, caller)], str(limit.rate), limit.burst
            )
        )
    except sfu.Unavailable:
        return 0


def wait_seconds_now(kind: str, method: str, caller: str) -> int:
    """``wait_seconds`` for synchronous code."""
    return async_to_sync(wait_seconds)(kind, method, caller)
