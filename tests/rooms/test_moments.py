"""Points in time as pages show them before a script has converted them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rooms.models import Room
from rooms.page import moments
from rooms.roles import Role

CHRISTMAS = datetime(2026, 12, 24, 17, tzinfo=UTC)


def plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "Thursday, 24 December 2026 at 17:00 (UTC)"),
        ("Europe/Berlin", "Thursday, 24 December 2026 at 18:00 (Europe/Berlin)"),
        ("Pacific/Auckland", "Friday, 25 December 2026 at 06:00 (Pacific/Auckland)"),
    ],
)
def test_a_time_names_its_zone_and_tells_the_script_the_instant(
    zone: str, words: str, settings: Any
) -> None:
    settings.TIME_ZONE = zone
    assert moments.words(CHRISTMAS) == words
    tag = moments.tag(CHRISTMAS)
    assert plain(tag) == words
    assert 'datetime="2026-12-24T17:00:00+00:00"' in tag


@pytest.mark.django_db
def test_the_waiting_page_says_when_and_how_many_seconds_are_left(client: Client) -> None:
    now = timezone.now()
    room = Room.objects.create(slug="garden", title="Garden", opens=now + timedelta(seconds=90.5))
    page = client.get(room.invites.create().get_absolute_url()).content.decode()
    assert f"It opens on {moments.words(now + timedelta(seconds=90.5))}." in plain(page)
    left = re.search(r'data-left="([\d.]+)"', page)
    assert left
    assert 60 < float(left[1]) <= 90.5
    assert moments.left(CHRISTMAS, CHRISTMAS + timedelta(hours=1)) == "0.000"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"opens": CHRISTMAS.replace(year=2126)}, "It opens on Tuesday, 24 December 2126 at"),
        ({"closes": CHRISTMAS.replace(year=2126)}, "It is open until Tuesday, 24 December 2126 at"),
    ],
)
def test_the_lobby_says_times_in_sentences(
    client: Client, state: dict[str, Any], sentence: str
) -> None:
    room = Room.objects.create(slug="garden", title="Garden", **state)
    page = client.get(room.invites.create(role=Role.OWNER).get_absolute_url()).content.decode()
    assert sentence in plain(page)
    assert "ui/moments.js" in page
