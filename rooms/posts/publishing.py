"""Posts: made of notes on the owner's word, changed, withdrawn and published again.

Whoever calls these tells other sites about it: see ``rooms.admin.telling``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from rooms import plain_text, site_time
from rooms.models import Arrival, Attendance, Call, Post, Room
from rooms.models.room import slug_validator
from rooms.posts.notes_text import markdown, notes_html
from rooms.posts.sanitise import clean_html

MAX_SLUG = 63
MAX_TITLE = 120
MAX_AUTHORS = 300


@functools.cache
def _secret(origins: tuple[str, ...]) -> re.Pattern[str]:
    """What a link of these sites looks like that lets people in: an invite's, or that of notes.

    As people write them: in capitals, without https, or with a slash too many, which leads there
    all the same (see ``rooms.entry.links``). A card of an invite has its token, too.
    """
    hosts = (re.sub(r":\d+$", "", origin.partition("://")[2]) for origin in origins)
    site = (
        rf"(?P<site>(?<![\w.-])(?:https?://)?(?:{'|'.join(map(re.escape, hosts))})(?::\d{{1,5}})?)"
    )
    return re.compile(rf"{site}/+(?:e/+)?[in]/+[A-Z0-9_-]{{16,64}}/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a post would say. ``html`` is sanitised, without the ``secrets`` that were in it."""

    title: str
    slug: str
    authors: str
    html: str
    secrets: int = 0


def draft(room: Room, call: Call | None, now: datetime) -> Draft:
    """The notes of a call as they were at its end, else those of the room now.

    Raises ``notes_text.NotesUnavailable``.
    """
    html, secrets = without_secrets(text_of(room, call))
    last = call or room.calls.order_by("-started").first()
    day = site_time.local(last.started if last else now)
    # Translators: the title of a post; the date is as in "4 May 2026"
    title = _("{room}, {date}").format(room=room.title, date=date_format(day, _("j F Y")))
    title = plain_text.line(title, MAX_TITLE)
    return Draft(title, free_slug(title), authors(room, last), html, secrets)


def text_of(room: Room, call: Call | None) -> str:
    """The HTML that a post of this room and call is made of. Raises NotesUnavailable."""
    return call.notes_html if call is not None and call.notes_html else notes_html(room)


def without_secrets(html: str) -> tuple[str, int]:
    """Sanitised HTML without links that let anyone in, and how many different ones there were."""
    found: set[str] = set()

    def hide(match: re.Match[str]) -> str:
        # A link is often its own text, and is one link then.
        found.add(match[0].lower())
        return f"{match['site']}/"

    return _secret(tuple(settings.SITE_ORIGINS)).sub(hide, html), len(found)


def authors(room: Room, call: Call | None) -> str:
    """The names of those who were in the call, in the order in which they came."""
    names: QuerySet[Attendance, str] | QuerySet[Arrival, str]
    names = Attendance.objects.filter(call=call).order_by("came").values_list("name", flat=True)
    if call is None or not names:
        # They are kept for some hours.
        names = Arrival.objects.filter(room=room).order_by("since").values_list("name", flat=True)
    kept = list(dict.fromkeys(name.replace(",", " ") for name in names if name))
    while len(", ".join(kept)) > MAX_AUTHORS:
        kept.pop()
    return ", ".join(kept)


def author_names(post: Post) -> list[str]:
    return [name.strip() for name in post.authors.split(",") if name.strip()]


def free_slug(title: str) -> str:
    """An address made from the title that no post has."""
    wanted = slugify(title)[:MAX_SLUG].strip("-_").replace("_", "-") or "notes"
    taken = set(
        Post.objects.filter(slug__startswith=wanted[: MAX_SLUG - 5]).values_list("slug", flat=True)
    )
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        slug = f"{wanted[: MAX_SLUG - 5].rstrip('-')}-{number}"
    slug_validator(slug)
    return slug


def publish(room: Room, call: Call | None, what: Draft, now: datetime) -> tuple[Post, bool]:
    """The post, and whether this made it. A second click finds what the first one made.

    Raises ValueError if another post has the address.
    """
    # Forms have no fractions of seconds, and saving one would look like a change.
    now = now.replace(microsecond=0)
    html = clean_html(what.html)
    values = {
        "room": room,
        "call": call,
        "title": what.title,
        "authors": what.authors,
        "html": html,
        "markdown": markdown(html),
        "published": now,
        "updated": now,
    }
    post, made = Post.objects.get_or_create(slug=what.slug, defaults=values)
    same = (post.room_id, post.title, post.html) == (room.pk, what.title, html)
    if not made and (post.withdrawn or not same):
        raise ValueError("another post has this address")
    return post, made


def change(post: Post, now: datetime) -> bool:
    """Sanitise and save a post whose fields somebody changed; whether readers see a difference."""
    post.html = clean_html(post.html)
    post.markdown = markdown(post.html)
    fields = ("title", "authors", "html", "published", "withdrawn")
    stored = Post.objects.filter(pk=post.pk).values_list(*fields).first()
    changed = stored != tuple(getattr(post, name) for name in fields)
    if changed:
        post.updated = now.replace(microsecond=0)
        post.save(update_fields=[*fields, "markdown", "updated"])
    return changed
