"""Microformats of other people's pages, hostile ones too."""

from __future__ import annotations

import pytest

from rooms.fetching import Answer
from rooms.indieweb.microformats import Card, card, parse, representative, walk

ME = "https://ann.example/"


def page(html: str, kind: str = "text/html; charset=utf-8") -> Answer:
    return Answer(ME, 200, {"content-type": kind}, html.encode())


CARD = '<div class="h-card"><a class="p-name u-url{}" href="{}">{}</a>{}</div>'
PHOTO = '<img class="u-photo" src="/me.png" alt="Ann">'


def whose(*cards: str, more: str = "") -> Card:
    return representative(parse(page(more + "".join(cards))), ME)


def test_a_page_is_about_the_one_whose_address_it_has() -> None:
    ann = CARD.format(" u-uid", "/", "Ann", PHOTO)
    ben = CARD.format("", "https://ben.example/", "Ben", "")
    assert whose(ben, ann) == Card("Ann", ME, ME + "me.png")
    assert whose(ben, CARD.format("", ME, "Ann", "")) == Card("Ann", ME)
    assert whose(f"<div class=h-feed>{ann}</div>").name == "Ann"
    assert whose(ben) == Card()
    assert whose(CARD.format("", "/", "A", ""), CARD.format("", "/", "B", "")) == Card()


def test_an_address_of_the_same_person_counts() -> None:
    other = CARD.format("", "https://ann.social/", "Ann", "")
    assert whose(other, more='<a rel="me" href="https://ann.social/">me</a>').name == "Ann"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:image/png,x", "ftp://ann.example/", "https://", "//x y",
     "https://[", "https://a.example/\n", "https://a.example/\0"],
)  # fmt: skip
def test_only_web_addresses_are_taken(url: str) -> None:
    item = {"type": ["h-card"], "properties": {"url": [url], "photo": [{"value": url, "alt": ""}]}}
    assert card(item) == Card()


def test_the_charset_is_that_of_the_answer_or_utf_8() -> None:
    html = CARD.format("", "/", "Änn", "")
    latin = Answer(ME, 200, {"content-type": "text/html; charset=latin-1"}, html.encode("latin-1"))
    assert representative(parse(latin), ME).name == "Änn"
    for charset in ("", "nonsense", "idna", "undefined", "punycode", "unicode_escape", "mac-x"):
        kind = f"text/html; charset={charset}"
        assert representative(parse(page(html, kind)), ME).name == "Änn"


@pytest.mark.parametrize(
    "html",
    [
        "<div class=h-card>" * 5000,
        "<div class=h-card><a class=u-url href='http://['>x</a>",
        "<base href='http://['><link rel=me href=x>",
        "\0<",
    ],
)
def test_a_hostile_page_says_nothing_and_breaks_nothing(html: str) -> None:
    parsed = parse(page(html))
    assert len(list(walk(parsed["items"]))) < 5000
    representative(parsed, ME)


# In one process these took 23 s and a minute, and twice as many far more than twice as long.
SLOW = ["<b>" * 20_000, f"<p {' '.join(f'a{n}' for n in range(40_000))}></p>"]


@pytest.mark.parametrize("html", SLOW, ids=["tags", "attributes"])
def test_a_page_that_keeps_the_parser_busy_is_given_up(html: str) -> None:
    parsed = parse(page(html + CARD.format("", "/", "Ann", "")))
    assert parsed == {"items": [], "rels": {}}


def test_a_page_with_many_tags_is_read_in_another_process() -> None:
    assert whose("<p>words</p>" * 500, CARD.format("", "/", "Änn", "")).name == "Änn"


def test_what_is_not_html_has_no_microformats() -> None:
    assert parse(page(CARD.format("", "/", "Ann", ""), "text/plain")) == {"items": [], "rels": {}}
