"""The days of each occasion. Pure. Seasons are those of the northern hemisphere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from dateutil.easter import easter

from rooms.models import Occasion

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From ``first`` to ``last``, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


class Scheduled(Protocol):
    """What is read of a ``ScheduledBackground``."""

    @property
    def occasion(self) -> str: ...
    @property
    def begins(self) -> date | None: ...
    @property
    def ends(self) -> date | None: ...
    @property
    def yearly(self) -> bool: ...


def _fixed(first: tuple[int, int], last: tuple[int, int]) -> Callable[[int], Span]:
    """Month and day of both; the last is in the next year if it would be before the first."""

    def span(year: int) -> Span:
        return Span(date(year, *first), date(year + (last < first), *last))

    return span


def _around_easter(before: int, after: int) -> Callable[[int], Span]:
    """Days from Easter Sunday; negative ones are before it."""
    return lambda year: Span(easter(year) + before * DAY, easter(year) + after * DAY)


def _advent(year: int) -> Span:
    """From the fourth Sunday before Christmas Day to the day before Christmas Eve."""
    christmas = date(year, 12, 25)
    fourth = christmas - (christmas.weekday() + 1) * DAY
    return Span(fourth - timedelta(weeks=3), date(year, 12, 23))


def _winter(year: int) -> Span:
    return Span(date(year, 12, 1), date(year + 1, 3, 1) - DAY)


DAYS: dict[str, Callable[[int], Span]] = {
    Occasion.NEW_YEAR: _fixed((12, 30), (1, 2)),
    # From the Thursday before Ash Wednesday to the day before it.
    Occasion.CARNIVAL: _around_easter(-52, -47),
    Occasion.VALENTINE: _fixed((2, 13), (2, 14)),
    Occasion.EASTER: _around_easter(-2, 1),
    Occasion.PENTECOST: _around_easter(48, 50),
    Occasion.HALLOWEEN: _fixed((10, 29), (10, 31)),
    Occasion.ADVENT: _advent,
    Occasion.CHRISTMAS: _fixed((12, 24), (12, 26)),
    Occasion.SPRING: _fixed((3, 1), (5, 31)),
    Occasion.SUMMER: _fixed((6, 1), (8, 31)),
    Occasion.AUTUMN: _fixed((9, 1), (11, 30)),
    Occasion.WINTER: _winter,
}


def span(row: Scheduled, day: date) -> Span | None:
    """The days of the row that ``day`` is among; None: it is not."""
    if row.occasion in DAYS:
        # One that began last year may still last.
        spans = [DAYS[row.occasion](year) for year in (day.year - 1, day.year)]
    elif row.begins is None or row.ends is None:
        return None
    elif not row.yearly:
        spans = [Span(row.begins, row.ends)]
    else:
        spans = [
            Span(_in_year(row.begins, year), _in_year(row.ends, year + later))
            for year in (day.year - 1, day.year)
            for later in [row.ends.year - row.begins.year]
        ]
    return next((each for each in spans if day in each), None)


def _in_year(day: date, year: int) -> date:
    """The same day of another year. 29 February is the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
