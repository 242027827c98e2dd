"""Whether a host is in a room's call, and who has to wait for one.

A host is somebody who came in as the room's owner or as a moderator.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from asgiref.sync import async_to_sync
from django.utils import timezone

from rooms import database
from rooms.entry import admission
from rooms.entry.access import needs_host
from rooms.models import Room
from rooms.roles import Grant
from rooms.workers import sfu

log = logging.getLogger(__name__)


async def host_in(slug: str) -> bool:
    """Whether a host is in the call now. False if Redis is away."""
    people = await _people(slug)
    return bool(people) and await database.run(_host_among, slug, people)


def host_in_now(slug: str) -> bool:
    """``host_in`` for synchronous code, such as views."""
    people = async_to_sync(_people)(slug)
    return bool(people) and _host_among(slug, people)


# How long an answer is good for all who ask.
LATELY_SECONDS = 1.0
MOST_KEPT = 1000

_lately: dict[str, tuple[float, bool]] = {}


async def host_in_lately(slug: str) -> bool:
    """``host_in``, as it was within the last second: for many who ask again and again."""
    kept = _lately.get(slug)
    if kept is not None and time.monotonic() - kept[0] < LATELY_SECONDS:
        return kept[1]
    found = await host_in(slug)
    if len(_lately) >= MOST_KEPT:
        _lately.clear()
    _lately[slug] = time.monotonic(), found
    return found


async def waits(room: Room, grant: Grant, participant: str) -> bool:
    """Whether somebody who comes now has to wait for a host.

    Whoever is in the call may open it again in another tab. Without Redis there is no call to wait
    for, and the join says so.
    """
    if not needs_host(room, grant):
        return False
    people = await _people(room.slug)
    if people is None or participant in people:
        return False
    return not people or not await database.run(_host_among, room.slug, people)


def waits_now(room: Room, grant: Grant, participant: str) -> bool:
    """``waits`` for synchronous code, such as views."""
    if not needs_host(room, grant):
        return False
    people = async_to_sync(_people)(room.slug)
    if people is None or participant in people:
        return False
    return not people or not _host_among(room.slug, people)


async def _people(slug: str) -> list[str] | None:
    """The participants; None: Redis is away."""
    try:
        return list(await sfu.people_in(slug))
    except sfu.Unavailable as exc:
        log.warning("who is in the room %s is unknown: %s", slug, exc)
        return None


def _host_among(slug: str, participants: Iterable[str] | None) -> bool:
    """The invite that they came by may have another role today, and a host may have given one."""
    rights = admission.rights_today(slug, participants or (), timezone.now())
    return any(isinstance(right, Grant) and right.moderate for right in rights.values())
