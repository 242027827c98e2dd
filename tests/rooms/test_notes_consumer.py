from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError, connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pycrdt import Doc, Text, merge_updates

from rooms import database
from rooms.consumers import notes
from rooms.models import NotesUpdate, Room
from rooms.notes import store as notes_store
from rooms.notes import yprotocol
from rooms.notes.yprotocol import Presence
from tests.rooms.editor import Editor
from tests.rooms.locks import write_lock
from tests.rooms.support import PATIENCE, Browser, make_room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


async def test_text_that_one_person_types_reaches_another() -> None:
    room = await make_room()
    ann, bob = await Editor(room.notes_key).open(), await Editor(room.notes_key).open()
    await ann.type("Hello")
    await bob.reads("Hello")
    await bob.type(" Ann", 5)
    await ann.reads("Hello Ann")
    await ann.close()
    await bob.close()


async def test_an_empty_document_is_shared_as_well() -> None:
    room = await make_room()
    ann = await Editor(room.notes_key).open()
    assert str(ann.text) == ""
    await ann.close()
    assert not await NotesUpdate.objects.aexists()


async def test_two_who_write_at_the_same_moment_end_with_the_same_text() -> None:
    room = await make_room()
    editors = [Editor(room.notes_key) for _ in range(2)]
    editors[0].text += "left"
    editors[1].text += "right"
    await asyncio.gather(*(editor.open() for editor in editors))
    for editor in editors:
        if str(editor.text) not in ("leftright", "rightleft"):
            await editor.until(lambda _, text=editor.text: str(text) in ("leftright", "rightleft"))
    assert str(editors[0].text) == str(editors[1].text)
    for editor in editors:
        await editor.close()


async def test_notes_outlive_everybody_who_wrote_them() -> None:
    room = await make_room()
    ann = await Editor(room.notes_key).open()
    await ann.type("Hello")
    late = await Editor(room.notes_key).open()
    await late.reads("Hello")
    await ann.close()
    await late.close()
    # The process keeps nothing: a restarted server gives the same.
    later = await Editor(room.notes_key).open()
    await later.reads("Hello")
    await later.close()


async def test_text_written_offline_arrives_with_the_connection() -> None:
    room = await make_room()
    ann = Editor(room.notes_key)
    ann.text += "on the train"
    await ann.open()
    bob = await Editor(room.notes_key).open()
    await bob.reads("on the train")
    await ann.close()
    await bob.close()


async def test_an_update_is_in_the_database_before_others_see_it() -> None:
    room = await make_room()
    ann, bob = await Editor(room.notes_key).open(), await Editor(room.notes_key).open()
    await ann.type("Hello")
    await bob.until(lambda step: step == yprotocol.UPDATE)
    assert str(notes_store.document(await stored(room)).get("notes", type=Text)) == "Hello"
    await ann.close()
    await bob.close()


@database_sync_to_async
def stored(room: Room) -> list[bytes]:
    return notes_store.load(room.pk)


async def test_with_the_reading_key_one_reads_and_does_not_write() -> None:
    room = await make_room()
    ann, reader = await Editor(room.notes_key).open(), await Editor(room.notes_read_key).open()
    await ann.type("Hello")
    await reader.reads("Hello")
    await reader.type("Spam")
    await reader.send(yprotocol.presence(Presence(7, 1, b'{"user":{"name":"Mallory"}}')))
    await ann.type("!", 5)
    await ann.reads("Hello!")
    await reader.until(lambda _: "Hello!" in str(reader.text))
    late = await Editor(room.notes_key).open()
    await late.reads("Hello!")
    assert ann.presences == late.presences == []
    for editor in (ann, reader, late):
        await editor.close()


async def test_a_connection_again_stores_nothing_new() -> None:
    room = await make_room()
    ann = await Editor(room.notes_key).open()
    await ann.type("Hello")
    del ann.text[0:1]
    await ann.send(yprotocol.sync(yprotocol.UPDATE, ann._sent[-1]))
    bob = await Editor(room.notes_key).open()
    await bob.reads("ello")
    await ann.close()
    rows = await NotesUpdate.objects.acount()
    ann.browser = Browser("/ws/notes/", subprotocols=["yjs", f"key.{room.notes_key}"])
    await ann.open()
    await ann.type("J")
    await bob.reads("Jello")
    assert await NotesUpdate.objects.acount() == rows + 1
    await ann.close()
    await bob.close()


