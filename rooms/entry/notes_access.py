"""Who may open a room's notes: the people in its call, and whoever has the notes link.

In a call, access to the notes is access to the room: it follows the person's role, and ends when
they are removed. The copied link is a capability of its own, which a host can renew. It does not
let in anyone who was removed.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from weakref import WeakKeyDictionary

from django.db.models import Q

from rooms import database
from rooms.entry import passes
from rooms.entry.access import Refusal
from rooms.entry.facts import Facts, Standing, standings
from rooms.entry.passes import Pass
from rooms.entry.rounds import Rounds
from rooms.models import Arrival, Room
from rooms.models.room import new_notes_key
from rooms.roles import Role

# The key in a notes link. A ticket in the same place is longer.
SHORTEST_KEY, LONGEST_KEY = 16, 40

# A browser has one for each room that it has been in.
MOST_PASSES = 50


@dataclass(frozen=True, slots=True)
class Claim:
    """What a browser shows: the key of a notes link, or else the pass of somebody in the call.

    With a key, ``held`` are the passes that the browser keeps. They only say who it is.
    """

    key: str = ""
    held: tuple[Pass, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """What they may do with the notes of a room. ``room`` is its primary key.

    ``name`` is what they are called in the call; empty if they came by the link alone.
    """

    room: int
    write: bool
    person: str = ""
    name: str = ""


def access(claim: Claim) -> Access | Refusal:
    """What somebody may do now."""
    [found] = accesses([claim])
    return found


def accesses(claims: Sequence[Claim]) -> list[Access | Refusal]:
    """``access`` of many, with as many queries as for one."""
    keys = {claim.key for claim in claims if SHORTEST_KEY <= len(claim.key) <= LONGEST_KEY}
    links = _links(keys) if keys else {}
    held = [pass_ for claim in claims for pass_ in claim.held]
    facts = Facts.about(held)
    names = _names(held)
    people = [claim.held[0] for claim in claims if claim.held and not claim.key]
    standing = _standings(people, names)
    found: list[Access | Refusal] = []
    for claim in claims:
        if claim.key:
            found.append(_by_link(links.get(claim.key), claim.held, facts, names))
        elif claim.held:
            pass_ = claim.held[0]
            name = names.get((pass_.room, pass_.person)) or pass_.name
            found.append(_by_pass(pass_, standing[pass_], name))
        else:
            found.append(Refusal.not_found)
    return found


def _by_link(
    link: Access | None,
    held: Sequence[Pass],
    facts: Facts,
    names: dict[tuple[int, str], str],
) -> Access | Refusal:
    if link is None:
        return Refusal.not_found
    for pass_ in held:
        if pass_.room == link.room:
            name = names.get((pass_.room, pass_.person)) or pass_.name
            return facts.shut_out(pass_) or replace(link, person=pass_.person, name=name)
    return link


def _by_pass(pass_: Pass, standing: Standing, name: str) -> Access | Refusal:
    if isinstance(standing.verdict, Refusal):
        return standing.verdict
    if standing.waits:
        return Refusal.not_admitted
    shown = standing.name or name
    return Access(pass_.room, standing.verdict.write_notes, pass_.person, shown)


def _links(keys: set[str]) -> dict[str, Access]:
    rooms = Room.objects.filter(Q(notes_key__in=keys) | Q(notes_read_key__in=keys))
    found: dict[str, Access] = {}
    for pk, write, read in rooms.values_list("pk", "notes_key", "notes_read_key"):
        found |= {read: Access(pk, write=False), write: Access(pk, write=True)}
    return found


def _names(held: Sequence[Pass]) -> dict[tuple[int, str], str]:
    """What people called themselves when they last came in, by room and person."""
    if not held:
        return {}
    rows = Arrival.objects.filter(
        room__in={pass_.room for pass_ in held}, person__in={pass_.person for pass_ in held}
    )
    newest_last = rows.order_by("since").values_list("room", "person", "name")
    return {(room, person): name for room, person, name in newest_last}


def _standings(people: Sequence[Pass], names: dict[tuple[int, str], str]) -> dict[Pass, Standing]:
    """Somebody who has come in keeps their place, as in the call."""
    found: dict[Pass, Standing] = {}
    for inside in (False, True):
        some = [each for each in people if ((each.room, each.person) in names) is inside]
        if some:
            found |= zip(some, standings(some, rejoining=inside), strict=True)
    return found


def shut_out(room: int, person: str) -> bool:
    """Whether this person was removed, or refused in the waiting room."""
    pass_ = Pass(room, Role.LISTENER, None, person)
    return Facts.about([pass_]).shut_out(pass_) is not None


# Links


def ticket(pass_: Pass) -> str:
    """What takes the place of the key in the address of somebody's own notes."""
    return base64.urlsafe_b64encode(passes.issue_notes(pass_).encode()).decode().rstrip("=")


def read_ticket(text: str) -> Pass | None:
    """The pass in a ticket; None if it is none, or too old."""
    if len(text) <= LONGEST_KEY:
        return None
    try:
        token = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    return passes.read_notes(token)


def held_in(cookies: Mapping[str, str]) -> tuple[Pass, ...]:
    """The passes in a browser's cookies: they say who somebody is, even if they have expired."""
    texts = [text for name, text in cookies.items() if name.startswith(passes.cookie_name(""))]
    read = (passes.read(text, passes.REMEMBERED) for text in texts[:MOST_PASSES])
    return tuple(pass_ for pass_ in read if pass_ is not None)


def renew(room: int) -> None:
    """End the old links to a room's notes. Editors that are open with them end within a second."""
    keys = {"notes_key": new_notes_key(), "notes_read_key": new_notes_key()}
    Room.objects.filter(pk=room).update(**keys)


# Those who have the notes open


class Reader(Protocol):
    """Somebody at a notes WebSocket."""

    @property
    def claim(self) -> Claim: ...
    @property
    def access(self) -> Access | None: ...


class NotesRights(Rounds[Reader]):
    """Everyone who has notes open at this process."""

    async def changed(self, holders: dict[str, Reader]) -> list[str]:
        found = await database.run(accesses, [holder.claim for holder in holders.values()])
        return [
            channel
            for (channel, holder), now in zip(holders.items(), found, strict=True)
            if now != holder.access
        ]


_rights: WeakKeyDictionary[asyncio.AbstractEventLoop, NotesRights] = WeakKeyDictionary()


def notes_rights() -> NotesRights:
    """The check of the running event loop: one per process, and one per test."""
    return _rights.setdefault(asyncio.get_running_loop(), NotesRights())
