"""What a page of another site says about one of ours. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from rooms import plain_text
from rooms.indieweb.microformats import Card, Parsed, card, first, texts, walk, web
from rooms.models import Rsvp
from rooms.models.sites import MAX_URL

NAME_LENGTH = 60
TEXT_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """``rsvp`` is empty for a mention. ``author`` may be incomplete: see ``author_page``."""

    rsvp: str
    author: Card
    text: str
    author_page: str = ""


def read(parsed: Parsed, is_target: Callable[[str], bool]) -> Reading:
    """The post that answers the target; otherwise the first one of the page, as a mention."""
    entries = [item for item in walk(parsed["items"]) if "h-entry" in item["type"]]
    for entry in entries:
        if any(is_target(url) for url in texts(entry, "in-reply-to")):
            return _of(parsed, entry, first(entry, "rsvp").strip().lower())
    return _of(parsed, entries[0] if entries else {}, "")


def named(author: Card, source: str) -> Card:
    """The author with a clean name and address. Without them, the site stands for its author."""
    host = urlsplit(source).hostname or ""
    url = author.url if len(author.url) <= MAX_URL else ""
    name = plain_text.line(author.name, NAME_LENGTH)
    return replace(author, name=name or plain_text.line(host, NAME_LENGTH), url=url)


def _of(parsed: Parsed, entry: Parsed, rsvp: str) -> Reading:
    author, page = _author(parsed, entry)
    text = first(entry, "content") or first(entry, "summary") or first(entry, "name")
    known = rsvp if rsvp in Rsvp.values else ""
    return Reading(known, author, plain_text.line(text, TEXT_LENGTH), page)


def _author(parsed: Parsed, entry: Parsed) -> tuple[Card, str]:
    """The author, and the page that says more about them (https://indieweb.org/authorship)."""
    for value in entry.get("properties", {}).get("author", []):
        if isinstance(value, dict):
            if "h-card" in value.get("type", []):
                return card(value), ""
        elif address := web(value):
            return Card(url=address), address.partition("#")[0]
        elif value:
            return Card(name=value), ""
    for url in parsed["rels"].get("author", []):
        if address := web(url):
            return Card(url=address), address
    cards = [item for item in parsed["items"] if "h-card" in item.get("type", [])]
    return (card(cards[0]), "") if cards else (Card(), "")
