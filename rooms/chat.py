"""Chat lines in the database.

Lines are numbered 1, 2, 3 … within a room. A line that is sent again stays one line. Lines may be
deleted; their numbers are not used again.

People in a call may change a line. Changes are numbered 1, 2, 3 … as well (``Room.chat_changes``),
and a line has the number of its newest one. Of two changes at the same time, the last one wins.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from rooms import plain_text
from rooms.models import Arrival, ChatLine, Room

MAX_TEXT = 2000
# Lines that ``since`` returns at a time.
PAGE = 200

# The room's row is locked while a number is assigned. A conflict can come only from a database
# whose isolation level was changed, or from the same line sent over two connections.
ATTEMPTS = 3


class BadText(ValueError):
    """``empty``, or ``long``: longer than ``MAX_TEXT``."""

    def __init__(self, why: Literal["empty", "long"]) -> None:
        super().__init__(why)
        self.why = why


class NotThere(Exception):
    """The line was deleted, or this person may not see it."""


class NotYours(Exception):
    """Somebody else wrote the line."""


class Newest(NamedTuple):
    """The number of a room's newest line, and of its newest change."""

    line: int = 0
    change: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who came into the room with the primary key ``room``, by ``invite`` or without.

    What they may read depends on when they first came, see ``Arrival.chat_from``.
    """

    room: int
    participant: str
    invite: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What ``since`` found. ``more``: it is not all.

    ``changed`` are older lines that have changed since ``since_change``, up to the change
    ``change``. ``after``: the reader may see the lines after this number.
    """

    lines: list[ChatLine]
    more: bool
    changed: list[ChatLine]
    change: int
    after: int


def clean(text: str) -> str:
    """The text as it is stored, see ``plain_text``; it is never cut. Raises BadText."""
    text = plain_text.passage(text)
    if not text:
        raise BadText("empty")
    if len(text) > MAX_TEXT:
        raise BadText("long")
    return text


def append(
    room: int, person: str, nonce: str, name: str, text: str, reply_to: int | None = None
) -> tuple[ChatLine, bool]:
    """Add a line to the room with the primary key ``room``; return it and whether it is new.

    The same person and nonce return the existing line. ``reply_to``: the number of the line that
    it answers; a number that no line has is dropped. Raises BadText and Room.DoesNotExist.
    """
    text = clean(text)
    for attempt in range(ATTEMPTS):
        try:
            return _append(room, person, nonce, name, text, reply_to)
        except IntegrityError:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _append(
    room: int, person: str, nonce: str, name: str, text: str, reply_to: int | None
) -> tuple[ChatLine, bool]:
    with transaction.atomic():
        # Postgres: the lock on the row makes writers queue. SQLite: BEGIN IMMEDIATE already has.
        Room.objects.select_for_update().only("pk").get(pk=room)
        with contextlib.suppress(ChatLine.DoesNotExist):
            return ChatLine.objects.get(room_id=room, person=person, nonce=nonce), False
        if reply_to is not None:
            answered = ChatLine.objects.filter(room_id=room, number=reply_to)
            reply_to = reply_to if answered.exists() else None
        return ChatLine.objects.create(
            room_id=room,
            number=last_number(room) + 1,
            person=person,
            nonce=nonce,
            name=name,
            text=text,
            reply_to=reply_to,
        ), True


def edit(
    reader: Reader, number: int, text: str | None, person: str, name: str, *, host: bool
) -> ChatLine:
    """Change the text of a line, or delete it with None; return the line as it is now.

    ``name`` is who did it. What is so already is no change. Raises BadText, NotThere, NotYours and
    Room.DoesNotExist.
    """
    text = None if text is None else clean(text)
    with transaction.atomic():
        # As when a line is added: changes queue, so that each gets a number of its own.
        room = Room.objects.select_for_update().only("pk", "chat_changes").get(pk=reader.room)
        line = ChatLine.objects.filter(room=room, number=number).first()
        if line is None or number <= seen_after(reader) or (line.deleted and text is not None):
            raise NotThere
        if not host and line.person != person:
            raise NotYours
        if line.deleted or text == line.text:
            return line
        if text is None:
            line.text, line.deleted = "", timezone.now()
        else:
            line.text, line.edited = text, timezone.now()
        line.change, line.changed_by = room.chat_changes + 1, name
        line.save(update_fields=["text", "deleted", "edited", "change", "changed_by"])
        Room.objects.filter(pk=room.pk).update(chat_changes=F("chat_changes") + 1)
    return line


def since(reader: Reader, number: int, change: int | None = None) -> Found:
    """The lines after ``number``, and with ``change`` the others that have changed since then.

    At most ``PAGE`` of both.
    """
    # First: what changes meanwhile is read once more.
    last = Room.objects.filter(pk=reader.room).values_list("chat_changes", flat=True).first() or 0
    after = seen_after(reader)
    visible = ChatLine.objects.filter(room_id=reader.room, number__gt=after)
    lines = list(visible.filter(number__gt=number).order_by("number")[: PAGE + 1])
    changed: list[ChatLine] = []
    if change is not None and change < last:
        older = visible.filter(number__lte=number, change__gt=change)
        changed = list(older.order_by("change")[: PAGE + 1])
    more = max(len(lines), len(changed)) > PAGE
    if len(changed) > PAGE:
        last = changed[PAGE - 1].change
    return Found(lines[:PAGE], more, changed[:PAGE], last, after)


def seen_after(reader: Reader) -> int:
    """The reader may see the lines after this number: all of them, or those since they came."""
    if Room.objects.filter(pk=reader.room, chat_history=True).exists():
        return 0
    arrivals = Arrival.objects.filter(
        room=reader.room, participant=reader.participant, invite=reader.invite
    )
    first = arrivals.values_list("chat_from", flat=True).first()
    return last_number(reader.room) if first is None else first


def last_number(room: int) -> int:
    """The number of the newest line, also if it was deleted; 0 if there never was one."""
    return newest(room).line


def newest(room: int) -> Newest:
    """The newest line, also if it was deleted, and the newest change."""
    found = Room.objects.filter(pk=room).order_by().annotate(last=_newest())
    rows = found.values_list("last", "chat_deleted", "chat_changes")
    [(last, deleted, change)] = rows or [(0, 0, 0)]
    return Newest(max(last or 0, deleted), change)


def newest_of(rooms: Collection[int]) -> dict[int, Newest]:
    """The newest stored line and the newest change of each room, with one query.

    It reads one entry of the index for each room. Grouping would read all of their lines.
    """
    found = Room.objects.filter(pk__in=rooms).order_by().annotate(last=_newest())
    rows = found.values_list("pk", "last", "chat_changes")
    return {room: Newest(last or 0, change) for room, last, change in rows}


def _newest() -> Subquery:
    newest = ChatLine.objects.filter(room=OuterRef("pk")).order_by("-number")
    return Subquery(newest.values("number")[:1])


def delete(room: int, lines: QuerySet[ChatLine]) -> int:
    """Delete ``lines``, all of them of the room; return how many there were."""
    with transaction.atomic():
        # As when a line is added: no number may be given out meanwhile.
        Room.objects.select_for_update().only("pk").filter(pk=room).first()
        found = dict(lines.values_list("pk", "number"))
        if found:
            Room.objects.filter(pk=room, chat_deleted__lt=max(found.values())).update(
                chat_deleted=max(found.values())
            )
            ChatLine.objects.filter(pk__in=found).delete()
    return len(found)
