"""Which background a room has today: of all that apply, the one for the fewest days.

Christmas wins over winter. At equal lengths the room's own wins over one for all rooms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from rooms.looks.occasions import span
from rooms.models import Background, Room, ScheduledBackground


def background(room: Room, day: date | None = None) -> Background | None:
    """The room's background on ``day``, today by default. A room asks the database once."""
    return choose(room, _rows(room), day or timezone.localdate())


def choose(room: Room, rows: Sequence[ScheduledBackground], day: date) -> Background | None:
    """One of ``rows``, all of which are for this room, or the room's usual one."""
    found = [(row, days) for row in rows if (days := span(row, day)) is not None]
    if not found:
        return room.background
    row, _days = min(found, key=lambda each: (each[1].days, each[0].room_id is None, each[0].pk))
    return row.background


@dataclass(frozen=True, slots=True)
class Stretch:
    """A room has the same background from ``first`` to ``last``."""

    first: date
    last: date
    background: Background | None


def coming(room: Room, first: date, days: int = 366) -> Iterator[Stretch]:
    """What comes when, one stretch after the other, from ``first`` on."""
    rows = _rows(room)
    begun, current = first, choose(room, rows, first)
    for offset in range(1, days):
        day = first + timedelta(days=offset)
        there = choose(room, rows, day)
        if there != current:
            yield Stretch(begun, day - timedelta(days=1), current)
            begun, current = day, there
    yield Stretch(begun, first + timedelta(days=days - 1), current)


def _rows(room: Room) -> list[ScheduledBackground]:
    rows: list[ScheduledBackground] | None = getattr(room, "_scheduled", None)
    if rows is None:
        mine = ScheduledBackground.objects.filter(Q(room=room) | Q(room=None))
        rows = list(mine.select_related("background"))
        room._scheduled = rows  # type: ignore[attr-defined]
    return rows
