"""Deletes what is left of calls after the days that each room allows (``Room.keep_days``).

The chat may have fewer days of its own (``Room.chat_days``).

Bans and published posts stay. A running call, and everything since its beginning, is never touched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet

from rooms import chat
from rooms.models import Admission, Arrival, Attendance, Call, ChatLine, NotesUpdate, Room
from rooms.notes import clearing, pads, store
from rooms.workers.layer import AWAY

logger = logging.getLogger("rooms.keeper")

# Rows that are deleted in one transaction: nobody else can write in SQLite meanwhile.
BATCH = 500

# Transactions in one go. The keeper's other chores wait for them.
MOST_BATCHES = 20


@dataclass(frozen=True, slots=True)
class Old:
    """What of a room is old enough: calls that ended until ``limit``, all else before ``before``.

    ``notes``: neither a call nor a change of the notes is younger. Those of Etherpad must be asked.
    """

    room: Room
    limit: datetime
    before: datetime
    notes: bool

    def calls(self) -> QuerySet[Call]:
        return Call.objects.filter(room=self.room, ended__lte=self.limit)

    def attendances(self) -> QuerySet[Attendance]:
        return Attendance.objects.filter(call__in=self.calls())

    def lines(self) -> QuerySet[ChatLine]:
        return ChatLine.objects.filter(room=self.room, sent__lt=self.before).order_by("number")

    def admissions(self) -> QuerySet[Admission]:
        """With a name. The row stays: it counts the use of an invite, and lets them come back."""
        here = Arrival.objects.filter(invite=OuterRef("invite"), person=OuterRef("person"))
        old = Admission.objects.filter(invite__room=self.room, first__lt=self.before)
        return old.exclude(name="").exclude(Exists(here))

    def counts(self) -> dict[str, int]:
        """How much would be deleted now."""
        return {
            "calls": self.calls().count(),
            "attendances": self.attendances().count(),
            "chat lines": self.lines().count(),
            "names": self.admissions().count(),
        }


def limit_of(days: int, now: datetime) -> datetime:
    """What ended until then is old."""
    return now - timedelta(days=days)


def old(now: datetime) -> Iterator[Old]:
    """The rooms with a number of days, and what is old in each."""
    for room in Room.objects.filter(keep_days__isnull=False).order_by("pk"):
        assert room.keep_days is not None
        limit = limit_of(room.keep_days, now)
        younger = Call.objects.filter(Q(ended=None) | Q(ended__gt=limit), room=room)
        since = younger.aggregate(since=Min("started"))["since"]
        written = NotesUpdate.objects.filter(room=room).aggregate(last=Max("created"))["last"]
        unused = since is None and (written is None or written < limit)
        yield Old(room, limit, limit if since is None else min(limit, since), unused)


def old_lines(now: datetime) -> Iterator[tuple[Room, QuerySet[ChatLine]]]:
    """The rooms whose chat has a number of days, and the lines that are older."""
    for room in Room.objects.filter(chat_days__isnull=False).order_by("pk"):
        assert room.chat_days is not None
        running = Call.objects.filter(room=room, ended=None).aggregate(since=Min("started"))
        limit = limit_of(room.chat_days, now)
        before = min(limit, running["since"] or limit)
        yield room, ChatLine.objects.filter(room=room, sent__lt=before).order_by("number")


def forget(now: datetime, batches: int = MOST_BATCHES) -> bool:
    """Delete what is old; return whether that was all of it. It may be repeated at any time."""
    for room, lines in old_lines(now):
        while count := chat.delete(room.pk, lines[:BATCH]):
            batches -= 1
            if batches <= 0:
                return False
            if count < BATCH:
                break
    for found in old(now):
        for delete in (_lines, _attendances, _calls, _names):
            while count := delete(found):
                batches -= 1
                if batches <= 0:
                    return False
                if count < BATCH:
                    break
        if found.notes:
            _notes(found.room, found.limit)
    return True


def _lines(old: Old) -> int:
    return chat.delete(old.room.pk, old.lines()[:BATCH])


def _attendances(old: Old) -> int:
    rows = list(old.attendances().values_list("pk", flat=True)[:BATCH])
    return Attendance.objects.filter(pk__in=rows).delete()[0] if rows else 0


def _calls(old: Old) -> int:
    rows = list(old.calls().values_list("pk", flat=True)[:BATCH])
    Call.objects.filter(pk__in=rows).delete()
    return len(rows)


def _names(old: Old) -> int:
    rows = list(old.admissions().values_list("pk", flat=True)[:BATCH])
    return Admission.objects.filter(pk__in=rows).update(name="") if rows else 0


def _notes(room: Room, limit: datetime) -> None:
    """Empty the notes that nobody has used for so long."""
    if NotesUpdate.objects.filter(room=room).exists():
        update = clearing.clear(room.pk)
        if update:
            _tell_editors(room.pk, update)
    provider = pads.provider()
    if isinstance(provider, pads.Etherpad):
        try:
            provider.clear(room, limit)
        except pads.PadUnavailable as exc:
            # Ten minutes later it is tried again.
            logger.info("x the pad of %s was not deleted: %s", room.slug, exc)


def _tell_editors(room: int, update: bytes) -> None:
    """Empty the notes in pages that are open. The others learn it when they connect again."""
    layer = get_channel_layer()
    message = {"type": "notes_update", "update": update, "sender": ""}
    try:
        async_to_sync(layer.group_send)(store.group(room), message)
    except (*AWAY, ChannelFull) as exc:
        logger.info("x open notes were not told that they are empty: %s", exc)
