"""Who is in a call, for those in its lobby: names for the invited and for hosts, else a number."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rooms import database
from rooms.entry import passes
from rooms.entry.facts import current_grant
from rooms.entry.passes import Pass
from rooms.entry.standing import been_in
from rooms.models import Arrival, Room
from rooms.roles import Grant
from rooms.workers import sfu

# An answer is good for a moment for all who ask, so that a crowd costs few queries.
KEPT_SECONDS = 1.0
MOST_KEPT = 1000

MOST_NAMES = 4

# Around a name, so that its direction does not change that of the sentence (UAX 9).
ISOLATE, END = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Looker:
    """Somebody in the lobby of the room ``slug``. ``names``: may they know who is in?"""

    slug: str
    participant: str
    names: bool


@dataclass(frozen=True, slots=True)
class Present:
    """``count`` people and streams are in.

    ``names`` are those of the people, first come first; ``""`` of those who gave none.
    """

    count: int
    names: Mapping[str, str]
    at: float = 0.0


_kept: dict[str, Present] = {}


def looker(room: Room, pass_: Pass, grant: Grant) -> Looker:
    """The holder of this pass. Names are for people who were invited, and for hosts."""
    participant = passes.participant_of(room.pk, pass_.person)
    return Looker(room.slug, participant, pass_.invite is not None or grant.moderate)


def looker_with(token: str) -> Looker | None:
    """The holder of a pass, if it opens its room now."""
    pass_ = passes.read(token)
    room = Room.objects.filter(pk=pass_.room).first() if pass_ is not None else None
    if pass_ is None or room is None:
        return None
    grant = current_grant(pass_, rejoining=been_in(room, pass_))
    return looker(room, pass_, grant) if isinstance(grant, Grant) else None


async def present(slug: str) -> Present | None:
    """Who is in; None: nobody knows, because Redis is away."""
    kept = _kept.get(slug)
    if kept is not None and time.monotonic() - kept.at < KEPT_SECONDS:
        return kept
    try:
        count, people = await sfu.crowd(slug)
    except sfu.Unavailable:
        return None
    names = await database.run(_names, slug, people) if people else {}
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[slug] = found = Present(count, names, time.monotonic())
    return found


def present_now(slug: str) -> Present | None:
    """``present`` for synchronous code, such as views. It keeps nothing."""
    try:
        count, people = async_to_sync(sfu.crowd)(slug)
    except sfu.Unavailable:
        return None
    return Present(count, _names(slug, people) if people else {})


def _names(slug: str, participants: Iterable[str]) -> dict[str, str]:
    """The names by participant, see ``Present``."""
    participants = list(participants)
    rows = Arrival.objects.filter(room__slug=slug, kind="call", participant__in=participants)
    named = dict(rows.filter(unnamed=False).order_by("since").values_list("participant", "name"))
    return named | {participant: "" for participant in participants if participant not in named}


def sentence(found: Present | None, who: Looker) -> str:
    """Who else is in, in words; empty if nobody knows."""
    if found is None:
        return ""
    # Their own page in another tab is not company.
    others = [name for key, name in found.names.items() if name and key != who.participant]
    count = max(found.count - (who.participant in found.names), 0)
    names = others[:MOST_NAMES] if who.names else []
    return _in_words([f"{ISOLATE}{name}{END}" for name in names], count - len(names))


def _in_words(names: list[str], more: int) -> str:
    if not names:
        if more <= 0:
            return _("No one is in the call yet.")
        return ngettext(
            "%(count)d person is in the call.", "%(count)d people are in the call.", more
        ) % {"count": more}
    if more > 0:
        return ngettext(
            "%(names)s and %(count)d more are in the call.",
            "%(names)s and %(count)d more are in the call.",
            more,
        ) % {"names": ", ".join(names), "count": more}
    if len(names) == 1:
        return _("%(name)s is in the call.") % {"name": names[0]}
    return _("%(names)s and %(last)s are in the call.") % {
        "names": ", ".join(names[:-1]),
        "last": names[-1],
    }
