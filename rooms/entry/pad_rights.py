"""Ends the sessions in Etherpad whose right has ended, and moves their room's pad.

The rows of ``PadSession`` are compared with what the tables say. It is repeated until Etherpad has
confirmed everything.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from rooms.entry.facts import Facts, current_grants
from rooms.entry.passes import Pass
from rooms.models import Arrival, PadSession
from rooms.notes import pad_sessions, pads
from rooms.notes.pad_sessions import Owner
from rooms.roles import Grant, Role
from rooms.workers.layer import AWAY
from sfu_worker import wire

logger = logging.getLogger(__name__)


def step(now: datetime) -> list[str]:
    """Compare once; return the rooms whose pad has moved. Raises PadUnavailable."""
    provider = pads.provider()
    if not isinstance(provider, pads.Etherpad):
        return []
    PadSession.objects.filter(until__lte=now).delete()
    rows = list(PadSession.objects.select_related("room"))
    ended = lost(rows, now) if rows else {}
    moved = []
    for room in {row.room_id: row.room for row in rows}.values():
        if room.pk in ended:
            provider.rename(room)
            pad_sessions.end(provider, ended[room.pk])
        elif room.pad_read_only_id:
            continue  # it is where it belongs
        provider.ensure(room)
        tell(room.slug)
        moved.append(room.slug)
    return moved


def lost(rows: Sequence[PadSession], now: datetime) -> dict[int, list[PadSession]]:
    """The sessions that must end, by room."""
    owners = {row.pk: Owner.parse(row.person) for row in rows}
    people = {
        (row.room_id, owners[row.pk].person): Pass(
            row.room_id, Role.LISTENER, None, owners[row.pk].person
        )
        for row in rows
        if owners[row.pk].person
    }
    facts = Facts.about(list(people.values()))
    writing = _who_writes(people.values(), now)
    ended: dict[int, list[PadSession]] = defaultdict(list)
    for row in rows:
        owner = owners[row.pk]
        pass_ = people.get((row.room_id, owner.person))
        if owner.key:
            gone = owner.key not in (row.room.notes_key, row.room.notes_read_key)
            gone = gone or (pass_ is not None and facts.shut_out(pass_) is not None)
        else:
            writes = writing.get((row.room_id, owner.person))
            gone = writes is None or (owner.write and not writes)
        if gone:
            ended[row.room_id].append(row)
    return ended


def _who_writes(people: Iterable[Pass], now: datetime) -> dict[tuple[int, str], bool]:
    """Whether those who are in a call may write, by the best of their invites or their account."""
    people = list(people)
    rows = list(
        Arrival.objects.filter(
            kind="call",
            room__in={each.room for each in people},
            person__in={each.person for each in people},
        )
    )
    passes = [
        Pass(a.room_id, Role(a.role), a.invite_id, a.person, user=a.user, me=a.me) for a in rows
    ]
    found: dict[tuple[int, str], bool] = {}
    for pass_, verdict in zip(passes, current_grants(passes, now, rejoining=True), strict=True):
        if isinstance(verdict, Grant):
            key = (pass_.room, pass_.person)
            found[key] = found.get(key, False) or verdict.write_notes
    return found


def tell(slug: str) -> None:
    """Tell the pages in a call that the address of its notes has changed."""
    try:
        layer = get_channel_layer()
        async_to_sync(layer.group_send)(wire.room_group(slug), {"type": "notes_changed"})
    except AWAY as exc:
        logger.info("x the pages in %s do not know that the notes have moved: %s", slug, exc)
