"""Texts with their addresses as links, as static/rooms/common/links.js finds them.

Programs read the page without its scripts, and look for the links of a room's description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Up to a space (visible or not), a quotation mark, an angle bracket or CJK punctuation.
_CANDIDATE = re.compile(
    r"\bhttps?://[^\s\u200b\u2060<>\"“”„«»`、。〈-】！（），；？]+", re.IGNORECASE
)
# Ends a sentence and not an address; also direction marks that come with a copied link.
_TRAILING = ".,:;!?'’‘*~|…،؛؟\u200c\u200d\u200e\u200f\u061c"
_OPENED_BY = {")": "(", "]": "[", "}": "{"}


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts, each with whether it is an address. Together they are the whole text."""
    done = 0
    for match in _CANDIDATE.finditer(text):
        shown = _trimmed(match[0])
        if not _is_address(shown):
            continue
        if match.start() > done:
            yield text[done : match.start()], False
        yield shown, True
        done = match.start() + len(shown)
    if done < len(text):
        yield text[done:], False


@register.filter
def linked(text: str) -> SafeString:
    return mark_safe(
        "".join(
            format_html('<a href="{0}" rel="noopener noreferrer nofollow" dir="ltr">{0}</a>', part)
            if is_address
            else escape(part)
            for part, is_address in parts(text)
        )
    )


def _trimmed(text: str) -> str:
    while text:
        last = text[-1]
        opener = _OPENED_BY.get(last)
        if last not in _TRAILING and not (opener and text.count(last) > text.count(opener)):
            break
        text = text[:-1]
    return text


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
