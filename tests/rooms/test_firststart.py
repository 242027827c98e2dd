"""What a new installation begins with."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from rooms.models import Background, Invite, Room
from rooms.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def firststart() -> str:
    out = io.StringIO()
    call_command("firststart", stdout=out)
    return out.getvalue()


def test_the_first_start_prints_links_that_work() -> None:
    text = firststart()
    found = re.search(r"user name (\w+), password (\w+)", text)
    assert found
    assert Client().login(username=found[1], password=found[2])
    links = re.findall(r"http://127\.0\.0\.1:8000(/i/\S+)", text)
    roles = [Invite.objects.get(token=link.split("/")[2]).role for link in links]
    assert roles == [Role.OWNER, Role.SPEAKER]
    client = Client()
    page = client.get(links[1])
    assert page.status_code == 200
    assert "The garden table" in page.content.decode()
    background = Background.objects.get()
    assert client.get(background.image.url).status_code == 200
    assert background.alt
    assert background.credit


def test_the_second_start_shows_the_same_links_and_no_password() -> None:
    first, second = firststart(), firststart()
    assert "password" not in second
    assert re.findall(r"http\S+", first) == re.findall(r"http\S+", second)
    assert (Room.objects.count(), Invite.objects.count(), Background.objects.count()) == (1, 2, 1)


def test_a_deleted_sample_room_does_not_come_back() -> None:
    firststart()
    Room.objects.all().delete()
    text = firststart()
    assert not Room.objects.exists()
    assert "/admin/" in text
    assert "/i/" not in text
