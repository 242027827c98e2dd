"""Backgrounds by date: the days of each occasion, and which of several is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client

from rooms.looks import chosen
from rooms.looks.occasions import DAYS, Span, span
from rooms.models import Background, Occasion, Room, ScheduledBackground
from tests.rooms import images


@dataclass(frozen=True)
class Row:
    occasion: str = Occasion.DATES
    begins: date | None = None
    ends: date | None = None
    yearly: bool = True


def test_every_occasion_but_dates_has_days() -> None:
    assert set(DAYS) == set(Occasion) - {Occasion.DATES}


@pytest.mark.parametrize(
    ("occasion", "year", "first", "last"),
    [
        (Occasion.EASTER, 2027, date(2027, 3, 26), date(2027, 3, 29)),
        (Occasion.CARNIVAL, 2027, date(2027, 2, 4), date(2027, 2, 9)),
        (Occasion.PENTECOST, 2027, date(2027, 5, 15), date(2027, 5, 17)),
        (Occasion.ADVENT, 2026, date(2026, 11, 29), date(2026, 12, 23)),
        (Occasion.ADVENT, 2022, date(2022, 11, 27), date(2022, 12, 23)),
        (Occasion.NEW_YEAR, 2026, date(2026, 12, 30), date(2027, 1, 2)),
        (Occasion.WINTER, 2027, date(2027, 12, 1), date(2028, 2, 29)),
    ],
)
def test_the_days_of_an_occasion(occasion: str, year: int, first: date, last: date) -> None:
    assert DAYS[occasion](year) == Span(first, last)


@pytest.mark.parametrize(
    ("row", "day", "expected"),
    [
        (Row(Occasion.NEW_YEAR), date(2027, 1, 2), True),
        (Row(Occasion.NEW_YEAR), date(2027, 1, 3), False),
        (Row(begins=date(2020, 12, 20), ends=date(2021, 1, 6)), date(2027, 1, 6), True),
        (Row(begins=date(2020, 12, 20), ends=date(2021, 1, 6)), date(2027, 1, 7), False),
        (Row(begins=date(2024, 2, 29), ends=date(2024, 2, 29)), date(2027, 2, 28), True),
        (Row(begins=date(2027, 5, 1), ends=date(2027, 5, 2), yearly=False), date(2027, 5, 2), True),
        (
            Row(begins=date(2027, 5, 1), ends=date(2027, 5, 2), yearly=False),
            date(2028, 5, 2),
            False,
        ),
        (Row(), date(2027, 5, 2), False),
    ],
)
def test_whether_a_day_is_among_them(row: Row, day: date, expected: bool) -> None:
    assert (span(row, day) is not None) is expected


@pytest.fixture
def pictures(db: None) -> dict[str, Background]:
    names = ("usual", "winter", "christmas", "own")
    return {
        name: Background.objects.create(
            title=name, image=ContentFile(images.photo(), f"{name}.jpg")
        )
        for name in names
    }


def test_the_one_for_the_fewest_days_is_shown_and_the_room_s_own_first(
    room: Room, pictures: dict[str, Background]
) -> None:
    room.background = pictures["usual"]
    for name, occasion, where in (
        ("winter", Occasion.WINTER, None),
        ("christmas", Occasion.CHRISTMAS, None),
        ("own", Occasion.CHRISTMAS, room),
    ):
        ScheduledBackground.objects.create(background=pictures[name], occasion=occasion, room=where)
    shown = {
        day: chosen.background(room, day)
        for day in (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 25))
    }
    assert list(shown.values()) == [pictures["usual"], pictures["winter"], pictures["own"]]
    other = Room.objects.create(slug="other", title="Other")
    assert chosen.background(other, date(2026, 12, 25)) == pictures["christmas"]


def test_what_comes_when_covers_the_year_without_gaps(
    room: Room, pictures: dict[str, Background]
) -> None:
    ScheduledBackground.objects.create(
        background=pictures["christmas"], occasion=Occasion.CHRISTMAS
    )
    first, holiday, rest = chosen.coming(room, date(2026, 12, 1))
    assert (first.first, first.last, first.background) == (
        date(2026, 12, 1),
        date(2026, 12, 23),
        None,
    )
    assert (holiday.first, holiday.last) == (date(2026, 12, 24), date(2026, 12, 26))
    assert holiday.background == pictures["christmas"]
    assert rest.last == date(2027, 12, 1)


def test_dates_are_checked() -> None:
    for fields in ({}, {"begins": date(2027, 1, 2), "ends": date(2027, 1, 1)}):
        with pytest.raises(ValidationError):
            ScheduledBackground(occasion=Occasion.DATES, **fields).clean()
    ScheduledBackground(occasion=Occasion.EASTER).clean()


def test_the_owner_sees_what_comes(
    admin_client: Client, room: Room, pictures: dict[str, Background]
) -> None:
    ScheduledBackground.objects.create(background=pictures["own"], occasion=Occasion.EASTER)
    page = admin_client.get("/admin/rooms/scheduledbackground/").content.decode()
    assert "What comes when" in page
    assert room.title in page
    form: Any = admin_client.post(
        "/admin/rooms/scheduledbackground/add/",
        {"background": pictures["own"].pk, "occasion": "dates", "begins": "2027-01-01"},
    )
    assert "Give the first and the last day." in form.content.decode()
