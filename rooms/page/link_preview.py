"""What a chat program shows of a link: the values of templates/rooms/about/link_preview.html."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from rooms.cards import oembed, pictures, shared
from rooms.cards.shared import Shared
from rooms.entry import hours
from rooms.entry.sharing import absolute
from rooms.events.event import Event, event_of, site_name
from rooms.looks import chosen
from rooms.models import Room
from rooms.page import moments


@dataclass(frozen=True, slots=True)
class Preview:
    """Plain text, with complete addresses.

    ``about`` is the room's own words, whose links are those of its page. ``event`` is for programs
    that know events.
    """

    title: str
    description: str
    url: str
    image: str
    alt: str
    site: str
    oembed: str
    about: str
    event: Event | None


def of(what: Shared, now: datetime) -> Preview:
    """The preview of a link that may be shown."""
    background = chosen.background(what.room)
    return Preview(
        title=what.room.title,
        description=description(what.room, now),
        url=what.url,
        image=absolute(pictures.address(what.room)),
        alt=(background.alt if background else "") or what.room.title,
        site=site_name(),
        oembed=oembed.discovery(what),
        about=what.room.description,
        event=event_of(what.room, now),
    )


def of_link(now: datetime, token: str = "", slug: str = "", **_other: str) -> Preview | None:
    """The preview of the page at an address; None: it looks as if nothing were there."""
    what = None
    if token:
        what = shared.by_token(token, now)
    elif slug:
        what = shared.by_slug(slug, now)
    return of(what, now) if what is not None else None


def description(room: Room, now: datetime) -> str:
    """The room's own words, and when it is open."""
    words = room.description or _("This link opens in your browser. There is nothing to install.")
    window = hours.window(room, now)
    if window is None:
        return words
    if not window.is_open(now) and window.opens:
        when = _("It opens on {moment}.").format(moment=moments.words(window.opens))
    elif window.closes:
        when = _("It is open until {moment}.").format(moment=moments.words(window.closes))
    else:
        return words
    return f"{words} {when}"
