"""Chat lines whose message was lost: noticed, and sent without being asked for."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rooms import chat
from rooms.chat import Newest
from rooms.consumers.unheard import LOST_SECONDS, Reading
from rooms.models import ChatLine, Room
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import join, make_room


def test_a_line_counts_as_lost_after_a_while_until_it_is_sent() -> None:
    reading = Reading(1, seen=4)
    assert not reading.is_behind(Newest(5), 10.0)
    # Others that come meanwhile change nothing about this one.
    assert not reading.is_behind(Newest(6), 10.0 + LOST_SECONDS / 2)
    assert reading.is_behind(Newest(6), 10.0 + LOST_SECONDS)
    assert reading.is_behind(Newest(6), 11.0 + LOST_SECONDS)
    reading.sent(6)
    assert not reading.is_behind(Newest(6), 12.0 + LOST_SECONDS)


def test_lines_that_arrive_in_time_are_never_lost_however_many_come() -> None:
    reading = Reading(1)
    for second in range(60):
        reading.sent(10 * second)
        assert not reading.is_behind(Newest(10 * second + 10), float(second))


def test_a_line_that_was_deleted_is_not_waited_for() -> None:
    reading = Reading(1, seen=4)
    assert not reading.is_behind(Newest(5), 0.0)
    assert not reading.is_behind(Newest(0), 100.0)
    assert not reading.is_behind(Newest(5), 101.0)


def test_a_change_counts_as_lost_until_every_change_before_it_is_there_too() -> None:
    reading = Reading(1, seen=4)
    reading.sent(2, change=2)
    assert reading.change == 0
    assert not reading.is_behind(Newest(4, 2), 0.0)
    assert reading.is_behind(Newest(4, 2), LOST_SECONDS)
    reading.sent(3, change=1)
    assert reading.change == 2
    assert not reading.is_behind(Newest(4, 2), 2 * LOST_SECONDS)
    reading.sent(5)
    reading.changed_until(7)
    reading.changed_until(6)
    assert (reading.seen, reading.change) == (5, 7)


@pytest.mark.django_db
def test_the_newest_lines_of_all_rooms_are_read_from_the_index_with_one_query() -> None:
    rooms = [Room.objects.create(slug=f"room{n}", title="Room") for n in range(3)]
    for room, lines in zip(rooms, (3, 0, 1), strict=True):
        for n in range(lines):
            chat.append(room.pk, "ann", str(n), "Ann", "hello")
    with CaptureQueriesContext(connection) as queries:
        found = chat.newest_of({room.pk for room in rooms})
    assert [found[room.pk] for room in rooms] == [Newest(3), Newest(), Newest(1)]
    assert len(queries) == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            plan = " ".join(row[3] for row in cursor.fetchall())
        # In the order of the index: no sorting, and no other lines are read.
        assert "USING COVERING INDEX" in plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.django_db(transaction=True)
async def test_lines_whose_messages_were_lost_reach_everyone_once_and_in_order(
    clean_redis: Any,
) -> None:
    room = await make_room()
    other = await make_room("cellar")
    append = database_sync_to_async(chat.append)
    async with FakeWorker():
        ann, bob, zoe = [
            (await join(where, name))[0]
            for where, name in ((room, "Ann"), (room, "Bob"), (other, "Zoe"))
        ]
        for browser in (ann, bob, zoe):
            await browser.hear("room_state")
        for n in (1, 2):
            await append(room.pk, "carl", f"n{n}", "Carl", f"line {n}")
        for browser in (ann, bob):
            told = await browser.hear("chat_lines")
            assert ([line["number"] for line in told["lines"]], told["more"]) == ([1, 2], False)
        await append(room.pk, "carl", "n3", "Carl", "line 3")
        # A later line shows the page the gap: it asks for itself, and is not told once more.
        await ann.say(type="chat", nonce="n4", text="line 4")
        for browser in (ann, bob):
            assert (await browser.hear("chat_line"))["number"] == 4
        await append(room.pk, "carl", "n5", "Carl", "line 5")
        for browser in (ann, bob):
            told = await browser.hear("chat_lines")
            assert [line["number"] for line in told["lines"]] == [5]
        assert await zoe.socket.receive_nothing(timeout=0.1)
        for browser in (ann, bob, zoe):
            await browser.gone()
    assert await ChatLine.objects.acount() == 5


@pytest.mark.django_db(transaction=True)
async def test_changes_whose_messages_were_lost_reach_everyone(clean_redis: Any) -> None:
    room = await make_room()
    async with FakeWorker():
        ann = (await join(room, "Ann"))[0]
        bob, welcome = await join(room, "Bob")
        assert welcome["chat_change"] == 0
        for browser in (ann, bob):
            await browser.hear("room_state")
        await ann.say(type="chat", nonce="n1", text="one")
        for browser in (ann, bob):
            await browser.hear("chat_line")
        reader = chat.Reader(room.pk, "p", None)
        change = database_sync_to_async(chat.edit)
        await change(reader, 1, "ONE", "", "Host", host=True)
        for browser in (ann, bob):
            told = await browser.hear("chat_lines")
            assert [(line["text"], line["change"]) for line in told["changed"]] == [("ONE", 1)]
            assert (told["lines"], told["since_change"], told["change"]) == ([], 0, 1)
        # It counts as told.
        await ann.say(type="chat_delete", number=1)
        for browser in (ann, bob):
            line = await browser.hear("chat_line")
            assert (line["text"], line["deleted"], line["change"]) == ("", True, 2)
            assert line["changed_by"] == ""
            await browser.gone()
