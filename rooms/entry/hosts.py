"""Whether a host is in a room's call: somebody who came in as its owner or as a moderator."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from asgiref.sync import async_to_sync
from django.db.models import Q

from rooms import database
from rooms.models import Arrival
from rooms.roles import Role
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


async def _people(slug: str) -> list[str]:
    try:
        return list(await sfu.people_in(slug))
    except sfu.Unavailable as exc:
        log.warning("who is in the room %s is unknown: %s", slug, exc)
        return []


def _host_among(slug: str, participants: Iterable[str]) -> bool:
    """The invite that they came by may have another role today."""
    rows = Arrival.objects.filter(kind="call", room__slug=slug, participant__in=participants)
    today = Q(invite=None, role__in=HOSTS) | Q(invite__role__in=HOSTS, invite__revoked=False)
    return rows.filter(today).exists()