# Presence


async def test_a_newcomer_hears_who_is_there_and_leaving_is_seen() -> None:
    room = await make_room()
    ann = await Editor(room.notes_key).open()
    here = Presence(11, 3, b'{"user":{"name":"Ann"}}')
    await ann.send(yprotocol.presence(here))
    await ann.send(yprotocol.presence(Presence(12, 1, b'{"user":{"name":"somebody else"}}')))
    bob = await Editor(room.notes_key).open()
    await bob.until(lambda _: bool(bob.presences))
    await ann.close()
    await bob.until(lambda _: bob.presences[-1].state == b"null")
    # Perhaps twice: Ann's presence while Bob came in, and the answer to his hello.
    assert set(bob.presences[:-1]) == {here}
    assert bob.presences[-1] == Presence(11, 4, b"null")
    await bob.close()


async def test_a_newcomers_question_goes_to_nobody_else() -> None:
    room = await make_room()
    ann = await Editor(room.notes_key).open()
    bob = await Editor(room.notes_key).open()
    await bob.type("x")
    # All that Ann has heard since Bob came is what he wrote (her own first exchange is over).
    steps = []
    while str(ann.text) != "x":
        steps.append(await ann.hear())
    assert steps.count(yprotocol.UPDATE) == 1
    assert yprotocol.STEP1 not in steps[1:]
    await ann.close()
    await bob.close()


# What is refused


@pytest.mark.parametrize(
    "subprotocols",
    [
        pytest.param(None, id="none"),
        pytest.param(["yjs"], id="no key"),
        pytest.param(["yjs", "key."], id="an empty key"),
        pytest.param(["yjs", "key.AAAAAAAAAAAAAAAAAAAAAA"], id="an unknown key"),
        pytest.param(["yjs", "key.garden"], id="a slug"),
    ],
)
async def test_without_a_key_the_notes_stay_closed(subprotocols: list[str] | None) -> None:
    await make_room()
    assert not await Browser("/ws/notes/", subprotocols=subprotocols).connect()


async def test_a_key_without_the_protocol_is_refused() -> None:
    room = await make_room()
    assert not await Browser("/ws/notes/", subprotocols=[f"key.{room.notes_key}"]).connect()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x00", id="no step"),
        pytest.param(b"\x00\x09\x00", id="an unknown step"),
        pytest.param(b"\x00\x02\x05abc", id="cut off"),
        pytest.param(b"\x00\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff", id="a number without end"),
        pytest.param(yprotocol.sync(yprotocol.UPDATE, b"\xff\xff\xff"), id="no update"),
        pytest.param(yprotocol.sync(yprotocol.UPDATE, b""), id="an empty update"),
        pytest.param(yprotocol.sync(yprotocol.STEP1, b"\xff\xff"), id="no state vector"),
        pytest.param(b"\x01\x03\x05ab", id="no awareness"),
        pytest.param(b"\x00\x02" + b"\x00" * (1024 * 1024), id="too long"),
    ],
)
async def test_bytes_that_are_no_yjs_end_the_connection_and_are_not_kept(data: bytes) -> None:
    room = await make_room()
    ann = await Editor(room.notes_key).open()
    await ann.send(data)
    async with asyncio.timeout(PATIENCE):
        while (message := await ann.browser.socket.receive_output(timeout=PATIENCE))[
            "type"
        ] != "websocket.close":
            pass
    assert message["code"] == 4400
    assert not await NotesUpdate.objects.aexists()
    await ann.close()


async def test_notes_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes_store, "MAX_NOTES_BYTES", 100)
    room = await make_room()
    ann = await Editor(room.notes_key).open()
    await ann.type("x" * 200)
    async with asyncio.timeout(PATIENCE):
        while (message := await ann.browser.socket.receive_output(timeout=PATIENCE))[
            "type"
        ] != "websocket.close":
            pass
    assert message["code"] == notes.TOO_LARGE
    assert not await NotesUpdate.objects.aexists()
    await ann.close()


