"""Chat lines in the database.

Lines are numbered 1, 2, 3 … within a room. A line that is sent again stays one line. Lines may be
deleted; their numbers are not used again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import Literal

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery

from rooms import plain_text
from rooms.models import ChatLine, Room

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


def clean(text: str) -> str:
    """The text as it is stored, see ``plain_text``; it is never cut. Raises BadText."""
    text = plain_text.passage(text)
    if not text:
        raise BadText("empty")
    if len(text) > MAX_TEXT:
        raise BadText("long")
    return text


def append(room: int, person: str, nonce: str, name: str, text: str) -> tuple[ChatLine, bool]:
    """Add a line to the room with the primary key ``room``; return it and whether it is new.

    The same person and nonce return the existing line. Raises BadText and Room.DoesNotExist.
    """
    text = clean(text)
    for attempt in range(ATTEMPTS):
        try:
            return _append(room, person, nonce, name, text)
        except IntegrityError:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _append(room: int, person: str, nonce: str, name: str, text: str) -> tuple[ChatLine, bool]:
    with transaction.atomic():
        # Postgres: the lock on the row makes writers queue. SQLite: BEGIN IMMEDIATE already has.
        Room.objects.select_for_update().only("pk").get(pk=room)
        with contextlib.suppress(ChatLine.DoesNotExist):
            return ChatLine.objects.get(room_id=room, person=person, nonce=nonce), False
        number = last_number(room) + 1
        return ChatLine.objects.create(
            room_id=room, number=number, person=person, nonce=nonce, name=name, text=text
        ), True


def since(room: int, number: int) -> tuple[list[ChatLine], bool]:
    """The lines after ``number``, at most ``PAGE``, and whether there are more."""
    lines = list(
        ChatLine.objects.filter(room_id=room, number__gt=number).order_by("number")[: PAGE + 1]
    )
    return lines[:PAGE], len(lines) > PAGE


def last_number(room: int) -> int:
    """The number of the newest line, also if it was deleted; 0 if there never was one."""
    found = Room.objects.filter(pk=room).order_by().annotate(last=_newest())
    [numbers] = found.values_list("last", "chat_deleted") or [(0, 0)]
    return max(number or 0 for number in numbers)


def last_numbers(rooms: Collection[int]) -> dict[int, int]:
    """``last_number`` of each of the rooms that have lines, with one query.

    It reads one entry of the index for each room. Grouping would read all of their lines.
    """
    found = Room.objects.filter(pk__in=rooms).order_by().annotate(last=_newest())
    return {room: last for room, last in found.values_list("pk", "last") if last is not None}


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
