"""The language a person reads: the first that their browser asks for and that there is.

Nothing is remembered. A page, its scripts and its WebSockets ask the same header, so they agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

# What machines read: programs compare it, and their authors search the web for it.
PROGRAMS = "en"
_PROGRAMS = re.compile(
    r"/+(?:(?:wh[ie]p|health|metrics)(?![a-z0-9_-])|embed\.|sign-in/client\.json)", re.IGNORECASE
)

# What other sites and readers fetch and keep, whoever looks at it later.
_KEPT_ELSEWHERE = re.compile(r"/(?:oembed|webmention|.*\.(?:ics|atom|md))\Z")


def of_header(accept_language: str) -> str:
    """The language for an Accept-Language header; the site's own if there is none of those."""
    return _of_header(accept_language[:500].lower(), settings.LANGUAGE_CODE)


@lru_cache(maxsize=256)
def _of_header(accept_language: str, otherwise: str) -> str:
    try:
        asked = parse_accept_lang_header(accept_language)
    except ValueError:
        return otherwise
    for tag, weight in asked:  # the most wanted first
        if tag == "*" or not weight:
            break
        try:
            return get_supported_language_variant(tag)
        except LookupError:
            continue
    return otherwise


def of_headers(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The language for the headers of an ASGI scope."""
    said = (value for name, value in headers if name == b"accept-language")
    return of_header(b",".join(said).decode("latin-1"))


def of_path(path: str) -> str:
    """The language of an address that reads the same to everyone; empty: it is the reader's."""
    if _PROGRAMS.match(path):
        return PROGRAMS
    return settings.LANGUAGE_CODE if _KEPT_ELSEWHERE.match(path) else ""
