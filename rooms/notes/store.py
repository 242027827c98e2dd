"""Built-in notes in the database: Yjs updates as rows, merged into one from time to time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from pycrdt import Doc, merge_updates

from rooms.models import NotesUpdate, Room

COMPACT_ROWS = 200
"More rows than this are merged into one when the notes are opened or the keeper comes by."

MAX_NOTES_BYTES = 8 * 1024 * 1024
"All updates of a room's notes together: a thousand times what people write beside a call."

EMPTY_UPDATE = b"\x00\x00"


class BadUpdate(ValueError):
    """Bytes that are not a Yjs update, or cannot be applied to the document."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a notes key opens. ``room`` is a primary key."""

    room: int
    write: bool


def access(key: str) -> Access | None:
    """What the capability in a notes link allows; None for an unknown one."""
    if not 16 <= len(key) <= 40:
        return None
    for name, write in (("notes_key", True), ("notes_read_key", False)):
        room = Room.objects.filter(**{name: key}).values_list("pk", flat=True).first()
        if room is not None:
            return Access(room, write)
    return None


@contextmanager
def _only_bad_update() -> Iterator[None]:
    """Turn whatever the Yjs library raises into BadUpdate."""
    try:
        yield
    except Exception as exc:
        raise BadUpdate(str(exc)) from exc
    except BaseException as exc:
        # Some bytes make the Rust library panic: an exception outside of Exception.
        if type(exc).__name__ != "PanicException":
            raise
        raise BadUpdate("the update cannot be applied") from exc


def apply(doc: Doc[Any], update: bytes) -> None:
    """Apply an update. Raises BadUpdate; then ``doc`` may be half changed and is of no use."""
    with _only_bad_update():
        doc.apply_update(update)


def document(updates: Iterable[bytes]) -> Doc[Any]:
    """The document that the updates make, in any order."""
    doc: Doc[Any] = Doc()
    for update in updates:
        apply(doc, update)
    return doc


def load(room: int) -> list[bytes]:
    """All updates of a room's notes."""
    updates = _rows(room)
    if len(updates) > COMPACT_ROWS:
        with suppress(BadUpdate):  # rows that cannot be merged can still be read
            compact(room)
        updates = _rows(room)
    return [update for _, update in updates]


def append(room: int, update: bytes) -> None:
    """Keep an update. Raises Room.DoesNotExist for a room that is gone."""
    with transaction.atomic():
        if not Room.objects.filter(pk=room).exists():
            raise Room.DoesNotExist
        NotesUpdate.objects.create(room_id=room, update_bytes=update)


def compact(room: int) -> int:
    """Merge all rows of a room into one; how many there were. Raises BadUpdate.

    What is written meanwhile is a row of its own.
    """
    with transaction.atomic():
        # Two who compact at once would both keep the merged row: the second waits here and finds one row.
        Room.objects.select_for_update().only("pk").filter(pk=room).first()
        rows = _rows(room)
        if len(rows) < 2:
            return len(rows)
        # merge_updates and not a document's get_update: that leaves out what waits for an update that is still missing.
        with _only_bad_update():
            merged = merge_updates(*(update for _, update in rows))
        NotesUpdate.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
        NotesUpdate.objects.create(room_id=room, update_bytes=merged)
    return len(rows)


def _rows(room: int) -> list[tuple[int, bytes]]:
    rows = NotesUpdate.objects.filter(room_id=room).order_by("pk").values_list("pk", "update_bytes")
    return [(pk, bytes(update)) for pk, update in rows]
