"""Answering people who wait, from wherever a host does it."""

from __future__ import annotations

from asgiref.sync import async_to_sync

from rooms.entry import decisions
from rooms.entry.acting import reaching
from rooms.entry.decisions import Host
from rooms.models import Admitted
from rooms.workers import waiting
from rooms.workers.waiting import Waiter


def answer(host: Host, participant: str, admitted: Admitted) -> list[Waiter]:
    """Admit or refuse one, or everyone with ``""``; return those. Raises sfu.Unavailable."""
    people = async_to_sync(waiting.in_room)(host.room.slug)
    chosen = [each for each in people if participant in ("", each.participant)]
    for waiter in chosen:
        decisions.decide(host, waiter.person, waiter.name, admitted)
        async_to_sync(reaching.tell)(waiter.channel, {"type": "rights_changed"})
    return chosen
