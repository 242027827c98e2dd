"""What the home page says of each room. The number of queries does not grow with the rooms."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rooms import site_time
from rooms.entry import hours
from rooms.entry.sharing import absolute
from rooms.models import Arrival, Background, Decision, Invite, Room
from rooms.roles import VisitorPolicy
from rooms.workers import sfu, waiting

log = logging.getLogger(__name__)

# Names in a card. The page "Live" lists everyone.
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is in a room now and who waits, by name. ``count`` includes people without a name."""

    count: int = 0
    names: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A room. ``link`` is what guests get; empty if there is none, or if it may not be seen."""

    room: Room
    picture: Background | None
    state: str
    people: str
    waits: str
    link: str
    busy: bool

    @property
    def initial(self) -> str:
        """In place of a picture."""
        return self.room.title[:1].upper()


def cards(rooms: Iterable[Room], now: datetime, *, links: bool) -> list[Card]:
    """Rooms with people first, then by title."""
    rooms = list(rooms)
    found = crowds([room.slug for room in rooms])
    made = [_card(room, None if found is None else found[room.slug], now, links) for room in rooms]
    return sorted(made, key=lambda card: (not card.busy, card.room.title.casefold()))


def with_links(now: datetime) -> list[Room]:
    """All rooms, with all that a card reads."""
    guests = Invite.objects.for_guests(now).filter(room=OuterRef("pk")).order_by("-created", "-pk")
    rooms = Room.objects.select_related("background").prefetch_related("hours")
    return list(rooms.annotate(guests_token=Subquery(guests.values("token")[:1])))


def _card(room: Room, crowd: Crowd | None, now: datetime, links: bool) -> Card:
    picture = room.background if room.background and room.background.thumbnail else None
    token = getattr(room, "guests_token", None)
    link = absolute(reverse("invite", args=[token])) if token else ""
    if not link and room.visitors != VisitorPolicy.NOTHING:
        link = absolute(room.get_absolute_url())
    return Card(
        room=room,
        picture=picture,
        state=state(room, now),
        people=people(crowd),
        waits=waits(crowd),
        link=link if links else "",
        busy=bool(crowd and (crowd.count or crowd.waiting)),
    )


# In words


def state(room: Room, now: datetime) -> str:
    """When the room is open, as in "Opens tomorrow at 18:00"."""
    window = hours.window(room, now)
    if room.closed or window is None:
        return _("Closed. It does not open again by itself.")
    if not window.is_open(now) and window.opens is not None:
        return _("Opens {moment}").format(moment=moment(window.opens, now))
    locked = _("Locked: no one new can join.") if room.locked else ""
    if locked:
        return locked
    if window.closes is not None:
        return _("Open until {moment}").format(moment=moment(window.closes, now))
    return _("Open at any time")


def moment(value: datetime, now: datetime) -> str:
    """As in "today at 18:00" or "on Monday, 4 May 2026 at 18:00"."""
    here, today = site_time.local(value), site_time.local(now).date()
    at = date_format(here, _("H:i"))
    if here.date() == today:
        return _("today at {time}").format(time=at)
    if here.date() == today + timedelta(days=1):
        return _("tomorrow at {time}").format(time=at)
    # Translators: a date with its weekday, in the format strings of Django's date filter
    return _("on {day} at {time}").format(day=date_format(here, _("l, j F Y")), time=at)


def people(crowd: Crowd | None) -> str:
    """Who is in."""
    if crowd is None:
        return _("Who is in is unknown, because Redis does not answer.")
    if not crowd.count:
        return _("No one is in now.")
    text = ngettext("%(count)d person is in", "%(count)d people are in", crowd.count)
    text %= {"count": crowd.count}
    return f"{text}: {_listed(crowd.names)}" if crowd.names else text


def waits(crowd: Crowd | None) -> str:
    """Who waits to be let in; empty: nobody."""
    if crowd is None or not crowd.waiting:
        return ""
    text = ngettext("%(count)d person waits", "%(count)d people wait", len(crowd.waiting))
    return f"{text % {'count': len(crowd.waiting)}}: {_listed(crowd.waiting)}"


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_NAMES
    text = ", ".join(names[:MOST_NAMES])
    return _("{names} and {count} more").format(names=text, count=more) if more > 0 else text


# Who is where


def crowds(slugs: list[str]) -> dict[str, Crowd] | None:
    """Who is in each room and who waits; None: Redis is away."""
    try:
        counts, channels, waiters = async_to_sync(ask)(slugs)
    except sfu.Unavailable as exc:
        log.warning("who is in the rooms is unknown: %s", exc)
        return None
    named = names({each for people in channels.values() for each in people})
    return {
        slug: Crowd(
            counts.get(slug, 0),
            tuple(named[each] for each in channels.get(slug, ()) if each in named),
            tuple(waiter.name or _("Guest") for waiter in waiters.get(slug, ())),
        )
        for slug in slugs
    }


async def ask(
    slugs: list[str],
) -> tuple[Mapping[str, int], Mapping[str, Iterable[str]], Mapping[str, list[waiting.Waiter]]]:
    if not slugs:
        return {}, {}, {}
    waiters = await waiting.in_rooms(slugs)
    counts = await sfu.live_counts(slugs)
    found = await asyncio.gather(*map(sfu.crowd, counts))
    channels = {slug: list(people) for slug, (_count, people) in zip(counts, found, strict=True)}
    return counts, channels, waiters


def names(participants: Iterable[str]) -> dict[str, str]:
    """What the others read of each, also for people who were given a name by a host."""
    rows = Arrival.objects.filter(participant__in=list(participants), kind="call")
    found = {row.participant: row for row in rows.order_by("since")}
    people = {row.person for row in found.values()}
    given = Decision.objects.filter(person__in=people).exclude(given_name="")
    by_host = {(row.room_id, row.person): row.given_name for row in given}
    return {
        participant: by_host.get((row.room_id, row.person)) or row.name or _("Guest")
        for participant, row in found.items()
    }
