from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import OperationalError
from django.test import AsyncClient

from rooms import chat
from rooms.consumers import joining, messages
from rooms.consumers.socket import Member
from rooms.entry import admission, passes, places, removal
from rooms.entry.passes import Pass
from rooms.entry.rights import Rights, rights
from rooms.models import Ban, ChatLine, Invite, Room
from rooms.roles import Grant, Role, VisitorPolicy
from rooms.workers import sfu
from rooms.workers.watch import watch
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import Browser, join, make_invite, make_pass, make_room, own_origin, until

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


# Coming in


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(None, id="none at all"),
        pytest.param("null", id="null"),
        pytest.param("https://evil.example", id="another site"),
        pytest.param("http://127.0.0.1:1", id="another port"),
        pytest.param("ftp://127.0.0.1:8000", id="another scheme"),
        pytest.param("http://127.0.0.1:8000.evil.example", id="our name in front of theirs"),
        pytest.param("http://[", id="not an address"),
        pytest.param("http://127.0.0.1:99999", id="not a port"),
        pytest.param("", id="empty"),
    ],
)
@pytest.mark.parametrize("path", ["/ws/call/garden/", "/ws/notes/"])
async def test_a_foreign_origin_is_refused_before_anything_is_said(
    origin: str | None, path: str
) -> None:
    assert not await Browser(path, origin=origin).connect()


async def test_every_origin_of_the_site_is_let_in(settings: Any) -> None:
    for origin in settings.SITE_ORIGINS:
        browser = Browser("/ws/call/garden/", origin=origin)
        assert await browser.connect()
        await browser.gone()


async def test_an_unknown_address_is_refused() -> None:
    assert not await Browser("/ws/elsewhere/", origin=own_origin()).connect()


async def test_joining_tells_the_worker_who_comes_and_the_browser_who_it_is() -> None:
    room = await make_room(max_people=7)
    async with FakeWorker() as worker:
        browser, welcome = await join(room, "  Ann \u0000\u202e  Lee ")
        state = await browser.hear("room_state")
        command = await worker.heard(wire.Join)
        await browser.gone()
    assert (welcome["role"], welcome["publish"], welcome["chat_number"]) == ("speaker", True, 0)
    assert welcome["participant"] == state["you"] == command.participant
    assert (command.room, command.name, command.role, command.publish) == (
        "garden",
        "Ann Lee",
        "speaker",
        True,
    )
    assert (command.kind, command.max_people) == ("call", 7)


async def test_those_who_run_the_room_always_find_a_place() -> None:
    room = await make_room(max_people=7)
    async with FakeWorker() as worker:
        browser, _ = await join(room, role=Role.OWNER)
        assert (await worker.heard(wire.Join)).max_people == 0
        await browser.gone()


async def test_nobody_without_a_name_stays_nameless() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, _ = await join(room, "", person="ann")
        assert (await worker.heard(wire.Join)).name == "Guest"
        await browser.gone()


@pytest.mark.parametrize("token", ["", "junk", "a.b.c"])
async def test_without_a_valid_pass_nobody_comes_in(token: str) -> None:
    await make_room()
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.say(**{"type": "join", "pass": token})
    await browser.refused("refused:not_found", 4401)


async def test_a_pass_of_another_room_and_a_room_that_is_not_there_get_the_same_answer() -> None:
    attic = await make_room("attic")
    await make_room()
    token = await make_pass(attic)
    for slug in ("garden", "nowhere"):
        browser = Browser(f"/ws/call/{slug}/")
        await browser.connect()
        await browser.say(**{"type": "join", "pass": token})
        await browser.refused("refused:not_found", 4401)


async def test_refusals_are_named() -> None:
    room = await make_room()
    token = await make_pass(room)
    invite = await Invite.objects.aget()
    invite.revoked = True
    await invite.asave()
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.say(**{"type": "join", "pass": token})
    await browser.refused("refused:invite_revoked", 4403)


async def test_somebody_who_was_removed_does_not_come_in_again() -> None:
    room = await make_room()
    token = await make_pass(room, person="bob")
    await Ban.objects.acreate(room=room, person="bob")
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.say(**{"type": "join", "pass": token})
    await browser.refused("refused:removed", 4403)


