"""oEmbed 1.0 (https://oembed.com): a frame with a room's card, for programs that embed links."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.urls import resolve, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from rooms.cards import pictures, shared
from rooms.cards.drawing import height_of
from rooms.cards.shared import Shared
from rooms.entry import links
from rooms.entry.sharing import absolute
from rooms.events.event import site_name
from rooms.security import FRAME_ALLOW

# Pixels: the card, and a call with a few people.
WIDTH, HEIGHT = 640, 480

# Seconds for which a program may keep an answer.
CACHE_AGE = 600

MAX_URL = 2000
# Larger numbers are no limit. They have at most so many digits.
MAX_DIGITS = 9


class BadRequest(ValueError):
    """The parameters make no sense. The text is the answer."""


def discovery(what: Shared) -> str:
    """The address of the answer, for the link on a page."""
    return absolute(reverse("oembed")) + "?" + urlencode({"url": what.url, "format": "json"})


def limit(text: str, name: str) -> int | None:
    """``maxwidth`` or ``maxheight`` in pixels; None: there is none. Raises BadRequest."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise BadRequest(_("{name} must be a whole number above 0.").format(name=name))
    digits = text.lstrip("0")
    return int(digits) if len(digits) <= MAX_DIGITS else None


def find(url: str, now: datetime) -> Shared | None:
    """What a link of ours leads to; None: nothing that may be shown. Raises BadRequest."""
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.lower()
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host or len(url) > MAX_URL:
        raise BadRequest(_("url must be a link to a call on this site."))
    path = links.mended(unquote(parts.path))
    if path is None or host not in {urlsplit(own).netloc for own in settings.SITE_ORIGINS}:
        return None
    match = resolve(path)
    if match.url_name == "room":
        return shared.by_slug(match.kwargs["slug"], now)
    return shared.by_token(match.kwargs["token"], now) if match.url_name == "invite" else None


def answer(what: Shared, max_width: int | None, max_height: int | None) -> dict[str, Any]:
    """The response of type ``rich``."""
    width, height = min(WIDTH, max_width or WIDTH), min(HEIGHT, max_height or HEIGHT)
    return {
        "version": "1.0",
        "type": "rich",
        "title": what.room.title,
        "provider_name": site_name(),
        "provider_url": settings.SITE_URL + "/",
        "cache_age": CACHE_AGE,
        "width": width,
        "height": height,
        "html": frame(what, width, height),
        **_thumbnail(what, max_width, max_height),
    }


def frame(what: Shared, width: int, height: int) -> str:
    """The card in a frame. The devices are for the call that opens in it."""
    view, name = ("card_invite", what.token) if what.token else ("card", what.room.slug)
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" allow="{}" loading="lazy"'
        ' style="border: 0; max-width: 100%"></iframe>',
        absolute(reverse(view, args=[name])),
        what.room.title,
        width,
        height,
        FRAME_ALLOW,
    )


def _thumbnail(what: Shared, max_width: int | None, max_height: int | None) -> dict[str, Any]:
    """The largest picture that keeps to both limits, if there is one."""
    for width in pictures.WIDTHS:
        height = height_of(width)
        if width <= (max_width or width) and height <= (max_height or height):
            return {
                "thumbnail_url": absolute(pictures.address(what.room, width)),
                "thumbnail_width": width,
                "thumbnail_height": height,
            }
    return {}
