"""Which language an answer is in."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from rooms import languages

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("DE-ch", "de"),
        ("fr,de;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        ("de;q=0", "en"),
        (";;;,,q=\x00", "en"),
        ("de-" + "x" * 5000, "en"),
    ],
)
def test_the_first_known_language_of_the_browser(header: str, language: str) -> None:
    assert languages.of_header(header) == language
    assert languages.of_headers([(b"accept-language", header.encode("latin-1"))]) == language


def test_an_owner_chooses_what_others_get(settings: object) -> None:
    settings.LANGUAGE_CODE = "de"  # type: ignore[attr-defined]
    assert languages.of_header("fr") == "de"
    assert languages.of_header("en") == "en"


@pytest.mark.django_db
def test_a_page_says_its_language_to_browsers_and_caches() -> None:
    page = Client().get("/i/nothing/", headers=GERMAN)
    assert page["Content-Language"] == "de"
    assert "Accept-Language" in page["Vary"]
    assert b'<html lang="de"' in page.content
    assert not page.cookies
    assert (
        Client().get("/i/nothing/", headers={"Accept-Language": "fr"})["Content-Language"] == "en"
    )
    assert translation.get_language() == "en"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/", "/whip/nothing", "/WHEP/nothing", "/embed.js"])
def test_programs_read_english_and_caches_keep_one_answer(path: str) -> None:
    answer = Client().get(path, headers=GERMAN)
    assert "Accept-Language" not in answer.get("Vary", "")
    assert answer.get("Content-Language", "en") == "en"


@pytest.mark.django_db
def test_what_other_sites_keep_is_in_the_language_of_the_site() -> None:
    answer = Client().get("/p/feed.atom", headers=GERMAN)
    assert "Accept-Language" not in answer.get("Vary", "")
    assert answer["Content-Language"] == "en"


def test_every_language_has_its_catalogue(settings: object) -> None:
    folders = {path.parts[-3] for path in Path("locale").glob("*/LC_MESSAGES/django.po")}
    codes = {code for code, _name in settings.LANGUAGES}  # type: ignore[attr-defined]
    assert codes == folders | {"en"}