async def test_without_a_worker_the_browser_hears_so() -> None:
    room = await make_room()
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.say(**{"type": "join", "pass": await make_pass(room)})
    await browser.refused("unavailable", 4503)


async def test_a_full_room_is_the_workers_word() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        worker.answers[wire.Join] = [wire.Refused("join", "room_full")]
        browser, _ = await join(room)
        await browser.refused("refused:room_full", 4403)
        await browser.gone()
        await worker.heard(wire.Join)
        # Nothing of somebody who never was in is left to detach.
        assert worker.commands.empty()


async def test_who_does_not_join_in_time_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "JOIN_SECONDS", 0.05)
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.refused("late", 4408)


async def test_the_invite_is_used_once_per_person() -> None:
    room = await make_room()
    invite = await make_invite(room, uses_left=1)
    token = passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "ann"))
    async with FakeWorker():
        for _ in range(2):
            browser, _welcome = await join(room, token=token)
            await browser.gone()
        stranger = Browser("/ws/call/garden/")
        await stranger.connect()
        await stranger.say(
            **{"type": "join", "pass": passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "bob"))}
        )
        await stranger.refused("refused:invite_used_up", 4403)


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
        seat = (await worker.heard(wire.Join)).seat
        await browser.hear("room_state")
        await browser.say(type="offer", id=4, sdp="v=0", tracks={"0": "camera"})
        assert await worker.heard(wire.Offer) == wire.Offer(*me, "v=0", {"0": "camera"}, 4)
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
            *me, [wire.SlotRequest("4", "p:camera", 360, 1)]
        )
        await browser.say(type="mute", source="microphone", muted=True)
        assert await worker.heard(wire.Mute) == wire.Mute(*me, "microphone", True)
        await browser.say(type="snapshot")
        assert await worker.heard(wire.Snapshot) == wire.Snapshot(*me)
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


# What the worker says


