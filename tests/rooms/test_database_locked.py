"""Another program locks the database: calls go on, and writing succeeds afterwards."""

from __future__ import annotations

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async

from rooms.entry import passes
from rooms.entry.passes import Pass
from rooms.models import Ban, ChatLine
from rooms.roles import Role
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.locks import write_lock
from tests.rooms.support import PATIENCE, Browser, join, make_invite, make_room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


async def test_a_mute_passes_while_the_lines_of_others_wait() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann")
        bob, _ = await join(room, "Bob")
        for browser in (ann, bob):
            await browser.hear("room_state")
            await worker.heard(wire.Join)
        with write_lock():
            await ann.say(type="chat", nonce="n1", text="Hello")
            await bob.say(type="mute", source="microphone", muted=True)
            await worker.heard(wire.Mute)
            assert await ann.socket.receive_nothing()
        assert (await ann.hear("chat_line"))["text"] == "Hello"
        assert (await bob.hear("chat_line"))["text"] == "Hello"
        for browser in (ann, bob):
            await browser.gone()


async def test_a_mute_does_not_wait_for_the_thread_that_channels_uses() -> None:
    room = await make_room()
    over = threading.Event()
    async with FakeWorker() as worker:
        browser, _ = await join(room)
        await browser.hear("room_state")
        await worker.heard(wire.Join)
        waiting = asyncio.ensure_future(sync_to_async(over.wait)(PATIENCE))
        await browser.say(type="mute", source="microphone", muted=True)
        try:
            await worker.heard(wire.Mute)
            assert not waiting.done()
        finally:
            over.set()
        assert await waiting
        await browser.gone()


async def test_everything_but_ones_own_line_goes_on_while_it_waits() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, _ = await join(room)
        await browser.hear("room_state")
        await worker.heard(wire.Join)
        with write_lock():
            await browser.say(type="chat", nonce="n1", text="Hello")
            await browser.say(type="mute", source="microphone", muted=True)
            await worker.heard(wire.Mute)
            await worker.tell_group("garden", wire.ParticipantLeft("garden", "e-w1", 2, "p"))
            await browser.hear("participant_left")
            await browser.say(type="snapshot")
            await browser.hear("room_state")
        assert (await browser.hear("chat_line"))["nonce"] == "n1"
        await browser.gone()


async def test_a_line_that_was_sent_before_leaving_is_stored() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, _ = await join(room)
        await browser.hear("room_state")
        await worker.heard(wire.Join)
        with write_lock():
            await browser.say(type="chat", nonce="n1", text="Goodbye")
            await browser.say(type="leave")
            await worker.heard(wire.Leave)
            assert await browser.closed() == 1000
        await browser.gone()
        assert await ChatLine.objects.aget() == await ChatLine.objects.aget(text="Goodbye")


async def test_joins_and_removals_are_told_to_try_again_and_leave_nothing_half_done() -> None:
    room = await make_room()
    invite = await make_invite(room, uses_left=1)
    token = passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "cyd"))
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann", role=Role.OWNER)
        bob, welcome = await join(room, "Bob")
        for browser in (ann, bob):
            await browser.hear("room_state")
            await worker.heard(wire.Join)
        with write_lock():
            cyd = Browser("/ws/call/garden/")
            await cyd.connect()
            await cyd.say(**{"type": "join", "pass": token, "name": "Cyd"})
            await ann.say(type="remove", participant=welcome["participant"])
            await cyd.refused("busy", 4503)
            assert (await ann.hear("error"))["code"] == "busy"
            # Reading is possible.
            await ann.say(type="chat_since", number=0)
            assert (await ann.hear("chat_lines"))["lines"] == []
        assert worker.commands.empty()
        await invite.arefresh_from_db()
        assert invite.uses_left == 1
        assert not await Ban.objects.aexists()
        cyd, _ = await join(room, "Cyd", token=token)
        await invite.arefresh_from_db()
        assert invite.uses_left == 0
        await worker.heard(wire.Join)
        await ann.say(type="remove", participant=welcome["participant"])
        assert (await worker.heard(wire.Remove)).participant == welcome["participant"]
        for browser in (ann, bob, cyd):
            await browser.gone()
