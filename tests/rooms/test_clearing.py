"""The built-in notes are emptied, and editors that have the old text do not bring it back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import connection
from pycrdt import Doc, Map, Text

from rooms.models import NotesUpdate, Room
from rooms.notes import clearing, store
from rooms.posts.keeping import _tell_editors
from tests.rooms.editor import Editor
from tests.rooms.support import make_room

ROOT = Path(__file__).resolve().parents[2]


def written() -> Doc[Any]:
    """A document with text, a link and something that no editor of ours writes."""
    doc: Doc[Any] = Doc()
    doc.get("notes", type=Text).insert(0, "secret words", {"link": "http://secret.example/"})
    doc.get("other", type=Map)["key"] = "secret"
    other: Doc[Any] = Doc()
    other.apply_update(doc.get_update())
    other.get("notes", type=Text).insert(3, " more secret ")
    return other


def test_nothing_of_the_text_is_left_and_an_old_copy_becomes_empty() -> None:
    old = written()
    update = clearing.deletion(old.get_state())
    assert b"secret" not in update
    assert b"other" not in update
    fresh = store.document([update])
    assert str(fresh.get("notes", type=Text)) == ""
    # The same bytes, but the library writes the people in any order.
    assert sorted(fresh.get_state()) == sorted(old.get_state())
    # Somebody who was away and wrote meanwhile.
    old.get("notes", type=Text).insert(5, "NEW")
    lacking = old.get_update(fresh.get_state())
    assert b"secret" not in lacking
    fresh.apply_update(lacking)
    old.apply_update(fresh.get_update(old.get_state()))
    assert [str(doc.get("notes", type=Text)) for doc in (old, fresh)] == ["NEW", "NEW"]
    assert b"secret" not in fresh.get_update()


def test_an_empty_document_has_nothing_to_delete() -> None:
    assert clearing.deletion(Doc().get_state()) == store.EMPTY_UPDATE


# The page's editors use Yjs itself, not the library of the server.
SCRIPT = """
import * as Y from 'yjs';
const text = (doc) => doc.getText('notes').toString();
const [state, deletion] = process.argv.slice(1).map((hex) => Buffer.from(hex, 'hex'));
const editor = new Y.Doc(), server = new Y.Doc();
Y.applyUpdate(editor, state);
Y.applyUpdate(server, deletion);
const sync = () => {
  Y.applyUpdate(server, Y.encodeStateAsUpdate(editor, Y.encodeStateVector(server)));
  Y.applyUpdate(editor, Y.encodeStateAsUpdate(server, Y.encodeStateVector(editor)));
};
const before = text(editor);
editor.getText('notes').insert(4, 'NEW');
sync();
server.getText('notes').insert(1, '+');
sync();
console.log(JSON.stringify([before.length > 20, text(editor), text(server)]));
"""


@pytest.mark.skipif(not shutil.which("node") and not os.environ.get("CI"), reason="no Node")
def test_an_editor_in_a_browser_understands_it() -> None:
    old = written()
    arguments = [old.get_update().hex(), clearing.deletion(old.get_state()).hex()]
    done = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == '[true,"N+EW","N+EW"]'


@pytest.mark.django_db
def test_notes_that_were_written_meanwhile_stay(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(room.pk, written().get_update())
    stored = store.stored

    def write_after(pk: int) -> list[tuple[int, bytes]]:
        rows = stored(pk)
        store.append(pk, b"\x00\x00")
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(store, "stored", write_after)
        assert clearing.clear(room.pk) == b""
    assert any(b"secret" in update for update in store.load(room.pk))
    assert clearing.clear(room.pk) != b""
    assert [b"secret" in update for update in store.load(room.pk)] == [False]


@pytest.mark.django_db
def test_notes_that_are_written_at_the_last_moment_stay(room: Room) -> None:
    store.append(room.pk, written().get_update())

    def write_before(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("DELETE"):
            store.append(room.pk, b"\x00\x00")
        return execute(sql, *rest)

    with connection.execute_wrapper(write_before):
        assert clearing.clear(room.pk) != b""
    assert b"\x00\x00" in store.load(room.pk)


@pytest.mark.django_db
def test_damaged_notes_are_deleted_altogether(room: Room) -> None:
    NotesUpdate.objects.create(room=room, update_bytes=b"\xff" * 9)
    assert clearing.clear(room.pk) == b""
    assert not NotesUpdate.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
async def test_open_editors_become_empty_and_those_who_come_back_bring_nothing() -> None:
    room = await make_room()
    ann, bob = await Editor(room.notes_key).open(), await Editor(room.notes_key).open()
    await ann.type("secret words")
    await bob.reads("secret words")
    await bob.close()
    update = await database_sync_to_async(clearing.clear)(room.pk)
    await database_sync_to_async(_tell_editors)(room.pk, update)
    await ann.reads("")
    # Bob's tab was asleep. It connects again with its own copy.
    again = Editor(room.notes_key)
    again.doc, again.text = bob.doc, bob.text
    await again.open()
    await again.reads("")
    await ann.type("new")
    await again.reads("new")
    stored = await database_sync_to_async(store.load)(room.pk)
    assert str(store.document(stored).get("notes", type=Text)) == "new"
    assert not any(b"secret" in one for one in stored)
    await ann.close()
    await again.close()
