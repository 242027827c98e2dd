"""Calendar files (iCalendar, RFC 5545 and 7986) of rooms.

The same room always gives the same bytes until it is changed, so that a program that subscribes to
them is told "not modified". DTSTAMP may therefore be the time of the last change: without a METHOD
it means just that (RFC 5545, section 3.8.7.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import Any

import icalendar
from django.utils.translation import gettext as _

from rooms import site_time
from rooms.entry import hours
from rooms.events.event import DAY_CODES, next_day, site_name
from rooms.models import Room

ALARM_BEFORE = timedelta(minutes=15)

# How often a program that subscribes asks again.
REFRESH = timedelta(hours=1)

Rule = dict[str, Any]

Entry = tuple[datetime, datetime | None, Rule | None]


def calendar(rooms: Iterable[tuple[Room, str]], name: str) -> bytes:
    """The rooms with the link to each. It has no event for a room without a beginning."""
    file = icalendar.Calendar()
    file.add("prodid", f"-//confcall//{site_name()}//EN")
    file.add("version", "2.0")
    file.add("name", name)
    file.add("x-wr-calname", name)
    file.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    file.add("x-published-ttl", REFRESH, parameters={"VALUE": "DURATION"})
    for room, link in rooms:
        for number, (starts, ends, rule) in enumerate(times(room)):
            file.add_component(_event(room, link, number, starts, ends, rule))
    if site_time.zone_name() != "UTC":
        file.add_missing_timezones()
    return bytes(file.to_ical())


def has_times(room: Room) -> bool:
    """Whether a calendar has anything of it."""
    return next(times(room), None) is not None


def times(room: Room) -> Iterator[Entry]:
    """Beginning, end and rule of each entry, in the site's time zone.

    Opening hours that are the same on several days are one entry. A room that opens once has those
    that begin in its time or, if none do, all of its time.
    """
    zone = site_time.zone()
    weekly = hours.is_weekly(room)
    week = list(_of_hours(room, zone, weekly))
    if room.opens is not None and (weekly or not week):
        ends = room.closes.astimezone(zone) if room.closes else None
        yield room.opens.astimezone(zone), ends, {"freq": "weekly"} if weekly else None
    yield from week


def _of_hours(room: Room, zone: tzinfo, weekly: bool) -> Iterator[Entry]:
    since = (room.opens if room.opens and not weekly else room.created).astimezone(zone)
    until = room.closes if not weekly else None
    for (begins, ends_at), rows in groupby(sorted(room.week, key=_from_until), _from_until):
        days = [weekday for weekday, *_ in rows]
        starts = datetime.combine(next_day(since.date(), days), begins, zone)
        if starts < since and room.opens:
            after = since.date() + timedelta(days=1)
            starts = datetime.combine(next_day(after, days), begins, zone)
        if until is not None and starts >= until:
            continue
        day = starts.date() + timedelta(days=ends_at <= begins)
        rule: Rule = {"freq": "weekly", "byday": [DAY_CODES[n] for n in days]}
        if until is not None:
            rule["until"] = (until - timedelta(seconds=1)).astimezone(UTC)
        yield starts, datetime.combine(day, ends_at, zone), rule


def _from_until(row: tuple[int, time, time]) -> tuple[time, time]:
    return row[1:]


def _event(
    room: Room,
    link: str,
    number: int,
    starts: datetime,
    ends: datetime | None,
    rule: Rule | None,
) -> icalendar.Event:
    event = icalendar.Event()
    # The first entry of a room keeps its name whatever is added.
    part = f"-{number + 1}" if number else ""
    event.add("uid", f"room-{room.pk}{part}@{site_name()}")
    event.add("sequence", max(0, int((room.changed - room.created).total_seconds())))
    for name in ("dtstamp", "last-modified"):
        event.add(name, room.changed.astimezone(UTC).replace(microsecond=0))
    event.add("created", room.created.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", _stamp(starts))
    if ends is not None:
        event.add("dtend", _stamp(ends))
    if rule is not None:
        event.add("rrule", rule)
    event.add("summary", room.title)
    event.add("description", "\n\n".join(filter(None, [room.description, link])))
    event.add("url", link)
    event.add("location", link)
    event.add("conference", link, parameters={"VALUE": "URI", "FEATURE": "AUDIO,VIDEO"})
    event.add("status", "CONFIRMED")
    event.add_component(_alarm(room))
    return event


def _stamp(moment: datetime) -> datetime:
    """Seconds are enough. UTC needs no table of its zone."""
    whole = moment.replace(microsecond=0)
    return whole.astimezone(UTC) if site_time.zone_name() == "UTC" else whole


def _alarm(room: Room) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -ALARM_BEFORE)
    alarm.add("description", _("{title} begins soon.").format(title=room.title))
    return alarm
