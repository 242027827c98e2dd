"""How many people are in which room, for pages that must work without Redis too."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from rooms.workers import sfu

log = logging.getLogger(__name__)


def people(slugs: Iterable[str]) -> dict[str, int] | None:
    """People per room, with rooms left out that have none. None: Redis does not say."""
    try:
        return sfu.live_counts_now(slugs)
    except sfu.Unavailable as exc:
        log.warning("the number of people in the rooms is unknown: %s", exc)
        return None


def people_in(slug: str) -> int:
    """People in one room; 0 where Redis does not say: the media worker has the last word anyway."""
    return (people([slug]) or {}).get(slug, 0)
