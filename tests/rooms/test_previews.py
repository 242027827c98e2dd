"""What chat programs find behind a link."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from rooms.models import Admission, Invite, Room
from rooms.roles import VisitorPolicy

pytestmark = pytest.mark.django_db

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "rooms"

# By their own names; the last three fetch with a browser's engine and headers.
PROGRAMS: list[dict[str, str]] = [
    {},
    {"User-Agent": "curl/8.5.0", "Accept": "*/*"},
    {"User-Agent": "WhatsApp/2.23.20.0"},
    {"User-Agent": "TelegramBot (like TwitterBot)"},
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"},
    {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537.36", "Accept": "text/html"},
    {"User-Agent": "Mozilla/5.0 (X11) Chrome/120 Safari/537.36", "Sec-Fetch-Mode": "cors"},
    {
        "User-Agent": "Mozilla/5.0 (Macintosh) Safari/605 facebookexternalhit/1.1 Twitterbot/1.0",
        "Sec-Fetch-Mode": "navigate",
    },
    {"User-Agent": "Mozilla/5.0 SkypeUriPreview Preview/0.5", "Upgrade-Insecure-Requests": "1"},
    {"User-Agent": "Mozilla/5.0 (compatible; LinkedInBot/1.0)", "Sec-Fetch-Mode": "navigate"},
]
PEOPLE: list[dict[str, str]] = [
    {"User-Agent": "Mozilla/5.0 (X11) Chrome/120 Safari/537.36", "Sec-Fetch-Mode": "navigate"},
    # Over plain HTTP, browsers leave the others out.
    {"User-Agent": "Mozilla/5.0 (X11) Firefox/128.0", "Upgrade-Insecure-Requests": "1"},
    {"User-Agent": "Mozilla/5.0 (Linux; CUBOT_X19) Chrome/88", "Sec-Fetch-Mode": "navigate"},
]


class Tags(HTMLParser):
    """The metadata of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("property") or values.get("name")
        if tag == "meta" and name:
            self.found[name] = values.get("content", "")


def ask(path: str, headers: dict[str, str], method: str = "get") -> Any:
    """The page for a browser without cookies."""
    return getattr(Client(HTTP_SEC_FETCH_MODE=""), method)(path, headers=headers)


def paths() -> list[str]:
    """Links of every kind, good and bad."""
    day = timedelta(days=1)
    now = timezone.now()
    garden = Room.objects.create(slug="garden", title="Secret garden")
    over = Room.objects.create(slug="over", title="Over", closed=True)
    open_ = Room.objects.create(slug="open", title="Open", visitors=VisitorPolicy.SPEAK)
    rows = [
        garden.invites.create(uses_left=1),
        garden.invites.create(expires=now - day),
        garden.invites.create(not_before=now + day),
        garden.invites.create(uses_left=0),
        garden.invites.create(revoked=True),
        over.invites.create(),
    ]
    links = [row.get_absolute_url() for row in rows]
    return [*links, "/i/unknown/", "/r/garden/", "/r/absent/", open_.get_absolute_url()]


@pytest.mark.parametrize("headers", PROGRAMS)
def test_a_program_gets_the_same_page_whatever_the_link_is_worth(headers: dict[str, str]) -> None:
    answers = [ask(path, headers) for path in paths()]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert not any(answer.cookies for answer in answers)
    kinds = {tuple(sorted((k, v) for k, v in a.items() if k != "Expires")) for a in answers}
    assert len(kinds) == 1
    assert b"Secret" not in answers[0].content
    assert Invite.objects.filter(uses_left=1, last_used=None).count() == 1
    assert not Admission.objects.exists()


@pytest.mark.parametrize("headers", PEOPLE)
def test_a_browser_gets_what_the_link_leads_to(headers: dict[str, str]) -> None:
    good, *_rest = paths()
    assert b"Secret garden" in ask(good, headers).content
    assert ask("/i/unknown/", headers).status_code == 404
    assert ask("/r/garden/", headers).status_code == 404


def test_somebody_who_is_taken_for_a_program_goes_on_by_themselves() -> None:
    good, *_rest = paths()
    page = ask(good, {}).content.decode()
    assert 'href="?enter"' in page
    assert "ui/entry/enter.js" in page
    assert b"Secret garden" in ask(good + "?enter=", {}).content
    assert ask("/i/unknown/?enter", {}).status_code == 404


def test_the_tags_are_what_chat_programs_read(client: Client) -> None:
    good, *_rest = paths()
    for answer in (ask(good, {}), ask(good, PEOPLE[0]), ask("/i/unknown/", PEOPLE[0])):
        tags = Tags(answer.content.decode()).found
        assert tags["og:title"] == "Join the call"
        assert tags["og:description"] == tags["description"]
        assert "browser" in tags["description"]
        assert tags["twitter:card"] == "summary_large_image"
        address = tags["og:image"]
        assert address.startswith("http://127.0.0.1:8000/static/rooms/preview")
        image = client.get(address.removeprefix("http://127.0.0.1:8000"))
        size = (int(tags["og:image:width"]), int(tags["og:image:height"]))
        assert Image.open(io.BytesIO(image.content)).size == size == (1200, 630)


def test_notes_are_not_shown_to_programs_either() -> None:
    room = Room.objects.create(slug="garden", title="Secret garden")
    good, bad = (ask(f"/n/{key}/", {}) for key in (room.notes_key, "unknown"))
    assert (good.status_code, good.content) == (200, bad.content)
    assert Tags(good.content.decode()).found["og:title"] == "Notes of a call"
    assert "frame-ancestors 'self'" in good["Content-Security-Policy"]
    page = ask(f"/n/{room.notes_key}/?userName=Ann&enter=", {})
    assert room.notes_key.encode() in page.content


def test_a_program_may_ask_for_the_head_alone() -> None:
    good, *_rest = paths()
    for path in (good, "/i/unknown/", "/r/garden/"):
        answer = ask(path, PROGRAMS[2], "head")
        assert (answer.status_code, answer.content) == (200, b"")


def test_scripts_that_ask_for_a_page_say_that_somebody_is_there() -> None:
    """Browsers do not mark a script's requests as navigations, so it would get the preview."""
    asking = {"ui/entry/entry.js", "ui/entry/countdown.js", "ui/notes/notes_frame.js"}
    # Addresses of their own, which give no page.
    own_data = {"ui/admin/live.js", "ui/entry/waiting.js"}
    for file in SCRIPTS.rglob("*.js"):
        name, text = file.relative_to(SCRIPTS).as_posix(), file.read_text(encoding="utf-8")
        for call in re.findall(r"\bfetch\((\w*)", text):
            assert name in asking | own_data, f"{name} asks for something: what, and as whom?"
            assert (call == "askedByScript") == (name in asking), name
