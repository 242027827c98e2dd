"""Who waits to be let into a call, as their own web process reports it in Redis.

Each entry lives for a few seconds and is written again while the person's page is there. If Redis
loses them, they are back with the next beat. What a host decides is a row, see
``rooms.entry.decisions``; those who wait look at the tables every second.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rooms.workers import sfu
from sfu_worker import wire

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
STALE_SECONDS = 8.0

# More people than that in one room are told to come back later.
MOST = 200


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits. ``person`` is secret: it stays on the server.

    ``channel`` is that of their page, ``since`` is in Unix seconds, and ``seen`` the last beat.
    """

    participant: str
    person: str
    name: str
    channel: str
    since: float
    seen: float = 0.0
    link: str = ""
    photo: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """What hosts see."""
        return {
            "participant": self.participant,
            "name": self.name,
            "since": int(self.since),
            "link": self.link,
            "photo": self.photo,
        }


async def beat(slug: str, waiter: Waiter) -> bool:
    """Write that somebody waits. False: too many do. Raises sfu.Unavailable."""
    async with sfu.reaching():
        client: Any = sfu.client()
        name = wire.waiting_key(slug)
        known = await client.hexists(name, waiter.participant)
        if not known and await client.hlen(name) >= MOST and len(await in_room(slug)) >= MOST:
            return False
        body = asdict(waiter) | {"seen": time.time()}
        pipe = client.pipeline(transaction=False)
        pipe.hset(name, waiter.participant, json.dumps(body))
        pipe.expire(name, 60)
        await pipe.execute()
    return True


async def leave(slug: str, waiter: Waiter) -> None:
    """They wait no longer. Raises sfu.Unavailable; the entry becomes stale by itself."""
    async with sfu.reaching():
        client: Any = sfu.client()
        raw = await client.hget(wire.waiting_key(slug), waiter.participant)
        found = _parse(raw) if raw is not None else None
        if found is not None and found.channel == waiter.channel:
            await client.hdel(wire.waiting_key(slug), waiter.participant)


async def in_room(slug: str) -> list[Waiter]:
    """Who waits, the first who came first. Raises sfu.Unavailable."""
    return (await in_rooms([slug]))[slug]


async def in_rooms(slugs: Iterable[str]) -> dict[str, list[Waiter]]:
    """Who waits in each of these rooms. Raises sfu.Unavailable."""
    slugs = list(slugs)
    async with sfu.reaching():
        client: Any = sfu.client()
        pipe = client.pipeline(transaction=False)
        for slug in slugs:
            pipe.hvals(wire.waiting_key(slug))
        answers = await pipe.execute()
    now = time.time()
    found: dict[str, list[Waiter]] = {}
    for slug, values in zip(slugs, answers, strict=True):
        waiters = [waiter for waiter in map(_parse, values) if waiter is not None]
        # A beat that lies ahead is from before a clock was put back.
        there = [waiter for waiter in waiters if abs(now - waiter.seen) < STALE_SECONDS]
        found[slug] = sorted(there, key=lambda waiter: (waiter.since, waiter.participant))
    return found


def _parse(raw: bytes) -> Waiter | None:
    try:
        return Waiter(**json.loads(raw))
    except (TypeError, ValueError):
        return None  # written by another version of this program
