"""Earlier states of the built-in notes, to look at and to go back to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from rooms.models import NotesAuthor, NotesUpdate, NotesVersion
from rooms.notes import authors, store

# While somebody writes, a version is kept at most this often.
EVERY = timedelta(minutes=5)

# What is kept of one room: so many versions, and no more bytes than this in all.
MOST, MOST_BYTES = 50, 4 * store.MAX_NOTES_BYTES

MAX_NAMES = 300


def keep(room: int, now: datetime, *, after: timedelta = EVERY) -> bool:
    """Keep the notes as they are, unless they are as the newest version has them.

    The newest version must be older than ``after``. Raises store.BadUpdate.
    """
    newest = NotesVersion.objects.filter(room_id=room).order_by("-created", "-pk").first()
    if newest is not None and now - newest.created < after:
        return False
    updates = store.load(room)
    if not updates:
        return False
    doc = store.document(updates)
    before = store.document([bytes(newest.update_bytes)]) if newest is not None else None
    if store.runs_of(doc) == (store.runs_of(before) if before is not None else []):
        return False
    written = authors.grown(before.get_state() if before else b"\x00", doc.get_state())
    names = sorted(set(authors.names(room, written).values()))
    NotesVersion.objects.create(
        room_id=room,
        update_bytes=doc.get_update(),
        names=", ".join(names)[:MAX_NAMES],
        created=now,
    )
    _drop_oldest(room)
    return True


def _drop_oldest(room: int) -> None:
    rows = NotesVersion.objects.filter(room_id=room).order_by("-created", "-pk")
    size, old = 0, []
    for number, (pk, update) in enumerate(rows.values_list("pk", "update_bytes")):
        size += len(update)
        if number and (number >= MOST or size > MOST_BYTES):
            old.append(pk)
    NotesVersion.objects.filter(pk__in=old).delete()


def due(now: datetime) -> dict[int, datetime]:
    """The rooms whose notes may have changed since their newest version, which is old enough.

    With the time of the last change: a merge of rows looks like one.
    """
    changed = dict(
        NotesUpdate.objects.values("room").annotate(last=Max("created")).values_list("room", "last")
    )
    newest = dict(
        NotesVersion.objects.filter(room__in=changed)
        .values("room")
        .annotate(last=Max("created"))
        .values_list("room", "last")
    )
    return {
        room: last
        for room, last in changed.items()
        if room not in newest or (last > newest[room] and now - newest[room] >= EVERY)
    }


def listed(room: int) -> list[NotesVersion]:
    """The versions of a room's notes, the newest first, without their content."""
    rows = NotesVersion.objects.filter(room_id=room).defer("update_bytes")
    return list(rows.order_by("-created", "-pk"))


def delta(version: NotesVersion) -> list[dict[str, Any]]:
    """A version as the operations of a Quill document. Raises store.BadUpdate."""
    return [
        {"insert": text, "attributes": formats} if formats else {"insert": text}
        for text, formats in store.text_runs([bytes(version.update_bytes)])
        if isinstance(text, str)
    ]


def forget(room: int) -> None:
    """Delete them all, with the names of who wrote them."""
    NotesVersion.objects.filter(room_id=room).delete()
    NotesAuthor.objects.filter(room_id=room).delete()
