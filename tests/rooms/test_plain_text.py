from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from rooms import plain_text
from rooms.models import Room

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "plain_text.json").read_text(encoding="utf-8")
)
FORBIDDEN = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
anything = st.text(st.characters(exclude_categories=[]))


@pytest.mark.parametrize(("what", "text", "clean"), CASES["passages"])
def test_a_passage(what: str, text: str, clean: str) -> None:
    assert plain_text.passage(text) == clean


@pytest.mark.parametrize(("what", "text", "clean"), CASES["lines"])
def test_a_line(what: str, text: str, clean: str) -> None:
    assert plain_text.line(text) == clean


@given(anything)
def test_only_forbidden_characters_are_removed_from_any_text(text: str) -> None:
    passage = plain_text.passage(text)
    assert plain_text.passage(passage) == passage
    passage.encode()
    for c in passage:
        assert unicodedata.category(c) != "Cc" or c in "\n\t"
        assert c not in FORBIDDEN
    if passage:
        kept = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
        kept = "".join(c for c in kept if c not in FORBIDDEN)
        assert passage.translate({10: None, 9: None}).strip(plain_text.BLANKS) == kept.strip(
            plain_text.BLANKS
        )


@given(anything, st.integers(1, 20))
def test_a_line_is_one_line_and_short(text: str, limit: int) -> None:
    line = plain_text.line(text, limit)
    assert plain_text.line(line, limit) == line
    assert len(line) <= limit
    assert not FORBIDDEN & set(line)
    assert all(unicodedata.category(c) not in ("Cc", "Cs") for c in line)
    assert line == "" or plain_text.is_visible(line)


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("x" * 80, 60, "x" * 60),
        ("Ann 👨‍👩‍👧‍👦", 8, "Ann"),
        ("a👋🏽", 2, "a"),
        ("Zoe\u0323\u0323", 3, "Zo"),
        ("👨‍👩‍👧‍👦", 3, "👨‍👩"),
    ],
)
def test_a_cut_goes_between_characters_as_people_see_them(
    text: str, limit: int, short: str
) -> None:
    assert plain_text.line(text, limit) == short


@pytest.mark.django_db
def test_titles_labels_and_descriptions_are_lines_like_names(client: Client) -> None:
    client.force_login(get_user_model().objects.create_superuser("owner", password="x"))
    form = {
        "title": "\u202eTea\u00a0 time 👩‍👩‍👧\ufeff",
        "slug": "tea",
        "description": "علی‌رضا\x1b",
        "visitors": "nothing",
        "max_people": "50",
        "max_video_mbit": "8",
        "invites-TOTAL_FORMS": "1",
        "invites-INITIAL_FORMS": "0",
        "invites-0-label": "A\u2067nn\u3000Example",
        "invites-0-role": "speaker",
    }
    page = client.post("/admin/rooms/room/add/", form | {"title": "\u202e\u200d"})
    assert "This field is required" in page.content.decode()
    assert client.post("/admin/rooms/room/add/", form).status_code == 302
    room = Room.objects.get(slug="tea")
    assert (room.title, room.description) == ("Tea time 👩‍👩‍👧", "علی‌رضا")
    assert room.invites.get().label == "Ann Example"
