"""What other sites answered to a room: the responses that its owner shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from rooms.indieweb.site_address import shown
from rooms.models import Response, Room, Rsvp

# A page with more would be about them.
MOST = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """One of them, in words. ``url`` is the person's site or, without one, what they wrote."""

    name: str
    url: str
    source: str
    photo: str
    rsvp: str
    words: str


@dataclass(frozen=True, slots=True)
class Answers:
    """``more`` are not listed."""

    coming: int
    listed: list[Answer]
    more: int


def answers(room: Room) -> Answers | None:
    """Those who are coming first; None: there are none to show."""
    rows = Response.objects.filter(room=room, state=Response.State.SHOWN)
    counts = rows.aggregate(all=Count("pk"), coming=Count("pk", filter=Q(rsvp=Rsvp.YES)))
    if not counts["all"]:
        return None
    order = list(Rsvp.values)
    found = sorted(rows.order_by("-received")[:MOST], key=lambda row: order.index(row.rsvp))
    return Answers(counts["coming"], list(map(_answer, found)), counts["all"] - len(found))


def _answer(row: Response) -> Answer:
    url = row.url or row.source
    return Answer(
        name=row.name or shown(url),
        url=url,
        source=row.source,
        photo=row.photo.url if row.photo else "",
        rsvp=row.rsvp,
        words=row.get_rsvp_display(),
    )
