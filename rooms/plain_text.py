"""Makes typed text fit to show to others: one rule for chat, names, titles and labels. Pure.

It removes control characters, lone surrogates, and characters that reverse the text around them
(bidirectional embeddings, overrides and isolates). It keeps everything else: joiners, all kinds of
blanks, direction marks, and emoji that Python's Unicode tables do not know yet. Therefore it goes
by code points, not by ``str.isprintable``.

It removes such characters instead of refusing the text: they come with pasted text, and people
cannot delete what they cannot see. A text without visible characters becomes empty.
``static/rooms/common/plain_text.js`` has the same rule; tests/data/plain_text.json checks both.
"""

from __future__ import annotations

import re
import unicodedata

# Every character with which Unicode ends a line or a paragraph.
LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

# Controls except tab and line feed, surrogates, embeddings and overrides, isolates.
REMOVED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

# What String.prototype.trim removes in a browser as well.
BLANKS = (
    "\t\n \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000\ufeff"
)
RUN_OF_BLANKS = re.compile(f"[{BLANKS}]+")

# Letters and symbols that look empty: Hangul fillers, the empty Braille pattern, and the block in
# which Unicode wants unknown characters not to be shown.
EMPTY = re.compile("[\u115f\u1160\u3164\uffa0\u2800\U000e0000-\U000e0fff]")
UNSEEN = ("C", "Z", "M")

ZWJ = "\u200d"
SKIN_TONES = range(0x1F3FB, 0x1F400)
TAGS = range(0xE0020, 0xE0080)


def passage(text: str) -> str:
    """A text of several lines, without blanks at its ends; empty if nothing is visible."""
    text = REMOVED.sub("", LINE_END.sub("\n", text)).rstrip(BLANKS)
    if re.search(r"\n[ \t]+[^ \t\n]", text):
        # Indented, like code: keep the indentation of the first line.
        text = re.sub(f"^[{BLANKS}]*\n", "", text)
    else:
        text = text.lstrip(BLANKS)
    return text if is_visible(text) else ""


def line(text: str, limit: int | None = None) -> str:
    """A text on one line with single blanks, cut to ``limit`` characters; may be empty.

    Composed (NFC), so that a name typed on two systems is the same name.
    """
    text = REMOVED.sub("", LINE_END.sub("\n", text))
    text = unicodedata.normalize("NFC", RUN_OF_BLANKS.sub(" ", text)).strip(BLANKS)
    if limit is not None:
        text = _shorten(text, limit).strip(BLANKS)
    return text if is_visible(text) else ""


def is_visible(text: str) -> bool:
    """Whether anything of it is visible. A mark without a letter is not."""
    return any(_category(c) not in UNSEEN and not EMPTY.match(c) for c in text)


def without_surrogates(text: str) -> str:
    """Without lone surrogates, which a script leaves when it cuts a character in two."""
    return re.sub("[\ud800-\udfff]", "", text)


def _category(c: str) -> str:
    """The major category. Characters unknown to Python (Cn) are newer, and count as visible."""
    category = unicodedata.category(c)
    return "" if category in ("Cn", "Co") else category[0]


def _shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, without splitting an emoji family or an accented letter."""
    if len(text) <= limit:
        return text
    end = limit
    while end > 0 and (_joins(text[end]) or text[end - 1] == ZWJ):
        end -= 1
    return text[: end or limit]


def _joins(c: str) -> bool:
    """Whether a character belongs to the previous one."""
    return c == ZWJ or _category(c) == "M" or ord(c) in SKIN_TONES or ord(c) in TAGS
