"""Whether a host is in a room's call, and who has to wait for one.

A host is somebody who came in as the room's owner or as a moderator.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from asgiref.sync import async_to_sync
from django.db.models import Q

from rooms import database
from rooms.entry.access import needs_host
from rooms.models import Arrival, Room
from rooms.roles import Grant, Role
from rooms.workers import sfu

log = logging.getLogger(__name__)

HOSTS = [Role.OWNER, Role.MODERATOR]


async def host_in(slug: str) -> bool:
    """Whether a host is in the call now. False if Redis is away."""
    people = await _people(slug)
    return bool(people) and await database.run(_host_among, slug, people)


def host_in_now(slug: str) -> bool:
    """``host_in`` for synchronous code, such as views."""
    people = async_to_sync(_people)(slug)
    return bool(people) and _host_among(slug, people)


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
    """The invite that they came by may have another role today."""
    rows = Arrival.objects.filter(kind="call", room__slug=slug, participant__in=participants or ())
    today = Q(invite=None, role__in=HOSTS) | Q(invite__role__in=HOSTS, invite__revoked=False)
    return rows.filter(today).exists()
