"""The built-in notes as HTML. Pure: the runs of a Quill document in, a fragment out.

Quill keeps the format of a line, such as "header" or "list", on the line feed that ends it, and
that of letters on the letters (https://quilljs.com/docs/delta). Embeds and unknown formats are
ignored. The result has the tags that ``rooms.posts.sanitise`` allows, and is sanitised there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any

from rooms import plain_text

Formats = dict[str, Any]
# A text, or an embed as something else, with its formats.
Run = tuple[Any, Formats | None]
# Pieces of one line.
Pieces = list[tuple[str, Formats]]

# The title is the only heading of level 1 on a page.
FIRST_HEADING, LAST_HEADING = 2, 6
# As in Quill.
MAX_INDENT = 8
MAX_ADDRESS = 2000

# From the innermost tag to the outermost.
_INLINE = {"code": "code", "strike": "s", "underline": "u", "italic": "em", "bold": "strong"}
_LISTS = {"ordered": "ol", "bullet": "ul", "checked": "ul", "unchecked": "ul"}
# Characters instead of form fields, which feed readers remove.
_ITEMS = {
    "checked": '<li class="done">☑ ',
    "unchecked": '<li class="todo">☐ ',
}
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\"'.,;:!?)\]]", re.IGNORECASE)
_LINKED = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)


def html(runs: Iterable[Run], limit: int) -> tuple[str, bool]:
    """The document, and whether that is all of it.

    The first line that would end after ``limit`` characters of HTML is left out, and all after it.
    """
    blocks = _Blocks()
    for pieces, formats in _lines(runs):
        end = len(blocks.parts), blocks.closing()
        # A link is written once for each run of its text, so measure before writing.
        if blocks.size + _weight(pieces) > limit:
            return "".join(blocks.parts) + blocks.closing(), False
        blocks.add(pieces, formats)
        if blocks.size > limit:
            return "".join(blocks.parts[: end[0]]) + end[1], False
    return "".join(blocks.parts) + blocks.closing(), True


def _lines(runs: Iterable[Run]) -> Iterator[tuple[Pieces, Formats]]:
    pieces: Pieces = []
    for text, formats in runs:
        if not isinstance(text, str):
            continue
        kept = formats or {}
        *ended, rest = text.split("\n")
        for part in ended:
            yield [*pieces, (part, kept)], kept
            pieces = []
        if rest:
            pieces.append((rest, kept))
    if pieces:
        yield pieces, {}


@dataclass
class _List:
    tag: str
    indent: int


@dataclass
class _Blocks:
    """The HTML so far, and what is open at its end: lists, or one quotation or block of code."""

    parts: list[str] = field(default_factory=list)
    size: int = 0
    lists: list[_List] = field(default_factory=list)
    group: str = ""

    def add(self, pieces: Pieces, formats: Formats) -> None:
        if formats.get("code-block"):
            self._within("pre")
            self._put(escape(_plain(pieces), quote=False) + "\n")
            return
        if not plain_text.is_visible(_plain(pieces)):
            return
        kind = formats.get("list")
        if isinstance(kind, str) and kind in _LISTS:
            self._item(kind, _whole(formats.get("indent")), _inline(pieces))
            return
        level = _whole(formats.get("header"))
        if level:
            tag = f"h{min(level + FIRST_HEADING - 1, LAST_HEADING)}"
        else:
            tag = "p"
        self._within("blockquote" if formats.get("blockquote") and not level else "")
        self._put(f"<{tag}>{_inline(pieces)}</{tag}>")

    def _within(self, group: str) -> None:
        """Close what is open and does not belong to ``group``."""
        if self.lists or self.group != group:
            self._put(self.closing())
            self.lists, self.group = [], group
            self._put({"": "", "pre": "<pre><code>"}.get(group, f"<{group}>"))

    def closing(self) -> str:
        lists = "".join(f"</li></{one.tag}>" for one in reversed(self.lists))
        return lists + {"": "", "pre": "</code></pre>"}.get(self.group, f"</{self.group}>")

    def _item(self, kind: str, indent: int, text: str) -> None:
        tag, indent = _LISTS[kind], min(indent, MAX_INDENT)
        if not self.lists:
            self._within("")
        while self.lists and self.lists[-1].indent > indent:
            if len(self.lists) > 1 and self.lists[-2].indent < indent:
                # The list began deeper than this line, but is its only place.
                self.lists[-1].indent = indent
            else:
                self._close_list()
        if self.lists and self.lists[-1].indent == indent and self.lists[-1].tag != tag:
            self._close_list()
        if self.lists and self.lists[-1].indent == indent:
            self._put("</li>")
        else:
            self.lists.append(_List(tag, indent))
            self._put(f"<{tag}>")
        self._put(_ITEMS.get(kind, "<li>") + text)

    def _close_list(self) -> None:
        self._put(f"</li></{self.lists.pop().tag}>")

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.size += len(text)


def _whole(value: Any) -> int:
    """A number of a format; 0 for anything else. Yjs stores whole numbers as floats."""
    return int(value) if isinstance(value, int | float) and 0 < value < 100 else 0


def _weight(pieces: Pieces) -> int:
    return sum(len(text) + len(_address(formats)) for text, formats in pieces)


def _plain(pieces: Pieces) -> str:
    return plain_text.REMOVED.sub("", "".join(text for text, _ in pieces))


def _inline(pieces: Pieces) -> str:
    out = []
    for address, group in groupby(pieces, key=lambda piece: _address(piece[1])):
        text = "".join(_formatted(text, formats, address) for text, formats in group)
        out.append(f'<a href="{escape(address)}">{text}</a>' if address and text else text)
    return "".join(out)


def _address(formats: Formats) -> str:
    """Where the text links to; empty if to nothing that a reader may open."""
    link = formats.get("link")
    if isinstance(link, str) and len(link) <= MAX_ADDRESS and _LINKED.match(link):
        return link
    return ""


def _formatted(text: str, formats: Formats, address: str) -> str:
    text = plain_text.REMOVED.sub("", text)
    if not text:
        return ""
    plain = bool(address or formats.get("code"))
    out = escape(text, quote=False) if plain else _with_links(text)
    for name, tag in _INLINE.items():
        if formats.get(name):
            out = f"<{tag}>{out}</{tag}>"
    return out


def _with_links(text: str) -> str:
    """Addresses that somebody typed become links; Quill leaves them as text."""
    out, at = [], 0
    for found in _ADDRESS.finditer(text):
        address = escape(found[0])
        out.append(escape(text[at : found.start()], quote=False))
        out.append(
            f'<a href="{address}">{address}</a>' if len(found[0]) <= MAX_ADDRESS else address
        )
        at = found.end()
    return "".join(out) + escape(text[at:], quote=False)
