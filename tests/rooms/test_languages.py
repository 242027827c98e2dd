"""A German browser reads German, and every other one reads English."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation

from rooms.consumers import texts as spoken
from rooms.entry import knocking
from rooms.models import Invite, Room
from rooms.page import texts
from rooms.roles import Role, VisitorPolicy
from tests.german import english
from tests.rooms.cards import Parsed
from tests.rooms.pages import config, enter
from tests.rooms.support import PATIENCE, own_origin
from tools.messages import STRICT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis", "no_cards")]

complete = pytest.mark.skipif(not STRICT, reason="the catalogue is still growing")

GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.8"}
FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9"}

# Words that are the same in both languages.
SAME = {"OK", "Bitrate", "Chat", "Codec", "Name", "Video", "{name}: {reaction}"}


@pytest.fixture
def german() -> Client:
    return Client(headers=GERMAN)


@pytest.fixture
def french() -> Client:
    return Client(headers=FRENCH)


def test_the_login_of_the_admin(german: Client, french: Client) -> None:
    page = german.get("/admin/login/").content.decode()
    assert '<html lang="de"' in page
    assert "Anmelden" in page
    assert "Passwort:" in page
    assert "Log in" not in page
    assert "Log in" in french.get("/admin/login/").content.decode()


def test_the_page_of_a_bad_link(german: Client, french: Client) -> None:
    for path in ("/i/nothing/", "/r/nothing/", "/no/such/page/"):
        page = german.get(path)
        assert page.status_code == 404
        assert "Dieser Link führt zu keinem Gespräch." in page.content.decode(), path
        other = french.get(path).content.decode()
        assert "This link does not lead to a call." in other, path
        assert '<html lang="en"' in other


def test_the_page_of_an_invite_and_the_texts_of_its_scripts(
    room: Room, german: Client, french: Client
) -> None:
    invite = Invite.objects.create(room=room, role=Role.SPEAKER)
    page: Any = enter(german, invite)
    assert '<html lang="de"' in page.content.decode()
    assert "Ohne Kamera und Mikrofon teilnehmen" in page.content.decode()
    assert config(page)["texts"]["call.hand_up"] == "Hand heben"
    page = enter(french, Invite.objects.create(room=room, role=Role.SPEAKER))
    assert "Join without camera and microphone" in page.content.decode()
    assert config(page)["texts"]["call.hand_up"] == "Raise hand"


def test_the_admin_speaks_of_rooms_in_german(owner: Client, room: Room) -> None:
    path = reverse("admin:rooms_room_change", args=[room.pk])
    page = owner.get(path, headers=GERMAN).content.decode()
    assert "Raum" in page
    assert "Wer teilnehmen kann, und wann" in page
    assert "Sichern" in page
    assert "Who can join, and when" in owner.get(path, headers=FRENCH).content.decode()


class Words(HTMLParser):
    """The texts of a page, and those of its attributes that people read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._skip = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skip = tag in ("script", "style")
        for name, value in attrs:
            if name in ("aria-label", "title", "placeholder", "alt") and value:
                self.handle_data(value)

    def handle_endtag(self, tag: str) -> None:
        self._skip = False

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self.found.add(" ".join(data.split()).rstrip(":"))


@complete
def test_no_page_of_the_admin_is_left_in_english(owner: Client, room: Room) -> None:
    """The list, and the page of a new row, of all that the owner keeps."""
    Invite.objects.create(room=room, role=Role.SPEAKER)
    lists = [f"/admin/rooms/{model._meta.model_name}/" for model in owned()]
    paths = ["/admin/", "/admin/rooms/", "/admin/rooms/room/live/", *lists]
    paths += [f"{path}add/" for path in lists] + [f"/admin/rooms/room/{room.pk}/change/"]
    left, seen = {}, 0
    for path in paths:
        page = owner.get(path, headers=GERMAN)
        if page.status_code != 200:
            continue  # nobody adds these by hand
        seen += 1
        words = Words(page.content.decode()).found - {"owner"}  # the name of the user
        if english_here := sorted(text for text in words if english().fullmatch(text)):
            left[path] = english_here
    assert left == {}
    assert seen > len(lists)


def owned() -> list[Any]:
    return [model for model in admin.site._registry if model._meta.app_label == "rooms"]


def test_cards_are_kept_for_each_language(german: Client, french: Client) -> None:
    Room.objects.create(slug="tea", title="Tea", visitors=VisitorPolicy.SPEAK)
    for _again in range(2):
        card = Parsed(german.get("/e/r/tea/"))
        assert card.links == [("Am Gespräch teilnehmen", {"href": "/r/tea/?frame"})]
        assert "Accept-Language" in card.response["Vary"]
        card = Parsed(french.get("/e/r/tea/"))
        assert card.links == [("Join the call", {"href": "/r/tea/?frame"})]
    assert "Der Gastgeber ist" in german.get("/e/d/tea/").content.decode()


def test_whip_stays_english(german: Client) -> None:
    answer = german.post("/whip/nothing", data=b"", content_type="application/sdp")
    assert "A valid bearer token is required" in answer.content.decode()


def test_an_email_is_in_the_language_of_the_site(room: Room, owner: Client, settings: Any) -> None:
    with translation.override("de"):
        subject, _text = knocking.message(room)
    assert subject == "Someone is waiting in “Garden”"
    settings.LANGUAGE_CODE = "de"
    with translation.override("en"):
        subject, text = knocking.message(room)
    assert subject == "Jemand wartet in „Garden“"
    assert "wartet auf Sie" in text


async def said(path: str, language: str) -> str:
    """What the WebSocket says to a browser that talks nonsense."""
    from confcall.asgi import application

    headers = [(b"origin", own_origin().encode()), (b"accept-language", language.encode())]
    socket = WebsocketCommunicator(application, path, headers=headers)
    assert (await socket.connect(timeout=PATIENCE))[0]
    await socket.send_to(text_data="{")
    message = await socket.receive_output(timeout=PATIENCE)
    await socket.disconnect(timeout=PATIENCE)
    words: str = json.loads(message["text"])["message"]
    return words


async def test_sockets_answer_in_the_language_of_their_browser() -> None:
    german = "Auf dieser Seite ist etwas schiefgegangen. Laden Sie die Seite neu."
    english = "Something went wrong on this page. Reload the page."
    assert await said("/ws/call/garden/", "de-AT") == german
    assert await said("/ws/call/garden/", "fr") == english
    assert await said("/ws/call/garden/", "de") == german
    assert translation.get_language() == "en"


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


@complete
@pytest.mark.parametrize("table", [texts.TEXTS, spoken.ERRORS], ids=["scripts", "sockets"])
def test_every_text_is_german_and_keeps_its_placeholders(table: dict[str, Any]) -> None:
    with translation.override("en"):
        english = {key: str(text) for key, text in table.items()}
    with translation.override("de"):
        german = {key: str(text) for key, text in table.items()}
    same = {text for key, text in english.items() if german[key] == text}
    assert same <= SAME
    for key, text in english.items():
        assert placeholders(text) == placeholders(german[key]), key
