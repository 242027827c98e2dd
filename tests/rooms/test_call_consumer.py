"""The call's WebSocket: what a browser may say, what the worker says, and what may fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError

from rooms import chat
from rooms.consumers import messages
from rooms.entry import admission, facts, passes
from rooms.entry.rights import rights
from rooms.models import Invite
from rooms.roles import Role
from rooms.workers.watch import watch
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import Browser, join, make_pass, make_room, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


# What may be said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="no JSON"),
        pytest.param('{"type": "join"}', id="a field is missing"),
        pytest.param('{"type": "leave"}', id="join comes first"),
        pytest.param("x" * (messages.MAX_BYTES + 1), id="too long"),
    ],
)
async def test_nonsense_ends_the_connection_with_words(text: str) -> None:
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.socket.send_to(text_data=text)
    await browser.refused("bad_message", 4400)


async def test_binary_messages_are_nonsense() -> None:
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.socket.send_to(bytes_data=b"\x00")
    await browser.refused("bad_message", 4400)


async def test_joining_twice_is_nonsense() -> None:
    room = await make_room()
    async with FakeWorker():
        browser, _ = await join(room)
        await browser.hear("room_state")
        await browser.say(**{"type": "join", "pass": "x"})
        await browser.refused("bad_message", 4400)
        await browser.gone()


async def test_commands_carry_the_room_and_participant_of_the_pass() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        me = ("garden", welcome["participant"])
        entered = await worker.heard(wire.Join)
        seat, reply = entered.seat, entered.reply
        await browser.hear("room_state")
        tracks, muted = {"0": "camera"}, ["camera"]
        await browser.say(type="offer", id=4, sdp="v=0", tracks=tracks, muted=muted)
        assert await worker.heard(wire.Offer) == wire.Offer(*me, "v=0", tracks, 4, muted, reply)
        assert await browser.hear("answer") == {
            "type": "answer",
            "sdp": "v=0\r\nanswer",
            "id": 4,
            "ice_session": "first",
        }
        await browser.say(
            type="slots", slots=[{"mid": "4", "track": "p:camera", "height": 360, "priority": 1}]
        )
        assert await worker.heard(wire.Slots) == wire.Slots(
            *me, [wire.SlotRequest("4", "p:camera", 360, 1)], reply
        )
        await browser.say(type="mute", source="microphone", muted=True)
        assert await worker.heard(wire.Mute) == wire.Mute(*me, "microphone", True, reply)
        await browser.say(type="hand", raised=True)
        assert await worker.heard(wire.Hand) == wire.Hand(*me, True, reply)
        await browser.say(type="snapshot")
        assert await worker.heard(wire.Snapshot) == wire.Snapshot(*me, reply)
        await browser.hear("room_state")
        await browser.say(type="leave")
        assert await worker.heard(wire.Leave) == wire.Leave(*me, seat=seat)
        assert await browser.closed() == 1000
        await browser.gone()
        assert worker.commands.empty()


async def test_a_listener_offers_to_receive_and_not_to_send() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room, role=Role.LISTENER)
        assert welcome["publish"] is False
        assert (await worker.heard(wire.Join)).publish is False
        await browser.hear("room_state")
        await browser.say(type="offer", id=1, sdp="v=0", tracks={"0": "microphone"})
        assert (await browser.hear("error"))["code"] == "forbidden"
        assert (await worker.heard(wire.Offer)).tracks == {}
        await browser.gone()


async def test_too_many_messages_end_the_connection() -> None:
    room = await make_room()
    async with FakeWorker():
        browser, _ = await join(room)
        await browser.hear("room_state")
        for _ in range(400):
            await browser.say(type="chat_since", number=0)
        while (message := await browser.socket.receive_output(timeout=10))[
            "type"
        ] == "websocket.send":
            last = json.loads(message["text"])
        assert (last["code"], message["code"]) == ("too_fast", 4429)
        await browser.gone()


async def test_a_pass_is_renewed_while_it_counts() -> None:
    room = await make_room()
    async with FakeWorker():
        browser, _ = await join(room)
        await browser.hear("room_state")
        await browser.say(type="renew")
        told = await browser.hear("pass")
        assert passes.read_resume(told["resume"], room.pk, "ann") is not None
        renewed = passes.read(told["pass"])
        assert renewed is not None
        assert renewed.person == "ann"
        await Invite.objects.aupdate(revoked=True)
        await browser.say(type="renew")
        await browser.refused("refused:invite_revoked", 4403)
        await browser.gone()


async def test_a_page_that_its_group_has_forgotten_is_in_it_again_with_its_next_pass(
    clean_redis: Any,
) -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, _ = await join(room)
        await browser.hear("room_state")
        [group] = clean_redis.keys("*:group:room.*")
        clean_redis.delete(group)
        await browser.say(type="renew")
        await browser.hear("pass")
        await until(lambda: in_group(clean_redis, group))
        person = wire.Person("p2", "Bob", "speaker")
        await worker.tell_group("garden", wire.ParticipantJoined("garden", "e-w1", 2, person))
        await browser.hear("participant_joined")
        await browser.gone()


async def in_group(redis: Any, group: bytes) -> bool:
    return bool(redis.zcard(group))


# What the worker says


async def test_events_for_the_group_and_for_one_arrive_as_they_are() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        await browser.hear("room_state")
        person = wire.Person("p2", "Bob", "speaker")
        await worker.tell_group("garden", wire.ParticipantJoined("garden", "e-w1", 2, person))
        assert await browser.hear("participant_joined") == wire.encode(
            wire.ParticipantJoined("garden", "e-w1", 2, person)
        )
        await worker.tell(
            worker.replies[welcome["participant"]], wire.SlotPaused("4", "p2:camera", "muted")
        )
        assert await browser.hear("slot_paused") == {
            "type": "slot_paused",
            "mid": "4",
            "track": "p2:camera",
            "why": "muted",
        }
        await browser.gone()


async def test_being_removed_ends_the_connection() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        await worker.heard(wire.Join)
        await browser.hear("room_state")
        await worker.tell(worker.replies[welcome["participant"]], wire.Removed("removed"))
        assert (await browser.hear("removed"))["why"] == "removed"
        await browser.refused("refused:removed", 4403)
        await browser.gone()
        assert worker.commands.empty()


async def test_leaving_takes_the_consumer_out_of_its_group() -> None:
    room = await make_room()
    async with FakeWorker():
        browser, _ = await join(room)
        await browser.gone()
        layer = get_channel_layer()
        assert await layer.connection(0).zcard(layer._group_key(wire.room_group("garden"))) == 0


# What may fail


async def test_an_unexpected_error_leaves_no_participant_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_: Any) -> None:
        raise TypeError("a mistake")

    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        await browser.hear("room_state")
        await worker.heard(wire.Join)
        monkeypatch.setattr(chat, "append", stumble)
        await browser.say(type="chat", nonce="n1", text="Hello")
        assert await browser.closed() == 1011
        await browser.gone()
        assert (await worker.heard(wire.Detach)).participant == welcome["participant"]
        assert "TypeError: a mistake" in caplog.text
        assert (rights().holders, watch().seats) == ({}, {})


async def test_a_database_that_is_busy_costs_a_line_and_not_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked")

    room = await make_room()
    async with FakeWorker():
        browser, _ = await join(room)
        await browser.hear("room_state")
        with monkeypatch.context() as patch:
            patch.setattr(chat, "append", locked)
            patch.setattr(facts, "standings", locked)
            await browser.say(type="chat", nonce="n1", text="Hello")
            error = await browser.hear("error")
            assert (error["code"], error["nonce"]) == ("busy", "n1")
            await browser.say(type="renew")
            assert (await browser.hear("error"))["code"] == "busy"
            channel = next(iter(rights().holders))
            await get_channel_layer().send(channel, {"type": "rights_changed"})
            assert await browser.socket.receive_nothing()
        await browser.say(type="chat", nonce="n1", text="Hello")
        await browser.hear("chat_line")
        await browser.gone()


async def test_joining_while_the_database_is_busy_is_answered_with_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked")

    room = await make_room()
    async with FakeWorker():
        monkeypatch.setattr(admission, "admit", locked)
        browser = Browser("/ws/call/garden/")
        await browser.connect()
        await browser.say(**{"type": "join", "pass": await make_pass(room)})
        await browser.refused("busy", 4503)
        await browser.gone()