def filled() -> tuple[Doc[Any], list[bytes]]:
    """A document and the updates that made it."""
    doc: Doc[Any] = Doc()
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(event.update))
    text = doc.get("notes", type=Text)
    for word in ("Hello", " world", "!", " And", " more"):
        text += word
    del text[3:8]
    return doc, updates


async def test_an_edit_that_cannot_be_stored_is_sent_again_by_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = await make_room()
    ann = await Editor(room.notes_key).open()
    monkeypatch.setattr(database, "LIMIT_SECONDS", 0.2)
    with write_lock():
        await ann.type("Hello")
        assert await ann.browser.closed() == 1013
    await ann.close()
    monkeypatch.undo()
    # The page keeps its document and connects again.
    again = Editor(room.notes_key)
    again.doc.apply_update(ann.doc.get_update())
    await again.open()
    bob = await Editor(room.notes_key).open()
    await bob.reads("Hello")
    for editor in (again, bob):
        await editor.close()


async def test_notes_that_cannot_be_read_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("connection refused")

    room = await make_room()
    with monkeypatch.context() as patch:
        patch.setattr(notes_store, "load", away)
        browser = Browser("/ws/notes/", subprotocols=["yjs", f"key.{room.notes_key}"])
        assert not await browser.connect()
    await (await Editor(room.notes_key).open()).close()


@pytest.mark.django_db(transaction=False)
def test_compaction_keeps_every_word_and_leaves_one_row() -> None:
    room = Room.objects.create(slug="garden", title="Garden")
    doc, updates = filled()
    for update in updates:
        notes_store.append(room.pk, update)
    assert notes_store.compact(room.pk) == len(updates)
    assert NotesUpdate.objects.count() == 1
    assert str(notes_store.document(notes_store.load(room.pk)).get("notes", type=Text)) == str(
        doc.get("notes", type=Text)
    )
    assert notes_store.compact(room.pk) == 1


@pytest.mark.django_db(transaction=False)
def test_compaction_keeps_an_update_that_waits_for_another() -> None:
    room = Room.objects.create(slug="garden", title="Garden")
    doc, updates = filled()
    for update in updates[1:]:
        notes_store.append(room.pk, update)
    notes_store.compact(room.pk)
    notes_store.append(room.pk, updates[0])
    assert str(notes_store.document(notes_store.load(room.pk)).get("notes", type=Text)) == str(
        doc.get("notes", type=Text)
    )


@pytest.mark.django_db(transaction=True)
def test_nobody_else_has_to_wait_while_updates_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room.objects.create(slug="garden", title="Garden")
    _, updates = filled()
    for update in updates[:2]:
        notes_store.append(room.pk, update)

    def merge(*merging: bytes) -> bytes:
        assert not connection.in_atomic_block
        # Another process merges them meanwhile, and somebody writes.
        monkeypatch.setattr(notes_store, "merge_updates", merge_updates)
        assert notes_store.compact(room.pk) == 2
        notes_store.append(room.pk, updates[2])
        return bytes(merge_updates(*merging))

    monkeypatch.setattr(notes_store, "merge_updates", merge)
    text = notes_store.document(updates[:3]).get("notes", type=Text)
    assert notes_store.compact(room.pk) == 0
    assert NotesUpdate.objects.count() == 2
    kept = notes_store.document(notes_store.load(room.pk)).get("notes", type=Text)
    assert str(kept) == str(text)


@hypothesis_settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=60), st.integers(0, 5), st.integers(0, 40))
def test_broken_updates_raise_one_error_and_nothing_else(junk: bytes, which: int, at: int) -> None:
    _, updates = filled()
    update = updates[which]
    broken = update[:at] + junk + update[at + len(junk) :]
    try:
        notes_store.document([*updates, broken])
    except notes_store.BadUpdate:
        pass


@given(st.binary(max_size=200))
def test_the_protocols_decoder_raises_one_error_and_nothing_else(data: bytes) -> None:
    try:
        yprotocol.decode(data)
    except yprotocol.ProtocolError:
        pass


@given(st.integers(0, 2**53 - 1))
def test_numbers_survive_the_wire(value: int) -> None:
    assert yprotocol.read_varint(yprotocol.varint(value), 0) == (
        value,
        len(yprotocol.varint(value)),
    )
