"""The beginnings of a new installation."""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from rooms.models import Background, Invite, Room
from rooms.roles import Role

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def firststart(**options: bool) -> str:
    out = io.StringIO()
    call_command("firststart", stdout=out, **options)
    return out.getvalue()


def password_in(text: str) -> str:
    found = re.search(r"Username +owner\n +Password +(\w+)\n", text)
    assert found, text
    return found[1]


def test_the_first_start_prints_links_that_work() -> None:
    text = firststart()
    assert Client().login(username="owner", password=password_in(text))
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


def test_the_password_comes_last_with_the_command_that_sets_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATA_DIR", "/srv/my data")
    text = firststart()
    after = text[text.index(password_in(text)) :]
    assert "http" not in after
    command = after.strip().splitlines()[-1].strip()
    setting, python, *words = shlex.split(command)
    assert setting == "DATA_DIR=/srv/my data"
    assert Path(python) == Path(sys.executable).relative_to(ROOT)
    assert words == ["manage.py", "changepassword", "owner"]


def test_the_second_start_shows_the_same_links_and_no_password() -> None:
    first, second = firststart(), firststart()
    assert password_in(first) not in second
    assert re.findall(r"http\S+", first) == re.findall(r"http\S+", second)
    assert (Room.objects.count(), Invite.objects.count(), Background.objects.count()) == (1, 2, 1)


def test_a_log_gets_the_invites_once() -> None:
    assert "/i/" in firststart(first_links_only=True)
    second = firststart(first_links_only=True)
    assert "/i/" not in second
    assert "/admin/" in second


def test_the_command_for_a_new_password_is_shown_until_the_owner_has_logged_in() -> None:
    first = firststart()
    assert "changepassword owner" in firststart()
    Client().login(username="owner", password=password_in(first))
    assert "changepassword" not in firststart()


def test_a_deleted_sample_room_does_not_come_back() -> None:
    firststart()
    Room.objects.all().delete()
    text = firststart()
    assert not Room.objects.exists()
    assert "/admin/" in text
    assert "/i/" not in text