async def test_events_for_the_group_and_for_one_arrive_as_they_are() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        await browser.hear("room_state")
        person = wire.Person("p2", "Bob", "speaker")
        await worker.tell_group("garden", wire.ParticipantJoined("garden", "e", 2, person))
        assert await browser.hear("participant_joined") == wire.encode(
            wire.ParticipantJoined("garden", "e", 2, person)
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


# Coming back


async def test_a_lost_connection_detaches_and_the_resume_token_brings_the_same_participant_back() -> (
    None
):
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        first = await worker.heard(wire.Join)
        await browser.gone()
        assert await worker.heard(wire.Detach) == wire.Detach(
            "garden", welcome["participant"], first.reply
        )
        again = Browser("/ws/call/garden/")
        await again.connect()
        token = await make_pass(room)
        await again.say(
            **{"type": "join", "pass": token, "name": "Ann", "resume": welcome["resume"]}
        )
        assert (await again.hear("welcome"))["participant"] == welcome["participant"]
        second = await worker.heard(wire.Join)
        assert second.reply != first.reply
        await again.gone()


@pytest.mark.parametrize("who", ["another person", "another room", "nonsense"])
async def test_a_resume_token_is_good_for_its_person_and_room_only(who: str) -> None:
    room, attic = await make_room(), await make_room("attic")
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        seat = (await worker.heard(wire.Join)).seat
        await browser.gone()
        await worker.heard(wire.Detach)
        target = attic if who == "another room" else room
        again = Browser(f"/ws/call/{target.slug}/")
        await again.connect()
        token = await make_pass(target, person="bob" if who == "another person" else "ann")
        resume = "nonsense" if who == "nonsense" else welcome["resume"]
        await again.say(**{"type": "join", "pass": token, "resume": resume})
        participant = (await again.hear("welcome"))["participant"]
        assert (participant == welcome["participant"]) is (who == "nonsense")
        command = await worker.heard(wire.Join)
        # It is another page's join; but as that page means to come back, it takes no call over.
        assert (command.take, command.seat != seat) == (False, True)
        await again.gone()


# One person in two tabs


async def test_a_second_tab_is_the_same_participant_and_the_first_one_may_not_end_it() -> None:
    room = await make_room()
    token = await make_pass(room)
    async with FakeWorker() as worker:
        first, welcome = await join(room, token=token)
        seat = (await worker.heard(wire.Join)).seat
        await first.hear("room_state")
        second, again = await join(room, "Anna", token=token)
        await second.hear("room_state")
        command = await worker.heard(wire.Join)
        assert again["participant"] == welcome["participant"] == command.participant
        assert (command.take, command.seat != seat) == (True, True)
        # The first one may leave before it hears of the second.
        await first.say(type="leave")
        left = wire.Leave("garden", welcome["participant"], seat=seat)
        assert await worker.heard(wire.Leave) == left
        assert await first.closed() == 1000
        # One that comes back by itself does not ask to take over, and hears why it may not.
        worker.answers[wire.Join] = [wire.Refused("join", "replaced")]
        back = Browser("/ws/call/garden/")
        await back.connect()
        await back.say(**{"type": "join", "pass": token, "resume": welcome["resume"]})
        await back.hear("welcome")
        command = await worker.heard(wire.Join)
        assert (command.take, command.seat) == (False, seat)
        await back.refused("refused:replaced", 4403)
        await back.gone()
        assert worker.commands.empty()
        await first.gone()
        await second.gone()


async def test_what_somebody_was_in_another_tab_still_counts() -> None:
    room = await make_room()
    async with FakeWorker():
        for role in (Role.OWNER, Role.SPEAKER):
            browser, welcome = await join(room, "Ann", role=role)
            await browser.gone()
        ban = database_sync_to_async(removal.ban)
        with pytest.raises(removal.NotAllowed):
            await ban(room, Grant(Role.MODERATOR), welcome["participant"])


async def test_a_locked_room_lets_in_who_was_in_a_moment_ago() -> None:
    room = await make_room()
    async with FakeWorker():
        token = await make_pass(room)
        browser, welcome = await join(room, token=token)
        await browser.gone()
        await Room.objects.aupdate(locked=True)
        again = Browser("/ws/call/garden/")
        await again.connect()
        await again.say(**{"type": "join", "pass": token, "resume": welcome["resume"]})
        await again.hear("welcome")
        await again.gone()


@pytest.mark.parametrize("visits", [False, True])
async def test_whoever_is_in_a_locked_and_full_room_opens_it_again_and_takes_the_call_over(
    visits: bool,
) -> None:
    room = await make_room(visitors=VisitorPolicy.SPEAK, max_people=1)
    token = await make_pass(room)
    if visits:
        token = passes.issue(Pass(room.pk, Role.SPEAKER, None, "ann"))
    cookie = AsyncClient(headers={"Cookie": f"{passes.cookie_name('garden')}={token}"})
    async with FakeWorker() as worker:
        first, welcome = await join(room, token=token)
        await worker.heard(wire.Join)
        await Room.objects.aupdate(locked=True)
        await sfu.client().set(wire.live_key("garden"), '{"people": 1, "epoch": "e1"}')
        # "Move the call here" loads the page anew; a second tab does the same.
        assert (await cookie.get("/r/garden/")).status_code == 200
        second, again = await join(room, token=token)
        assert again["participant"] == welcome["participant"]
        assert (await worker.heard(wire.Join)).take
        # Somebody new does not come in, and neither does who has left.
        new = Browser("/ws/call/garden/")
        await new.connect()
        await new.say(**{"type": "join", "pass": await make_pass(room, person="bob")})
        await new.refused("refused:room_locked", 4403)
        for browser in (first, second, new):
            await browser.gone()
        assert await places.is_in("garden", welcome["participant"])


async def test_who_left_a_locked_room_a_while_ago_stays_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "DETACHED_SECONDS", 0)
    room = await make_room()
    token = await make_pass(room)
    async with FakeWorker():
        browser, _ = await join(room, token=token)
        await browser.gone()
        await Room.objects.aupdate(locked=True)
        again = Browser("/ws/call/garden/")
        await again.connect()
        await again.say(**{"type": "join", "pass": token})
        await again.refused("refused:room_locked", 4403)
        await again.gone()


async def test_a_forgotten_participant_enters_again_by_itself() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        await worker.heard(wire.Join)
        await browser.hear("room_state")
        worker.answers[wire.Offer] = [wire.Refused("offer", "not_in_room")]
        await browser.say(type="offer", id=1, sdp="v=0")
        await browser.hear("worker_lost")
        await browser.hear("room_state")
        await worker.heard(wire.Offer)
        assert (await worker.heard(wire.Join)).participant == welcome["participant"]
        await browser.gone()


