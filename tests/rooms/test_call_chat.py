"""The chat on the call's WebSocket."""

from __future__ import annotations

import asyncio
import json

import pytest

from rooms.models import ChatLine
from rooms.roles import Role
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import join, make_pass, make_room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


async def test_a_line_reaches_everybody_once_with_its_number() -> None:
    room = await make_room()
    async with FakeWorker():
        ann, welcome = await join(room, "Ann")
        bob, _ = await join(room, "Bob")
        await ann.hear("room_state")
        await bob.hear("room_state")
        await ann.say(type="chat", nonce="n1", text="  Hello,\nBob \u0007 ")
        heard = await ann.hear("chat_line")
        assert await bob.hear("chat_line") == heard
        assert (heard["number"], heard["nonce"], heard["text"], heard["name"]) == (
            1,
            "n1",
            "Hello,\nBob",
            "Ann",
        )
        assert heard["participant"] == welcome["participant"]
        # Sent again, as after a lost answer. It is the same line, which the others may have missed.
        await ann.say(type="chat", nonce="n1", text="Hello, Bob")
        for browser in (ann, bob):
            assert (await browser.hear("chat_line")) == heard
        await bob.say(type="chat", nonce="n1", text="Hi")
        for browser in (ann, bob):
            assert (await browser.hear("chat_line"))["number"] == 2
        assert await ChatLine.objects.acount() == 2
        await ann.gone()
        await bob.gone()


async def test_after_a_gap_the_lines_are_fetched() -> None:
    room = await make_room()
    lines = [
        ChatLine(room=room, number=n, person="x", nonce=str(n), name="X", text=f"line {n}")
        for n in range(1, 451)
    ]
    await ChatLine.objects.abulk_create(lines)
    async with FakeWorker():
        browser, welcome = await join(room)
        await browser.hear("room_state")
        assert welcome["chat_number"] == 450
        seen: list[int] = []
        more = True
        while more:
            await browser.say(type="chat_since", number=seen[-1] if seen else 100)
            answer = await browser.hear("chat_lines")
            seen += [line["number"] for line in answer["lines"]]
            more = answer["more"]
        assert seen == list(range(101, 451))
        await browser.gone()


async def test_a_line_that_is_empty_or_too_long_is_refused_and_the_call_goes_on() -> None:
    room = await make_room()
    async with FakeWorker():
        browser, _ = await join(room)
        await browser.hear("room_state")
        for nonce, text, words in (
            ("n1", "", "is empty"),
            ("n2", " \n\u200d ", "is empty"),
            ("n3", "x" * 2001, "longer than 2,000"),
        ):
            await browser.say(type="chat", nonce=nonce, text=text)
            error = await browser.hear("error")
            assert (error["code"], error["nonce"]) == ("bad_message", nonce)
            assert words in error["message"]
        await browser.say(type="chat", nonce="n", text="x" * 2000)
        await browser.hear("chat_line")
        await browser.gone()


async def test_a_flood_of_lines_is_stopped_and_the_call_goes_on() -> None:
    room = await make_room()
    async with FakeWorker():
        browser, _ = await join(room)
        await browser.hear("room_state")
        for n in range(60):
            await browser.say(type="chat", nonce=f"n{n}", text="spam")
        answers = [
            json.loads((await browser.socket.receive_output(timeout=10))["text"]) for _ in range(60)
        ]
        codes = [answer.get("code") for answer in answers]
        assert codes.count("too_fast") >= 20
        assert {answer["nonce"] for answer in answers} == {f"n{n}" for n in range(60)}
        assert await ChatLine.objects.acount() == 60 - codes.count("too_fast")
        await browser.gone()


async def test_many_who_write_at_once_get_consecutive_numbers() -> None:
    room = await make_room()
    async with FakeWorker():
        browsers = [(await join(room, f"Guest{n}"))[0] for n in range(6)]
        for browser in browsers:
            await browser.hear("room_state")
        for n in range(3):
            await asyncio.gather(*(b.say(type="chat", nonce=f"n{n}", text="hi") for b in browsers))
        for browser in browsers:
            assert sorted([(await browser.hear("chat_line"))["number"] for _ in range(18)]) == list(
                range(1, 19)
            )
            await browser.gone()


