"""When a room is open, in its form in the admin."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from rooms.models import Room
from tests.rooms.support import ROOM_FORM

pytestmark = pytest.mark.django_db

Row = tuple[int, str, str]


def form(*rows: Row, pks: tuple[int, ...] = (), **fields: Any) -> dict[str, Any]:
    """The room's form, with rows of opening hours; the first ones exist already."""
    data = {**ROOM_FORM, **fields, "hours-TOTAL_FORMS": len(rows), "hours-INITIAL_FORMS": len(pks)}
    for n, (weekday, begins, ends) in enumerate(rows):
        data |= {f"hours-{n}-weekday": weekday, f"hours-{n}-begins": begins}
        data |= {f"hours-{n}-ends": ends, f"hours-{n}-id": pks[n] if n < len(pks) else ""}
    return data


def save(owner: Client, data: dict[str, Any]) -> str:
    room = Room.objects.filter(slug="tea").first()
    address = f"/admin/rooms/room/{room.pk}/change/" if room else "/admin/rooms/room/add/"
    page = owner.post(address, data | {"_continue": "1"}, follow=True)
    assert page.status_code == 200
    return page.content.decode()


def test_an_owner_adds_changes_and_deletes_opening_hours(owner: Client) -> None:
    save(owner, form((0, "09:00", "17:00"), (4, "22:00", "02:00")))
    room = Room.objects.get()
    assert room.week == ((0, time(9), time(17)), (4, time(22), time(2)))
    pks = tuple(room.hours.values_list("pk", flat=True))
    data = form((0, "09:00", "12:00"), (4, "22:00", "02:00"), pks=pks)
    save(owner, data | {"hours-1-DELETE": "on"})
    assert Room.objects.get().week == ((0, time(9), time(12)),)
    # A form without that part, such as one that was opened before an upgrade, keeps them.
    save(owner, ROOM_FORM)
    assert Room.objects.get().week == ((0, time(9), time(12)),)


@pytest.mark.parametrize(
    "rows",
    [
        [(0, "09:00", "17:00"), (0, "16:59", "18:00")],
        [(0, "22:00", "02:00"), (1, "01:00", "03:00")],
        [(0, "00:30", "03:00"), (6, "23:00", "01:00")],
        [(3, "09:00", "10:00"), (3, "09:00", "10:00")],
    ],
)
def test_hours_that_overlap_are_one_error(owner: Client, rows: list[Row]) -> None:
    page = save(owner, form(*rows))
    assert page.count("These hours overlap with those of") == 1
    assert not Room.objects.exists()


def test_hours_that_touch_are_none(owner: Client) -> None:
    save(owner, form((0, "22:00", "00:00"), (1, "00:00", "03:00"), (6, "12:00", "00:00")))
    assert len(Room.objects.get().week) == 3


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"opens": 0, "closes": 0}, "The room closes before it opens."),
        ({"opens": 1, "closes": 0}, "The room closes before it opens."),
        ({"opens": 0, "repeats": "weekly"}, "A weekly call needs both times"),
        ({"repeats": "weekly"}, "A weekly call needs both times"),
        ({"opens": 0, "closes": 8, "repeats": "weekly"}, "A weekly call lasts at most a week."),
    ],
)
def test_times_that_make_no_sense_are_one_error(
    owner: Client, fields: dict[str, Any], text: str
) -> None:
    data: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            data[name] = value
        else:
            data |= {f"{name}_0": f"2026-05-{10 + value}", f"{name}_1": "18:00"}
    page = save(owner, form(**data))
    assert page.count(text) == 1
    assert page.count('class="errorlist"') == 1
    assert not Room.objects.exists()


def test_the_form_says_if_nobody_can_be_told_by_e_mail(owner: Client, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    add = "/admin/rooms/room/add/"
    assert "No mail server is set" in owner.get(add).content.decode()
    settings.EMAIL_HOST = "mail.example.org"
    assert "No owner has an e-mail address" in owner.get(add).content.decode()
    get_user_model().objects.update(email="ann@example.org")
    assert "At most one message in five minutes" in owner.get(add).content.decode()


def test_a_weekly_room_is_not_open_yet_between_two_calls_and_reopening_keeps_it(
    owner: Client,
) -> None:
    now, day = timezone.now(), timedelta(days=1)
    row = Room.objects.create(
        slug="tea", title="Tea", opens=now - 2 * day, closes=now - day, repeats="weekly"
    )
    assert "not open yet" in owner.get("/admin/rooms/room/").content.decode()
    owner.post(
        "/admin/rooms/room/", {"action": "reopen_rooms", "_selected_action": [row.pk]}, follow=True
    )
    row.refresh_from_db()
    assert row.closes == now - day
    once = Room.objects.create(slug="once", title="Once", closes=now - day)
    owner.post("/admin/rooms/room/", {"action": "reopen_rooms", "_selected_action": [once.pk]})
    before = once.changed
    once.refresh_from_db()
    assert once.closes is None
    assert once.changed > before, "calendars hear of it"
