"""Notes as the editor stores them."""

from __future__ import annotations

from typing import Any

from pycrdt import Doc, Text

from rooms.models import Room
from rooms.notes import store
from rooms.posts import delta


def write(room: Room, runs: list[delta.Run]) -> None:
    """Store notes as the editor does."""
    doc: Doc[Any] = Doc()
    text = doc.get("notes", type=Text)
    for what, formats in runs:
        end = len(str(text).encode()) if isinstance(what, str) else len(text)
        if isinstance(what, str):
            text.insert(end, what, formats or {})
        else:
            text.insert_embed(end, what)
    store.append(room.pk, doc.get_update())
