"""How many people are in which room, for pages that must also work without Redis."""

from __future__ import annotations

import logging
from collections.abc import Iterable

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
