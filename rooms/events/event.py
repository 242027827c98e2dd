"""A room as an event: when, where, and in words that other programs read.

``h-event`` (microformats2) is in templates/rooms/about/event_data.html, with the JSON-LD of this
file beside it (schema.org/Event). Neither carries an invite.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from rooms import site_time
from rooms.entry import hours
from rooms.entry.sharing import absolute
from rooms.looks import chosen
from rooms.models import Invite, Room

# Names of days, by ``date.weekday``: schema.org's, and those of RFC 5545.
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

# In a script element these could end it, or begin a comment.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Event:
    """The current or the next time that a room is open; both times are in the site's zone."""

    room: Room
    starts: datetime
    ends: datetime | None

    @property
    def url(self) -> str:
        """The room's address, which lets nobody in by itself."""
        return absolute(self.room.get_absolute_url())

    @property
    def photo(self) -> str:
        background = chosen.background(self.room)
        return absolute(background.image.url) if background and background.image else ""

    @property
    def weekly(self) -> bool:
        return hours.is_weekly(self.room)

    @property
    def start(self) -> str:
        """As in 2026-12-24T18:00:00+01:00."""
        return self.starts.isoformat(timespec="seconds")

    @property
    def end(self) -> str:
        return self.ends.isoformat(timespec="seconds") if self.ends else ""

    @property
    def json_ld(self) -> SafeString:
        """The script element. It is data, which runs nowhere, so the page's policy allows it."""
        text = json.dumps(about(self), ensure_ascii=False)
        data = mark_safe(text.translate(_ESCAPES))
        return format_html('<script type="application/ld+json">{}</script>', data)


def event_of(room: Room, now: datetime) -> Event | None:
    """None: the room has no beginning, or does not open again."""
    window = hours.window(room, now)
    if room.closed or window is None or window.opens is None:
        return None
    zone = site_time.zone()
    ends = window.closes.astimezone(zone) if window.closes else None
    return Event(room, window.opens.astimezone(zone), ends)


def block(room: Room, invite: Invite | None, now: datetime) -> dict[str, Any]:
    """For templates/rooms/about/event.html. The calendar has the link that somebody holds."""
    path = ""
    if not room.closed and (room.opens is not None or room.week):
        path = (
            reverse("invite_calendar", args=[invite.token])
            if invite is not None
            else reverse("room_calendar", args=[room.slug])
        )
    return {"event": event_of(room, now), "calendar": path}


def about(event: Event) -> dict[str, Any]:
    """The event in the words of schema.org."""
    room = event.room
    body = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": room.title,
        "description": room.description,
        "url": event.url,
        "image": [event.photo] if event.photo else [],
        "startDate": event.start,
        "endDate": event.end,
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": event.url},
        "organizer": {"@type": "Organization", "name": site_name(), "url": settings.SITE_URL},
        "eventSchedule": list(schedules(room)),
    }
    return {name: value for name, value in body.items() if value}


def schedules(room: Room) -> Iterator[dict[str, str]]:
    """One for the weekly call, and one for each row of the opening hours."""
    zone = site_time.zone()
    if hours.is_weekly(room) and room.opens and room.closes:
        first, last = room.opens.astimezone(zone), room.closes.astimezone(zone)
        yield {"startDate": first.date().isoformat()} | _schedule(
            first.weekday(), first.time(), last.time()
        )
    for weekday, begins, ends in room.week:
        yield _schedule(weekday, begins, ends)


def _schedule(weekday: int, begins: time, ends: time) -> dict[str, str]:
    return {
        "@type": "Schedule",
        "repeatFrequency": "P1W",
        "byDay": f"https://schema.org/{DAYS[weekday]}",
        "startTime": begins.isoformat(timespec="seconds"),
        "endTime": ends.isoformat(timespec="seconds"),
        "scheduleTimezone": site_time.zone_name(),
    }


def site_name() -> str:
    """The site in one word: its host name."""
    return settings.SITE_URL.partition("://")[2]


def next_day(after: date, weekdays: list[int]) -> date:
    """The first of some days of the week, on ``after`` or later."""
    return next(day for n in range(7) if (day := after + timedelta(days=n)).weekday() in weekdays)
