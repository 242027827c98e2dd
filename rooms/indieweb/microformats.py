"""Microformats of other people's pages (https://microformats.org/wiki/microformats2-parsing).

The pages may be hostile. What is taken from them is plain text and web addresses, nothing else.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import mf2py
from django.conf import settings

from rooms.fetching import Answer

logger = logging.getLogger(__name__)

# Deeper properties than these are not read.
MAX_DEPTH = 8

# A page with more tags or characters is parsed in a process of its own: the parser's time grows
# much faster than a hostile page.
FEW_TAGS = 200
FEW_CHARACTERS = 20_000
PARSE_SECONDS = 15.0

# Python has codecs that are no charsets of pages. Some take time without end, some never replace.
_CHARSET = re.compile(
    r"utf|us-ascii|ascii|iso-?8859|latin|windows-|cp\d|koi8|euc|shift|sjis|gb|big5|mac",
    re.IGNORECASE,
)

Parsed = dict[str, Any]


def parse(page: Answer) -> Parsed:
    """``items`` and ``rels`` of a page; both are empty if it is not HTML."""
    empty: Parsed = {"items": [], "rels": {}}
    if "html" not in page.media_type:
        return empty
    return {**empty, **_parse(page.url, _text(page))}


def _text(page: Answer) -> str:
    charset = re.search(r"charset=[\"']?([\w-]+)", page.headers.get("content-type", ""))
    if charset and _CHARSET.match(charset[1]):
        try:
            return page.body.decode(charset[1], "replace")
        except (LookupError, ValueError):
            pass
    return page.body.decode("utf-8", "replace")


def _parse(url: str, html: str) -> Parsed:
    """What the parser finds; nothing if it fails or takes too much."""
    try:
        if len(html) <= FEW_CHARACTERS and html.count("<") <= FEW_TAGS:
            return mf2py.Parser(doc=html, url=url).to_dict()  # type: ignore[no-any-return]
        child = subprocess.run(
            [sys.executable, "-m", "rooms.indieweb.parse_page"],
            input=json.dumps([url, html]).encode(),
            cwd=settings.BASE_DIR,
            capture_output=True,
            timeout=PARSE_SECONDS,
            check=True,
        )
        return json.loads(child.stdout)  # type: ignore[no-any-return]
    except Exception as exc:  # the parser has no error of its own, and pages nest without end
        logger.info("x a page was not parsed: %s", type(exc).__name__)
        return {}


@dataclass(frozen=True, slots=True)
class Card:
    """An h-card: who somebody is. Each part may be empty."""

    name: str = ""
    url: str = ""
    photo: str = ""


def card(item: Parsed) -> Card:
    """What an h-card says."""
    return Card(first(item, "name"), web(first(item, "url")), web(first(item, "photo")))


def representative(parsed: Parsed, me: str) -> Card:
    """Whom the page at ``me`` is about; an empty card if it does not say.

    As in https://microformats.org/wiki/representative-h-card-parsing: the card that has the page's
    address as ``uid`` and ``url``, or a ``rel=me`` of the page, or is the only one.
    """
    cards = [item for item in walk(parsed["items"]) if "h-card" in item["type"]]
    rel_me = {_bare(url) for url in parsed["rels"].get("me", [])}
    for item in cards:
        if _bare(me) in addresses(item, "uid") and _bare(me) in addresses(item, "url"):
            return card(item)
    for item in cards:
        if rel_me & addresses(item, "url"):
            return card(item)
    own = [item for item in cards if _bare(me) in addresses(item, "url")]
    return card(own[0]) if len(own) == 1 else Card()


def walk(items: Any, depth: int = MAX_DEPTH) -> Iterator[Parsed]:
    """All microformats of a page, in properties and children too."""
    for item in items if isinstance(items, list) and depth else []:
        if not (isinstance(item, dict) and isinstance(item.get("type"), list)):
            continue
        yield item
        for values in item.get("properties", {}).values():
            yield from walk(values, depth - 1)
        yield from walk(item.get("children"), depth - 1)


def first(item: Parsed, name: str) -> str:
    """The first value of a property, as text."""
    values = texts(item, name)
    return values[0] if values else ""


def texts(item: Parsed, name: str) -> list[str]:
    """The values of a property; an image or a nested microformat counts by its own value."""
    found = item.get("properties", {}).get(name, [])
    plain = [value.get("value") if isinstance(value, dict) else value for value in found]
    return [value for value in plain if isinstance(value, str)]


def addresses(item: Parsed, name: str) -> set[str]:
    """The addresses in a property, to be compared."""
    return {_bare(value) for value in texts(item, name)}


def web(url: str) -> str:
    """``url`` if it is a web address, or nothing."""
    if not re.fullmatch(r"https?://[^/\s\x00-\x1f]+(?:/[^\s\x00-\x1f]*)?", url):
        return ""
    try:
        urlsplit(url)
    except ValueError:  # as for https://[
        return ""
    return url


def _bare(url: str) -> str:
    return url.removesuffix("/")