async def test_authors_and_hosts_change_lines_and_everybody_reads_who_did() -> None:
    room = await make_room()
    async with FakeWorker():
        ann, _ = await join(room, "Ann")
        bob, _ = await join(room, "Bob")
        boss, _ = await join(room, "Boss", role=Role.MODERATOR)
        for browser in (ann, bob, boss):
            await browser.hear("room_state")
        await ann.say(type="chat", nonce="n1", text="Helo")
        await ann.say(type="chat", nonce="n2", text="Answer", reply_to=1)
        for browser in (ann, bob, boss):
            assert (await browser.hear("chat_line"))["reply_to"] is None
            assert (await browser.hear("chat_line"))["reply_to"] == 1
        for by, message, told in (
            (ann, {"type": "chat_edit", "text": "Hello 👋🏽"}, ("Hello 👋🏽", True, False, "", 1)),
            (boss, {"type": "chat_edit", "text": "Hi"}, ("Hi", True, False, "Boss", 2)),
            (boss, {"type": "chat_delete"}, ("", True, True, "Boss", 3)),
            # Sent again, as after a lost answer.
            (boss, {"type": "chat_delete"}, ("", True, True, "Boss", 3)),
        ):
            await by.say(**message, number=1)
            for browser in (ann, bob, boss):
                line = await browser.hear("chat_line")
                keys = ("text", "edited", "deleted", "changed_by", "change")
                assert tuple(line[key] for key in keys) == told
                assert (line["number"], line["name"]) == (1, "Ann")
        for browser in (ann, bob, boss):
            await browser.gone()


async def test_an_error_about_a_change_names_the_line() -> None:
    room = await make_room()
    async with FakeWorker():
        ann, _ = await join(room, "Ann")
        bob, _ = await join(room, "Bob")
        for browser in (ann, bob):
            await browser.hear("room_state")
        await ann.say(type="chat", nonce="n1", text="one")
        for browser in (ann, bob):
            await browser.hear("chat_line")
        for message, code, words in (
            ({"type": "chat_edit", "number": 1, "text": "mine"}, "forbidden", "only your own"),
            ({"type": "chat_delete", "number": 1}, "forbidden", "only your own"),
            ({"type": "chat_delete", "number": 2}, "not_here", "was deleted"),
            ({"type": "chat_edit", "number": 1, "text": " "}, "bad_message", "is empty"),
        ):
            await bob.say(**message)
            error = await bob.hear("error")
            assert (error["code"], error["number"]) == (code, message["number"])
            assert words in error["message"]
        for _ in range(30):
            await bob.say(type="chat_delete", number=9)
        codes = [(await bob.hear("error"))["code"] for _ in range(30)]
        assert set(codes) == {"not_here", "too_fast"}
        assert await ann.socket.receive_nothing(timeout=0.05)
        assert (await ChatLine.objects.aget()).text == "one"
        for browser in (ann, bob):
            await browser.gone()


async def test_a_reload_does_not_show_what_was_written_before_one_came() -> None:
    room = await make_room(chat_history=False)
    async with FakeWorker():
        ann, _ = await join(room, "Ann")
        await ann.hear("room_state")
        for n in (1, 2):
            await ann.say(type="chat", nonce=f"n{n}", text=f"line {n}")
            await ann.hear("chat_line")
        token = await make_pass(room, person="bob")
        for seen in ([3], [3, 4]):
            bob, welcome = await join(room, "Bob", token=token)
            await bob.hear("room_state")
            number = welcome["chat_number"] + 1
            # A change of a line that they may not read is not told, and is not waited for.
            await ann.say(type="chat_edit", number=1, text=f"edited {number}")
            await ann.hear("chat_line")
            await ann.say(type="chat", nonce=f"n{number}", text=f"line {number}")
            await ann.hear("chat_line")
            assert (await bob.hear("chat_line"))["number"] == number
            await bob.say(type="chat_since", number=0, change=0)
            told = await bob.hear("chat_lines")
            assert [line["number"] for line in told["lines"]] == seen
            assert told["changed"] == []
            await bob.say(type="leave")
            assert await bob.closed() == 1000
        await ann.gone()
