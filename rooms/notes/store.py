"""The built-in notes in the database: Yjs updates as rows, merged now and then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from pycrdt import Doc, Text, merge_updates

from rooms.models import NotesUpdate, Room

# More rows than this are merged when the keeper comes by.
COMPACT_ROWS = 200

# The limit for all updates of a room's notes: a thousand times what people write beside a call.
MAX_NOTES_BYTES = 8 * 1024 * 1024

EMPTY_UPDATE = b"\x00\x00"


class BadUpdate(ValueError):
    """Bytes that are not a Yjs update, or that cannot be applied to the document."""


def group(room: int) -> str:
    """The group of the channel layer in which the editors of a room's notes are."""
    return f"notes.{room}"


@contextmanager
def _only_bad_update() -> Iterator[None]:
    """Turn whatever the Yjs library raises into BadUpdate."""
    try:
        yield
    except Exception as exc:
        raise BadUpdate(str(exc)) from exc
    except BaseException as exc:
        # Some bytes make the Rust library panic: an exception that is not an Exception.
        if type(exc).__name__ != "PanicException":
            raise
        raise BadUpdate("the update cannot be applied") from exc


def apply(doc: Doc[Any], update: bytes) -> None:
    """Apply an update. Raises BadUpdate; ``doc`` may then be half changed and must be discarded."""
    with _only_bad_update():
        doc.apply_update(update)


def document(updates: Iterable[bytes]) -> Doc[Any]:
    """The document that the updates make in any order."""
    doc: Doc[Any] = Doc()
    for update in updates:
        apply(doc, update)
    return doc


def text_runs(updates: list[bytes]) -> list[tuple[Any, dict[str, Any] | None]]:
    """The text that the updates make, in runs of equal formats. An embed is not a string.

    An update that cannot be applied is left out. Raises BadUpdate if that is not enough.
    """
    try:
        doc = document(updates)
    except BadUpdate:
        doc = document([update for update in updates if _applies(update)])
    return runs_of(doc)


def runs_of(doc: Doc[Any]) -> list[tuple[Any, dict[str, Any] | None]]:
    """The text of a document, as ``text_runs``. Raises BadUpdate."""
    with _only_bad_update():
        return list(doc.get("notes", type=Text).diff())


def _applies(update: bytes) -> bool:
    try:
        apply(Doc(), update)
    except BadUpdate:
        return False
    return True


def load(room: int) -> list[bytes]:
    """All updates of a room's notes."""
    return [update for _, update in stored(room)]


def append(room: int, update: bytes) -> None:
    """Store an update. Raises Room.DoesNotExist if the room is gone."""
    with transaction.atomic():
        if not Room.objects.filter(pk=room).exists():
            raise Room.DoesNotExist
        NotesUpdate.objects.create(room_id=room, update_bytes=update)


def compact(room: int) -> int:
    """Merge all rows of a room into one; return how many there were. Raises BadUpdate.

    An update that is written meanwhile stays a row of its own.
    """
    rows = stored(room)
    if len(rows) < 2:
        return len(rows)
    # Before the transaction, because it may take long and nobody else can write in SQLite then.
    # A document's get_update would leave out what waits for a missing update; merge_updates does
    # not.
    with _only_bad_update():
        merged = merge_updates(*(update for _, update in rows))
    with transaction.atomic():
        # Two processes that merge at once would both store the result. The second waits here and
        # finds that its rows are gone.
        Room.objects.select_for_update().only("pk").filter(pk=room).first()
        merging = NotesUpdate.objects.filter(pk__in=[pk for pk, _ in rows])
        if merging.count() != len(rows):
            return 0
        merging.delete()
        NotesUpdate.objects.create(room_id=room, update_bytes=merged)
    return len(rows)


def stored(room: int) -> list[tuple[int, bytes]]:
    """The primary key and the update of each row, the oldest first."""
    rows = NotesUpdate.objects.filter(room_id=room).order_by("pk").values_list("pk", "update_bytes")
    return [(pk, bytes(update)) for pk, update in rows]
