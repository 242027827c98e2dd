"""Deletes the text of a room's built-in notes so that no open editor brings it back.

Editors keep the whole document and send the server what it lacks. So the place of each character
stays known to the server, as deleted, without saying what it was.
"""

from __future__ import annotations

from django.db import transaction

from rooms.models import NotesUpdate, Room
from rooms.notes import store, versions
from rooms.notes.yprotocol import array, read_varint, varint

# The shared type that editors write, see static/rooms/ui/notes/notes_editor.js.
ROOT = b"notes"

# An item without neighbours whose content is deleted. After it comes its parent: 1, a root's name.
_DELETED, _ROOT_NAME = b"\x01", b"\x01"


def deletion(state: bytes) -> bytes:
    """The Yjs update (version 1) that deletes all that a document with this state vector holds.

    Pure. Format: https://github.com/yjs/yjs/blob/main/INTERNALS.md and ``writeStructs`` there.
    """
    count, at = read_varint(state, 0)
    items, ranges = [varint(count)], [varint(count)]
    for _ in range(count):
        client, at = read_varint(state, at)
        length, at = read_varint(state, at)
        who = varint(client)
        # One item from clock 0 on, and one range of deletions over it.
        item = _DELETED + _ROOT_NAME + array(ROOT) + varint(length)
        items.append(varint(1) + who + varint(0) + item)
        ranges.append(who + varint(1) + varint(0) + varint(length))
    return b"".join(items + ranges)


def clear(room: int) -> bytes:
    """Delete the text of a room's notes; return the update for editors that are open.

    Empty if there was nothing to delete, or somebody has written meanwhile.
    """
    rows = store.stored(room)
    if not rows:
        return b""
    try:
        update = deletion(store.document(data for _, data in rows).get_state())
    except store.BadUpdate:
        update = b""  # no editor can have opened them either
    with transaction.atomic():
        Room.objects.select_for_update().only("pk").filter(pk=room).first()
        cleared = {pk for pk, _ in rows}
        current = NotesUpdate.objects.filter(room_id=room)
        if set(current.values_list("pk", flat=True)) != cleared:
            return b""
        # Not those that were written since: whoever writes does not wait for this lock.
        current.filter(pk__in=cleared).delete()
        versions.forget(room)
        if update:
            NotesUpdate.objects.create(room_id=room, update_bytes=update)
    return update
