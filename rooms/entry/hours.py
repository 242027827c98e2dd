"""When a room is open. Pure: its times, the moment and the time zone in; a window out.

A room is open from ``opens`` to ``closes``, once or at the same wall-clock time of every week, and
in its weekly hours. One that opens once keeps its hours only between these two times. Wall-clock
times are those of the site, see ``rooms.site_time``. Where the clock is put forward or back, they
mean what RFC 5545, section 3.3.5 says: the first of two, and a time that is left out counts from
before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Protocol

from rooms import site_time
from rooms.models import Repeat

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)

# Rows of opening hours: the day as in ``date.weekday``, from, until. Until may be on the next day.
Week = tuple[tuple[int, time, time], ...]

Span = tuple[datetime, datetime]


class Times(Protocol):
    """What is read of a room."""

    @property
    def opens(self) -> datetime | None: ...
    @property
    def closes(self) -> datetime | None: ...
    @property
    def repeats(self) -> str: ...
    @property
    def week(self) -> Week: ...


@dataclass(frozen=True, slots=True)
class Window:
    """A time at which a room is open. None: it was always open before, or has no end.

    Both are in UTC. ``closes`` does not belong to it.
    """

    opens: datetime | None = None
    closes: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it has begun. ``window`` returns none that is over."""
        return self.opens is None or now >= self.opens


ALWAYS = Window()


def window(room: Times, now: datetime) -> Window | None:
    """The current or the next time at which the room is open; None: it does not open again.

    Whether the owner has closed the room (``Room.closed``) does not matter here.
    """
    if not (room.opens or room.closes or room.week):
        return ALWAYS
    zone = site_time.zone()
    return _window(room.opens, room.closes, room.repeats, room.week, now, zone)


def is_weekly(room: Times) -> bool:
    """Whether the time from ``opens`` to ``closes`` comes again; else it counts once."""
    return _length(room.opens, room.closes, room.repeats) is not None


# Everyone in a call is checked once a second, at the same moment.
@lru_cache(maxsize=256)
def _window(
    opens: datetime | None,
    closes: datetime | None,
    repeats: str,
    week: Week,
    now: datetime,
    zone: tzinfo,
) -> Window | None:
    length = _length(opens, closes, repeats)
    once = Window(None if length else opens, None if length else closes)
    if once.closes is not None and max(now, once.opens or now) >= once.closes:
        return None
    spans: list[Span] = []
    try:
        if length is not None and opens is not None:
            spans += _occurrences(opens, length, now, zone)
        spans += _hours(week, max(now, once.opens or now), zone)
    except OverflowError:
        # In the year 9999: no date is after it.
        return Window(opens, closes)
    return _first(spans, once, now) if length or week else once


def _length(opens: datetime | None, closes: datetime | None, repeats: str) -> timedelta | None:
    """How long a weekly call lasts; None: it does not repeat."""
    if repeats != Repeat.WEEKLY or opens is None or closes is None or closes <= opens:
        return None
    return closes - opens


def _occurrences(opens: datetime, length: timedelta, now: datetime, zone: tzinfo) -> Iterator[Span]:
    """The weekly calls around ``now``, the first ones if it has not begun."""
    first = opens.astimezone(zone)
    last = (opens + length).astimezone(zone)
    past = max(0, (now - opens) // WEEK)
    for week in range(max(0, past - 2), past + 4):
        begin = _moment(first.date() + week * WEEK, first.time(), zone)
        end = _moment(last.date() + week * WEEK, last.time(), zone)
        if begin < end:
            yield begin, end


def _hours(week: Week, around: datetime, zone: tzinfo) -> Iterator[Span]:
    """The opening hours from the week before to two weeks after."""
    today = around.astimezone(zone).date()
    monday = today - today.weekday() * DAY
    for start in range(-1, 3):
        for weekday, begins, ends in week:
            day = monday + start * WEEK + weekday * DAY
            begin = _moment(day, begins, zone)
            end = _moment(day + DAY if ends <= begins else day, ends, zone)
            if begin < end:
                yield begin, end


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    """Always in UTC: Python compares times of the same zone by their digits."""
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def _first(spans: Iterable[Span], once: Window, now: datetime) -> Window | None:
    """The first span that is not over, of those that lie in ``once``."""
    for begin, end in _merged(spans):
        opens = begin if once.opens is None else max(begin, once.opens)
        closes = end if once.closes is None else min(end, once.closes)
        if max(opens, now) >= closes:
            continue
        # Far more than the rows and a weekly call reach if there is a gap between them.
        if end - begin > 3 * WEEK:
            return Window(once.opens if opens <= now else opens, once.closes)
        return Window(opens, closes)
    return None


def _merged(spans: Iterable[Span]) -> list[Span]:
    """In order, with those that touch or overlap made one."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((begin, end))
    return merged