async def test_when_the_worker_dies_everybody_enters_at_another_as_the_same_participant() -> None:
    room = await make_room()
    async with FakeWorker("a") as first, FakeWorker("b", load=1.0) as second:
        ann, ann_welcome = await join(room, "Ann")
        bob, bob_welcome = await join(room, "Bob")
        await ann.hear("room_state")
        await bob.hear("room_state")
        await first.die()
        for browser in (ann, bob):
            await browser.hear("worker_lost")
            assert (await browser.hear("room_state"))["epoch"] == "e-b"
        joined = {(await second.heard(wire.Join)).participant for _ in range(2)}
        assert joined == {ann_welcome["participant"], bob_welcome["participant"]}
        await ann.say(type="offer", id=1, sdp="v=0")
        await second.heard(wire.Offer)
        await ann.gone()
        await bob.gone()
    assert watch().seats == {}


async def test_a_worker_that_comes_late_is_found() -> None:
    room = await make_room()
    async with FakeWorker("a") as first:
        browser, _ = await join(room)
        await browser.hear("room_state")
        await first.die()
        await browser.hear("worker_lost")
        async with FakeWorker("b"):
            assert (await browser.hear("room_state"))["epoch"] == "e-b"
            await browser.gone()


async def test_a_redis_that_came_back_empty_loses_nobody(clean_redis: Any) -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, welcome = await join(room, "Ann")
        await ann.hear("room_state")
        await worker.heard(wire.Join)
        await until(_era_is_known)
        clean_redis.flushall()
        await worker.live()
        # A line that was written while nobody could be told.
        await database_sync_to_async(ChatLine.objects.create)(
            room=room, number=1, person="x", nonce="n", name="X", text="hm"
        )
        again = await worker.heard(wire.Join)
        assert again.participant == welcome["participant"]
        kinds = {}
        for _ in range(2):
            body = json.loads((await ann.socket.receive_output(timeout=10))["text"])
            kinds[body["type"]] = body
        assert [line["text"] for line in kinds["chat_lines"]["lines"]] == ["hm"]
        assert "room_state" in kinds
        await worker.tell_group("garden", wire.SpeakersChanged("garden", "e", 2, ["p"]))
        await ann.hear("speakers_changed")
        assert await sfu.worker_of("garden") == worker.name
        await ann.gone()


async def _era_is_known() -> bool:
    return watch().era is not None


# Chat


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
        # Sent again, as after a lost answer: the sender gets the same line, the others nothing.
        await ann.say(type="chat", nonce="n1", text="Hello, Bob")
        assert (await ann.hear("chat_line"))["number"] == 1
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


async def test_leaving_takes_the_consumer_out_of_its_group() -> None:
    room = await make_room()
    async with FakeWorker():
        browser, _ = await join(room)
        await browser.gone()
        layer = get_channel_layer()
        assert await layer.connection(0).zcard(layer._group_key(wire.room_group("garden"))) == 0


# What goes wrong here


async def test_a_mistake_of_ours_leaves_nobody_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: Any) -> None:
        raise TypeError("a mistake")

    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        await browser.hear("room_state")
        await worker.heard(wire.Join)
        monkeypatch.setattr(chat, "append", stumble)
        await browser.say(type="chat", nonce="n1", text="Hello")
        assert (await worker.heard(wire.Detach)).participant == welcome["participant"]
        with pytest.raises(TypeError, match="a mistake"):
            await browser.gone()
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
            patch.setattr(admission, "current_grant", locked)
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


