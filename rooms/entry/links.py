"""Addresses as chat programs mangle them, and the addresses that were meant. Pure but for the URLs.

A program that turns addresses into links may include the full stop, bracket or quotation mark after
them. Others add a space, a zero-width space or a second slash, and people type capitals. A valid
invite must still work.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from django.urls import reverse

# A token may end in "-" or "_", so these are junk only after a slash. Nobody types a token, but
# the text after it may follow without a space, as in Chinese.
_TOKEN = r"(?P<name>[\w-]{1,64})(?:/+(?:[^0-9A-Za-z/].*)?|[^\w/-].*)?"
_SLUG = r"(?P<name>[a-z0-9-]{1,63})(?:/+(?:[^0-9a-z/].*)?|[^a-z0-9/-].*)?"
_FLAGS = re.ASCII | re.IGNORECASE | re.DOTALL
_PAGE = {
    "invite": re.compile(r"[/\s]*i/[/\s]*" + _TOKEN, _FLAGS),
    "notes": re.compile(r"[/\s]*n/[/\s]*" + _TOKEN, _FLAGS),
    "room": re.compile(r"[/\s]*r/[/\s]*" + _SLUG, _FLAGS),
}
_FRONT = re.compile(r"/[^0-9a-z]+", _FLAGS)
_MEDIA = re.compile(
    r"[/\s]*(?P<kind>wh[ie]p)/[/\s]*(?P<slug>[a-z0-9-]{1,63})"
    r"(?:/+(?P<resource>[0-9a-z]+\.[0-9a-z]+))?(?:/+(?:[^0-9a-z/].*)?|[^0-9a-z/-].*)?",
    _FLAGS,
)


def mended(path: str) -> str | None:
    """The page that a mangled path meant; None if it meant none.

    The result is made from our own URL patterns, so it never leads to another site. The room or
    invite need not exist.
    """
    visible = _visible(path)
    for view, pattern in _PAGE.items():
        found = pattern.fullmatch(visible)
        if found:
            name = found["name"]
            return reverse(view, args=[name.lower() if view == "room" else name])
    return reverse("front") if _FRONT.fullmatch(path) else None


def media_address(path: str) -> tuple[Literal["whip", "whep"], str, str | None] | None:
    """Kind, slug and session of a mangled WHIP or WHEP address; None without a slug."""
    found = _MEDIA.fullmatch(_visible(path))
    if found is None:
        return None
    resource = found["resource"]
    kind: Literal["whip", "whep"] = "whip" if found["kind"].lower() == "whip" else "whep"
    return kind, found["slug"].lower(), resource.lower() if resource else None


def _visible(path: str) -> str:
    """``path`` without invisible characters: zero-width ones, soft hyphens, line ends."""
    return "".join(c for c in path if unicodedata.category(c) not in ("Cf", "Cc"))
