"""The link in a message to the owner: it shows who waits, and admits, for an hour."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core import signing
from django.test import Client
from django.utils import timezone

from confcall.logs import masked
from rooms.entry.knocking import capability, message
from rooms.models import Decision, Room
from rooms.workers.waiting import Waiter
from sfu_worker import wire

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

SITE = "http://127.0.0.1:8000"


@pytest.fixture
def page(room: Room, clean_redis: Any) -> str:
    """Eve and Bob wait."""
    now = timezone.now().timestamp()
    for name in ("Eve", "Bob"):
        one = Waiter(f"id-{name}", f"person-{name}", name, f"page-{name}", now, now)
        body = {field: getattr(one, field) for field in one.__slots__}
        clean_redis.hset(wire.waiting_key("garden"), one.participant, json.dumps(body))
    return capability.link(room).removeprefix(SITE)


def decided() -> dict[str, str]:
    return dict(Decision.objects.values_list("person", "admitted"))


def test_the_message_has_the_link_and_it_shows_names_only(
    client: Client, room: Room, page: str
) -> None:
    _subject, text = message(room)
    assert f"{SITE}/admit/" in text
    answer = client.get(page)
    shown = answer.content.decode()
    for words in ("Admit Eve", "Refuse Eve", "Admit Bob", "Admit all", "Enter the call"):
        assert words in shown
    assert "person-" not in shown
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert not Decision.objects.exists(), "opening the link changes nothing"


def test_each_button(client: Client, page: str) -> None:
    answer = client.post(page, {"act": "admit", "participant": "id-Eve"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert decided() == {"person-Eve": "admitted"}
    told = async_to_sync(get_channel_layer().receive)("page-Eve")
    assert told == {"type": "rights_changed"}
    client.post(page, {"act": "refuse", "participant": "id-Bob"})
    assert decided() == {"person-Eve": "admitted", "person-Bob": "refused"}


def test_admit_all(client: Client, page: str) -> None:
    client.post(page, {"act": "admit_all"})
    assert decided() == {"person-Eve": "admitted", "person-Bob": "admitted"}


@pytest.mark.parametrize(
    "form", [{}, {"act": "admit"}, {"act": "fly", "participant": "id-Eve"}, {"act": "refuse"}]
)
def test_nonsense_decides_nothing(client: Client, page: str, form: dict[str, str]) -> None:
    assert client.post(page, form).status_code == 302
    assert client.post(page, {"act": "admit", "participant": "id-Zoe"}).status_code == 302
    assert not Decision.objects.exists()


def test_another_site_cannot_press_the_buttons(page: str) -> None:
    client = Client(enforce_csrf_checks=True)
    form = {"act": "admit_all"}
    for where in ("cross-site", "same-site", "none"):
        assert client.post(page, form, headers={"Sec-Fetch-Site": where}).status_code == 403
    assert not Decision.objects.exists()
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    assert client.post(page, form, headers=own).status_code == 302
    assert len(decided()) == 2


def test_a_link_that_is_old_or_not_ours_is_a_page_of_nothing(
    client: Client, room: Room, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = signing.dumps(room.pk, salt="another")
    for bad in (page[:-2] + "/", f"/admit/{forged}/", "/admit/x/"):
        for ask in (client.get, client.post):
            assert ask(bad).status_code == 404
    monkeypatch.setattr(capability, "SIGNED_SECONDS", -1)
    assert client.get(page).status_code == 404
    monkeypatch.undo()
    room.delete()
    assert client.get(page).status_code == 404


@pytest.mark.usefixtures("without_redis")
def test_without_redis_the_page_says_so(client: Client, room: Room) -> None:
    page = capability.link(room).removeprefix(SITE)
    assert "Reload this page" in client.get(page).content.decode()
    assert client.post(page, {"act": "admit_all"}).status_code == 200


def test_the_link_reaches_no_log(page: str) -> None:
    signature = page.removeprefix("/admit/").split(":")[0]
    assert len(signature) > 40
    assert signature not in masked(f"GET {page} 200")
