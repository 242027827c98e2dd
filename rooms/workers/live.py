"""Who is in which room, as its worker reports it, for what must also work without Redis."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from asgiref.sync import async_to_sync

from rooms.workers import sfu

log = logging.getLogger(__name__)


def people(slugs: Iterable[str]) -> dict[str, int] | None:
    """People per room, without the empty rooms. None: Redis is away."""
    try:
        return sfu.live_counts_now(slugs)
    except sfu.Unavailable as exc:
        log.warning("the number of people in the rooms is unknown: %s", exc)
        return None


def people_in(slug: str) -> int:
    """People in one room. If Redis is away: 0, because the media worker decides in the end."""
    return (people([slug]) or {}).get(slug, 0)


async def is_in(slug: str, participant: str) -> bool:
    """Whether a page of this participant is in the call: a lock or a full room does not matter.

    False if Redis or the room's worker is away.
    """
    try:
        return participant in await sfu.people_in(slug)
    except sfu.Unavailable as exc:
        log.warning("who is in the room %s is unknown: %s", slug, exc)
        return False


def is_in_now(slug: str, participant: str) -> bool:
    """``is_in`` for synchronous code, such as views."""
    return async_to_sync(is_in)(slug, participant)