async def test_whoever_joins_while_the_database_is_busy_is_told_to_try_again(
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


# Rights that change during the call


def role_in(state: dict[str, Any]) -> list[str]:
    return [person["role"] for person in state["people"]]


async def test_a_lowered_role_reaches_the_worker_and_the_page_at_once_though_the_first_message_is_lost() -> (
    None
):
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        me = welcome["participant"]
        await worker.heard(wire.Join)
        await browser.hear("room_state")
        state = wire.RoomState("garden", "e", 2, me, [wire.Person(me, "Ann", "speaker")])
        await worker.tell(worker.replies[me], state)
        assert role_in(await browser.hear("room_state")) == ["speaker"]
        worker.answers[wire.Join] = [state]
        await Invite.objects.aupdate(role=Role.LISTENER)
        again = await worker.heard(wire.Join)
        assert (again.role, again.publish) == ("listener", False)
        # The worker still says "speaker": it is told again, and the page is not.
        heard = [await browser.hear("role"), await browser.hear("room_state")]
        assert heard[0] == {"type": "role", "role": "listener", "publish": False}
        assert (await worker.heard(wire.Join)).role == "listener"
        lowered = wire.Person(me, "Ann", "listener")
        worker.answers[wire.Join] = [wire.RoomState("garden", "e", 3, me, [lowered])]
        while role_in(await browser.hear("room_state")) != ["listener"]:
            pass
        await Invite.objects.aupdate(role=Role.MODERATOR)
        assert await browser.hear("role") == {"type": "role", "role": "moderator", "publish": True}
        await browser.gone()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(("invite", {"revoked": True}), "invite_revoked", id="revoked"),
        pytest.param(("invite", {"expires": LONG_AGO}), "invite_expired", id="expired"),
        pytest.param(("room", {"closed": True}), "room_closed", id="room closed"),
        pytest.param(("room", {"closes": LONG_AGO}), "room_closed", id="time is up"),
        pytest.param(("ban", {}), "removed", id="removed, unheard by the worker"),
    ],
)
async def test_a_right_that_was_taken_away_ends_the_media_and_the_seat_with_its_reason(
    change: tuple[str, dict[str, Any]], code: str
) -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        browser, welcome = await join(room)
        seat = (await worker.heard(wire.Join)).seat
        await browser.hear("room_state")
        what, fields = change
        if what == "invite":
            await Invite.objects.aupdate(**fields)
        elif what == "room":
            await Room.objects.aupdate(**fields)
        else:
            await Ban.objects.acreate(room=room, person="ann")
        left = wire.Leave("garden", welcome["participant"], seat=seat)
        assert await worker.heard(wire.Leave) == left
        await browser.refused(f"refused:{code}", 4403)
        await browser.gone()


async def test_whoever_is_in_stays_in_a_room_that_is_locked_and_by_an_invite_that_is_used_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = await make_room()
    invite = await make_invite(room, uses_left=1)
    token = passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "ann"))
    async with FakeWorker() as worker:
        browser, _ = await join(room, token=token)
        await worker.heard(wire.Join)
        await browser.hear("room_state")
        told = AsyncMock()
        monkeypatch.setattr("rooms.entry.rights.get_channel_layer", lambda: told)
        await Room.objects.aupdate(locked=True)
        await rights().step()
        told.send.assert_not_called()
        await Invite.objects.aupdate(revoked=True)
        await rights().step()
        told.send.assert_called()
        await browser.gone()


async def test_a_check_that_fails_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    room = await make_room()
    grants = admission.current_grants
    failed = asyncio.Event()

    def fail_once(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(admission, "current_grants", grants)
        failed.set()
        raise RuntimeError("a mistake")

    async with FakeWorker():
        browser, _ = await join(room)
        await browser.hear("room_state")
        monkeypatch.setattr(admission, "current_grants", fail_once)
        await asyncio.wait_for(failed.wait(), 10)
        await Invite.objects.aupdate(revoked=True)
        await browser.refused("refused:invite_revoked", 4403)
        await browser.gone()


async def test_a_database_that_stays_away_is_written_down_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room = await make_room()
    checks, rounds = Rights(), []

    def away(*_: Any, **__: Any) -> None:
        rounds.append(1)
        if len(rounds) == 3:
            checks.holders.clear()
        raise OperationalError("database is away")

    grant = Grant(Role.SPEAKER)
    member = Member(room, Pass(room.pk, Role.SPEAKER, None, "ann"), grant, "p", "Ann", "s")
    monkeypatch.setattr("rooms.entry.rights.STEP_SECONDS", 0)
    monkeypatch.setattr(admission, "current_grants", away)
    with caplog.at_level("INFO", logger="rooms.entry.rights"):
        checks.watch("ann", member)
        assert checks._task
        await asyncio.wait_for(checks._task, 10)
    assert len(rounds) == 3
    [line] = [record for record in caplog.records if record.name == "rooms.entry.rights"]
    assert line.exc_info is None
    assert "database is away" in line.getMessage()
