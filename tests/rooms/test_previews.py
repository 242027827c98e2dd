"""What chat programs find behind a link."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
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


def good_links() -> list[str]:
    """Links that lead a stranger into a room, now or later."""
    garden = Room.objects.create(slug="garden", title="Secret garden")
    open_ = Room.objects.create(slug="open", title="Open", visitors=VisitorPolicy.SPEAK)
    heard = Room.objects.create(slug="heard", title="Heard", visitors=VisitorPolicy.LISTEN)
    later = garden.invites.create(not_before=timezone.now() + timedelta(days=1))
    rows: list[Any] = [garden.invites.create(uses_left=1), later, open_, heard]
    return [row.get_absolute_url() for row in rows]


def bad_links() -> list[str]:
    """Links that lead nowhere, whether there is a room or not."""
    ago = timezone.now() - timedelta(days=1)
    hidden = Room.objects.create(slug="hidden", title="Secret meeting")
    closed = Room.objects.create(
        slug="closed", title="Secret end", closed=True, visitors=VisitorPolicy.SPEAK
    )
    over = Room.objects.create(slug="over", title="Secret past", visitors="speak", closes=ago)
    rows: list[Any] = [
        hidden.invites.create(expires=ago),
        hidden.invites.create(uses_left=0),
        hidden.invites.create(revoked=True),
        hidden.invites.create(stopped=True),
        closed.invites.create(),
        over.invites.create(),
        closed,
        over,
        hidden,
    ]
    return [*(row.get_absolute_url() for row in rows), "/i/unknown/", "/r/absent/"]


@pytest.mark.parametrize("headers", PROGRAMS)
def test_a_program_gets_the_same_page_for_every_link_that_leads_nowhere(
    headers: dict[str, str],
) -> None:
    answers = [ask(path, headers) for path in bad_links()]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert not any(answer.cookies for answer in answers)
    kinds = {tuple(sorted((k, v) for k, v in a.items() if k != "Expires")) for a in answers}
    assert len(kinds) == 1
    assert b"Secret" not in answers[0].content


@pytest.mark.parametrize("headers", PROGRAMS)
def test_a_program_reads_about_a_room_and_uses_nothing_up(headers: dict[str, str]) -> None:
    answers = [ask(path, headers) for path in good_links()]
    titles = [Tags(answer.content.decode()).found["og:title"] for answer in answers]
    assert titles == ["Secret garden", "Secret garden", "Open", "Heard"]
    assert {answer.status_code for answer in answers} == {200}
    assert not any(answer.cookies for answer in answers)
    assert Invite.objects.filter(uses_left=1, last_used=None).count() == 1
    assert not Admission.objects.exists()


def test_a_room_that_is_hidden_costs_as_much_work_as_none(
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    links = bad_links()
    for path in [links[0], links[-1], "/r/hidden/", "/r/closed/"]:
        with django_assert_num_queries(1):
            ask(path, {})


@pytest.mark.parametrize("headers", PEOPLE)
def test_a_browser_gets_what_the_link_leads_to(headers: dict[str, str]) -> None:
    good, *_rest = good_links()
    assert b"Secret garden" in ask(good, headers).content
    assert ask("/i/unknown/", headers).status_code == 404
    assert ask("/r/garden/", headers).status_code == 404


@pytest.mark.parametrize("headers", PEOPLE)
def test_an_early_invite_to_a_room_that_is_over_says_nothing_of_it(
    headers: dict[str, str],
) -> None:
    now = timezone.now()
    times: dict[str, dict[str, Any]] = {
        "closed": {"opens": now, "closed": True},
        "over": {"opens": now - timedelta(days=2), "closes": now - timedelta(days=1)},
    }
    for slug, values in times.items():
        room: Room = Room.objects.create(slug=slug, title="Secret end", **values)
        invite = room.invites.create(not_before=now + timedelta(days=1))
        page = ask(invite.get_absolute_url(), headers)
        assert page.status_code == 403
        assert b"Secret" not in page.content
        assert (b"event.ics" in page.content) == (slug == "over")


def test_somebody_who_is_taken_for_a_program_goes_on_by_themselves() -> None:
    good, *_rest = good_links()
    page = ask(good, {}).content.decode()
    assert 'href="?enter"' in page
    assert "ui/entry/enter.js" in page
    assert b"Secret garden" in ask(good + "?enter=", {}).content
    assert ask("/i/unknown/?enter", {}).status_code == 404


def test_a_page_that_says_nothing_still_has_a_picture(client: Client) -> None:
    for answer in (ask("/i/unknown/", {}), ask("/i/unknown/", PEOPLE[0])):
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


@pytest.mark.parametrize("headers", [PROGRAMS[0], PEOPLE[0]])
def test_the_tags_are_those_that_chat_programs_read(
    client: Client, headers: dict[str, str]
) -> None:
    for path in good_links():
        answer = ask(path, headers)
        tags = Tags(answer.content.decode()).found
        assert tags["og:url"] == f"http://127.0.0.1:8000{path}"
        assert tags["og:type"] == "website"
        assert tags["og:site_name"] == "127.0.0.1:8000"
        assert tags["og:description"] == tags["description"]
        assert tags["og:image:alt"] == tags["og:title"]
        assert tags["twitter:card"] == "summary_large_image"
        assert tags["robots"] == "noindex"
        image = client.get(tags["og:image"].removeprefix("http://127.0.0.1:8000"))
        size = (int(tags["og:image:width"]), int(tags["og:image:height"]))
        assert Image.open(io.BytesIO(image.content)).size == size == (1200, 630)
        assert b'type="application/json+oembed"' in answer.content


def test_the_description_says_when_the_room_is_open() -> None:
    start = datetime(2099, 12, 24, 18, tzinfo=UTC)
    room = Room.objects.create(slug="tea", title="Tea", visitors="speak", opens=start)
    page = Tags(ask("/r/tea/", {}).content.decode()).found
    assert page["og:description"].startswith("This link opens in your browser.")
    assert page["og:description"].endswith("It opens on Thursday, 24 December 2099 at 18:00 (UTC).")
    Room.objects.filter(pk=room.pk).update(opens=None, closes=start, description="Bring a cup.")
    page = Tags(ask("/r/tea/", {}).content.decode()).found
    assert page["og:description"] == (
        "Bring a cup. It is open until Thursday, 24 December 2099 at 18:00 (UTC)."
    )


def test_a_title_cannot_break_out_of_its_tag() -> None:
    title = '"><script>alert(1)</script>'
    room = Room.objects.create(slug="odd", title=title, visitors="speak", description=title)
    page = ask(room.get_absolute_url(), {}).content.decode()
    assert Tags(page).found["og:title"] == title
    assert "<script>alert" not in page


def test_notes_are_not_shown_to_programs_either() -> None:
    room = Room.objects.create(slug="garden", title="Secret garden")
    good, bad = (ask(f"/n/{key}/", {}) for key in (room.notes_key, "unknown"))
    assert (good.status_code, good.content) == (200, bad.content)
    assert Tags(good.content.decode()).found["og:title"] == "Notes of a call"
    assert "frame-ancestors 'self'" in good["Content-Security-Policy"]
    page = ask(f"/n/{room.notes_key}/?userName=Ann&enter=", {})
    assert room.notes_key.encode() in page.content


def test_a_program_may_ask_for_the_head_alone() -> None:
    good, *_rest = good_links()
    for path in (good, "/i/unknown/", "/r/garden/"):
        answer = ask(path, PROGRAMS[2], "head")
        assert (answer.status_code, answer.content) == (200, b"")


def test_scripts_that_ask_for_a_page_say_that_somebody_is_there() -> None:
    """Browsers do not mark a script's requests as navigations, so it would get the preview."""
    asking = {"ui/entry/entry.js", "ui/entry/countdown.js", "ui/notes/notes_frame.js"}
    # Addresses of their own, which give no page.
    own_data = {f"ui/entry/{name}.js" for name in ("presence", "reach", "waiting")}
    # The owner's home shows no preview.
    own_data |= {f"ui/admin/{name}.js" for name in ("home", "live", "notify")}
    own_data |= {"ui/notes/history.js"}
    # The room's picture, and static files.
    own_data |= {f"media/effects/{name}.js" for name in ("effects", "workers/compile")}
    for file in SCRIPTS.rglob("*.js"):
        name, text = file.relative_to(SCRIPTS).as_posix(), file.read_text(encoding="utf-8")
        for call in re.findall(r"\bfetch\((\w*)", text):
            assert name in asking | own_data, f"{name} asks for something: what, and as whom?"
            assert (call == "askedByScript") == (name in asking), name
