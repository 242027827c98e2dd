"""The links of a page of another site, and where it takes webmentions. Pure.

``html.parser`` takes hours for some pages that are made to be slow. This reads tags as browsers do,
each character once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin

from rooms.fetching import Answer

# Parameters of a link in a header (RFC 8288). Quoted values may contain commas.
_LINK = re.compile(r'<([^<>]*)>([^,"<>]*(?:"[^"]*"[^,"<>]*)*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)

_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_ATTRIBUTE = re.compile(
    r"[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?"
)
# In these, tags are text.
_RAW = re.compile(r"script|style|textarea|title|iframe|noembed|noframes|xmp", re.IGNORECASE)

# What refers to another page or file.
_ADDRESSES = ("href", "src", "cite", "value", "data")

Tag = tuple[str, dict[str, str]]


def links(page: Answer) -> set[str]:
    """All addresses that a page refers to, absolute and without fragments."""
    found = _tags(page)
    named = [
        attributes[name]
        for tag, attributes in found
        if tag != "base"
        for name in _ADDRESSES
        if name in attributes
    ]
    return {link.partition("#")[0] for link in _absolute(page, found, named)}


def endpoint(page: Answer) -> str | None:
    """Where the author of a page takes webmentions; None if the page does not say."""
    for url, parameters in _LINK.findall(page.headers.get("link", "")):
        rel = _REL.search(parameters)
        if rel and "webmention" in (rel[1] or rel[2] or "").lower().split():
            return _joined(page.url, url)
    found = _tags(page)
    announced = [
        attributes["href"]
        for tag, attributes in found
        if tag in ("a", "link") and "href" in attributes
        if "webmention" in attributes.get("rel", "").lower().split()
    ]
    return next(_absolute(page, found, announced[:1]), None)


def _tags(page: Answer) -> list[Tag]:
    if "html" not in page.media_type:
        return []
    return list(tags(page.body.decode("utf-8", "replace")))


def tags(html: str) -> Iterator[Tag]:
    """The opening tags of a page with their attributes. What is not closed ends the page."""
    at = 0
    while (at := html.find("<", at)) >= 0:
        name = _NAME.match(html, at + 1)
        if name is None:
            at = _after_other(html, at)
        else:
            tag = name[0].lower()
            attributes, at = _attributes(html, name.end())
            if at > 0:
                yield tag, attributes
            if at > 0 and _RAW.fullmatch(tag):
                at = _find(re.compile(f"</{tag}", re.IGNORECASE), html, at)
        if at < 0:
            return


def _after_other(html: str, at: int) -> int:
    """The end of a comment or a closing tag; of anything else, the next character."""
    if html.startswith("<!--", at):
        end = html.find("-->", at + 4)
        return end + 3 if end >= 0 else -1
    if html[at + 1 : at + 2] in ("/", "!", "?"):
        end = html.find(">", at)
        return end + 1 if end >= 0 else -1
    return at + 1


def _attributes(html: str, at: int) -> tuple[dict[str, str], int]:
    """Of a repeated attribute, the first one counts. The end is -1 if the tag is not closed."""
    found: dict[str, str] = {}
    while attribute := _ATTRIBUTE.match(html, at):
        name, *values = attribute.groups(default="")
        found.setdefault(name.lower(), unescape("".join(values)).strip())
        at = attribute.end()
    end = html.find(">", at)
    return found, end + 1 if end >= 0 else -1


def _find(pattern: re.Pattern[str], html: str, at: int) -> int:
    match = pattern.search(html, at)
    return match.start() if match else -1


def _absolute(page: Answer, found: list[Tag], addresses: list[str]) -> Iterator[str]:
    bases = (
        attributes["href"] for tag, attributes in found if tag == "base" and "href" in attributes
    )
    base = _joined(page.url, next(bases, "")) or page.url
    for address in addresses:
        if joined := _joined(base, address):
            yield joined


def _joined(base: str, link: str) -> str | None:
    try:
        return urljoin(base, link)
    except ValueError:
        return None
