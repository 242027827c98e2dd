"""oEmbed: a frame with a room's card, for programs that embed links."""

from __future__ import annotations

import io
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from confcall.logs import masked
from rooms.models import Invite, Room

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"
PUBLIC = f"{SITE}/r/open/"


@pytest.fixture
def public(db: None) -> Room:
    return Room.objects.create(slug="open", title='A "room" <b>', visitors="speak")


@pytest.fixture
def invite(room: Room) -> Invite:
    return room.invites.create(uses_left=1)


def ask(client: Client, **query: str) -> Any:
    return client.get("/oembed", query)


class Frame(HTMLParser):
    """The attributes of the only element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.found: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found = {name: value or "" for name, value in attrs}


def test_a_room_is_a_frame_with_its_card(client: Client, public: Room) -> None:
    response = ask(client, url=PUBLIC, format="json")
    answer = response.json()
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert (answer["version"], answer["type"], answer["title"]) == ("1.0", "rich", public.title)
    assert (answer["provider_name"], answer["provider_url"]) == ("127.0.0.1:8000", SITE + "/")
    frame = Frame(answer["html"])
    assert frame.tags == ["iframe"]
    assert frame.found["src"] == f"{SITE}/e/r/open/"
    assert (frame.found["title"], frame.found["loading"]) == (public.title, "lazy")
    assert {"camera", "microphone"} <= set(frame.found["allow"].split("; "))
    size = (str(answer["width"]), str(answer["height"]))
    assert (frame.found["width"], frame.found["height"]) == size


def test_an_invite_is_a_frame_too_and_is_not_used_up(client: Client, invite: Invite) -> None:
    answer = ask(client, url=SITE + invite.get_absolute_url()).json()
    assert Frame(answer["html"]).found["src"] == f"{SITE}/e/i/{invite.token}/"
    assert Invite.objects.filter(pk=invite.pk, uses_left=1, last_used=None).exists()


@pytest.mark.parametrize("size", [(1, 1), (299, 9999), (600, 600), (5000, 100), (9**20, 10**5000)])
def test_the_answer_keeps_to_the_size_that_was_asked_for(
    client: Client, public: Room, size: tuple[int, int]
) -> None:
    texts = [str(n) if n < 10**4000 else "1" + "0" * 5000 for n in size]
    answer = ask(client, url=PUBLIC, maxwidth=texts[0], maxheight=texts[1]).json()
    assert 0 < answer["width"] <= size[0]
    assert 0 < answer["height"] <= size[1]
    assert answer.get("thumbnail_width", 0) <= size[0]
    assert answer.get("thumbnail_height", 0) <= size[1]
    if "thumbnail_url" in answer:
        body = client.get(answer["thumbnail_url"].removeprefix(SITE)).content
        thumbnail = (answer["thumbnail_width"], answer["thumbnail_height"])
        assert Image.open(io.BytesIO(body)).size == thumbnail


def test_a_room_that_is_hidden_looks_like_none(client: Client, public: Room, room: Room) -> None:
    ago = timezone.now() - timedelta(days=1)
    Room.objects.create(slug="closed", title="Closed", visitors="speak", closed=True)
    rows = [
        room.invites.create(revoked=True),
        room.invites.create(stopped=True),
        room.invites.create(uses_left=0),
        room.invites.create(expires=ago),
    ]
    paths = [row.get_absolute_url() for row in rows]
    hidden = [*paths, "/r/garden/", "/r/closed/", "/r/absent/", "/i/unknown-unknown/", "/", "/x"]
    answers = [ask(client, url=SITE + path) for path in hidden]
    answers += [
        ask(client, url=url)
        for url in (
            f"{SITE}/n/{room.notes_key}/",
            "https://example.org/r/open/",
            f"{SITE}@example.org/r/open/",
            f"{SITE}.example.org/r/open/",
            f"{SITE[:-1]}1/r/open/",
        )
    ]
    assert {(a.status_code, a.content) for a in answers} == {(404, answers[0].content)}
    assert all(a["Access-Control-Allow-Origin"] == "*" for a in answers)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"url": ""},
        {"url": "/r/open/"},
        {"url": "javascript:alert(1)"},
        {"url": "http://[::1/r/open/"},
        {"url": PUBLIC + "?" + "x" * 3000},
        {"url": PUBLIC, "maxwidth": "0"},
        {"url": PUBLIC, "maxwidth": "-1"},
        {"url": PUBLIC, "maxheight": "1e3"},
        {"url": PUBLIC, "maxheight": "٣٠٠"},
        {"url": PUBLIC, "maxwidth": "\x00"},
    ],
)
def test_what_makes_no_sense_gets_one_clear_error(
    client: Client, public: Room, query: dict[str, str]
) -> None:
    response = ask(client, **query)
    assert response.status_code == 400
    assert list(response.json()) == ["error"]
    assert response.json()["error"].endswith(".")


@pytest.mark.parametrize("format_", ["xml", "JSON", "", "x" * 1000])
def test_other_formats_are_not_implemented(client: Client, public: Room, format_: str) -> None:
    assert ask(client, url=PUBLIC, format=format_).status_code == 501


def test_mangled_links_of_the_site_are_understood(client: Client, public: Room) -> None:
    others = (f"{PUBLIC}?utm=1#x", "https://localhost:8000/r/OPEN/", PUBLIC + ".")
    for url in (f"{SITE}/r/open", *others):
        assert ask(client, url=url).status_code == 200, url


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post("/oembed", {"url": PUBLIC}).status_code == 405


def test_an_invite_in_a_parameter_reaches_no_log_and_no_cache(
    client: Client, invite: Invite
) -> None:
    response = ask(client, url=SITE + invite.get_absolute_url())
    assert "no-store" in response["Cache-Control"]
    for prefix in ("https%3A%2F%2Fcall.example.org%2Fi%2F", "https%253A%252F%252Fx%252Fi%252F"):
        line = f"GET /oembed?url={prefix}{invite.token}%2F&format=json"
        assert invite.token not in masked(line)
        assert masked(line).endswith("format=json")
