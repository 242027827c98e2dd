"""The time zone of the site. This module is its only reader and writer.

The owner sets it on their home page (``Site.time_zone``). Until then it is ``TIME_ZONE`` of the
settings.
"""

from __future__ import annotations

import asyncio
import time
import zoneinfo
from datetime import datetime, tzinfo

from django.utils import timezone

from rooms import database
from rooms.models import Site

# How long another process may take to notice a change.
KEPT_SECONDS = 10.0

# The name that the owner has set, or an empty one, and until when it is good (monotonic seconds).
_kept: tuple[str, float] = ("", 0.0)


def zone() -> tzinfo:
    """The site's time zone."""
    name = _name()
    return zoneinfo.ZoneInfo(name) if name else timezone.get_default_timezone()


def zone_name() -> str:
    """As in Europe/Berlin."""
    return _name() or timezone.get_default_timezone_name()


def local(moment: datetime) -> datetime:
    """A moment as the site's clocks show it."""
    return moment.astimezone(zone())


def chosen() -> str:
    """What the owner has set; empty: nothing."""
    return Site.objects.values_list("time_zone", flat=True).first() or ""


def choose(name: str) -> None:
    """Set it. Raises ValidationError for a zone that does not exist."""
    site = Site.objects.first() or Site()
    site.time_zone = name
    site.full_clean()
    site.save()
    _keep(name)


def _name() -> str:
    name, until = _kept
    if time.monotonic() < until or _in_event_loop():
        return name
    try:
        name = chosen()
        if name:
            zoneinfo.ZoneInfo(name)
    except database.AWAY as exc:
        database.note(exc)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        name = ""  # the machine does not know the zone any more
    _keep(name)
    return name


def _keep(name: str) -> None:
    global _kept
    _kept = (name, time.monotonic() + KEPT_SECONDS)


def _in_event_loop() -> bool:
    """Whether this thread must not wait for the database."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
