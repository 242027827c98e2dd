"""The owner's time zone, set in one place and used everywhere."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rooms import site_time
from rooms.entry import hours
from rooms.models import OpeningHours, Room, Site
from rooms.page import moments

SUMMER = datetime(2030, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(site_time, "_kept", ("", 0.0))


def test_without_a_choice_it_is_that_of_the_settings(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Kathmandu"
    assert site_time.zone_name() == "Asia/Kathmandu"
    assert site_time.local(SUMMER).strftime("%H:%M") == "17:45"


def test_opening_hours_and_words_follow_the_choice(room: Room) -> None:
    site_time.choose("America/New_York")
    OpeningHours.objects.create(room=room, weekday=0, begins=time(9), ends=time(10))
    window = hours.window(room, SUMMER)
    assert window is not None
    assert window.opens == datetime(2030, 7, 1, 13, tzinfo=UTC)
    assert moments.words(SUMMER) == "Monday, 1 July 2030 at 08:00 (America/New_York)"


def test_the_admin_reads_and_shows_times_in_it(owner: Client, room: Room) -> None:
    site_time.choose("America/New_York")
    Room.objects.update(opens=SUMMER)
    page = owner.get(f"/admin/rooms/room/{room.pk}/change/").content.decode()
    assert 'value="08:00:00"' in page
    assert "(America/New_York)" in page


def test_a_zone_that_does_not_exist_is_refused_and_there_is_one_row() -> None:
    with pytest.raises(ValidationError):
        site_time.choose("Mars/Olympus")
    assert not Site.objects.exists()
    site_time.choose("Europe/Berlin")
    site_time.choose("")
    assert [site.time_zone for site in Site.objects.all()] == [""]


def test_it_is_asked_for_once_in_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    Site.objects.create(time_zone="Europe/Berlin")
    with CaptureQueriesContext(connection) as queries:
        assert {site_time.zone_name() for _ in range(9)} == {"Europe/Berlin"}
    assert len(queries) == 1
    Site.objects.update(time_zone="Europe/Paris")
    late = site_time._kept[1] + 1
    monkeypatch.setattr("time.monotonic", lambda: late)
    assert site_time.zone_name() == "Europe/Paris"


def test_without_the_database_the_last_known_one_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> str:
        raise OperationalError("away")

    monkeypatch.setattr(site_time, "_kept", ("Europe/Berlin", 0.0))
    monkeypatch.setattr(site_time, "chosen", away)
    assert site_time.zone_name() == "Europe/Berlin"


def test_code_in_an_event_loop_never_waits_for_the_database() -> None:
    Site.objects.create(time_zone="Europe/Berlin")

    async def ask() -> str:
        return site_time.zone_name()

    assert asyncio.run(ask()) == "UTC"
