"""Coming back to a call, and one person in two tabs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import AsyncClient

from rooms.entry import passes, removal
from rooms.entry.passes import Pass
from rooms.models import ChatLine, Room
from rooms.roles import Grant, Role, VisitorPolicy
from rooms.workers import sfu
from rooms.workers.watch import watch
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import Browser, join, make_pass, make_room, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


async def test_a_lost_connection_detaches_and_the_resume_token_brings_them_back() -> None:
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
        # It joins as another page, but because that page wants to come back, it takes no call over.
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
        # The first page may leave before it hears of the second one.
        await first.say(type="leave")
        left = wire.Leave("garden", welcome["participant"], seat=seat)
        assert await worker.heard(wire.Leave) == left
        assert await first.closed() == 1000
        # A page that comes back by itself does not ask to take over, and hears why it may not.
        worker.answers[wire.Join] = [wire.Refused("join", "replaced")]
        back = Browser("/ws/call/garden/")
        await back.connect()
        await back.say(**{"type": "join", "pass": token, "resume": welcome["resume"]})
        command = await worker.heard(wire.Join)
        assert (command.take, command.seat) == (False, seat)
        await back.refused("refused:replaced", 4403)
        await back.gone()
        assert worker.commands.empty()
        await first.gone()
        await second.gone()


async def test_the_worker_hears_which_of_a_pages_sockets_is_the_newest() -> None:
    room = await make_room()
    token = await make_pass(room)
    async with FakeWorker() as worker:
        page = Browser("/ws/call/garden/")
        await page.connect()
        await page.say(**{"type": "join", "pass": token, "socket": 3})
        await page.hear("welcome")
        await page.hear("room_state")
        command = await worker.heard(wire.Join)
        # So does every later join of the same socket, and that of an earlier one ends it.
        worker.answers[wire.Join] = [wire.Refused("join", "replaced")]
        worker.channels.clear()
        assert command.socket == (await worker.heard(wire.Join)).socket == 3
        await page.refused("refused:replaced", 4403)
        await page.gone()


async def test_the_role_from_another_tab_still_counts() -> None:
    room = await make_room()
    async with FakeWorker():
        for role in (Role.OWNER, Role.SPEAKER):
            browser, welcome = await join(room, "Ann", role=role)
            await browser.gone()
        ban = database_sync_to_async(removal.ban)
        with pytest.raises(removal.NotAllowed):
            await ban(room, Grant(Role.MODERATOR), welcome["participant"])


async def test_a_locked_room_lets_in_people_who_were_in_it_a_moment_ago() -> None:
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
async def test_somebody_in_a_locked_and_full_room_can_reopen_it_and_take_the_call_over(
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
        await worker.live()
        # "Move the call here" reloads the page; a second tab does the same.
        assert (await cookie.get("/r/garden/")).status_code == 200
        second, again = await join(room, token=token)
        assert again["participant"] == welcome["participant"]
        assert (await worker.heard(wire.Join)).take
        # A newcomer does not get in, nor does somebody who has left.
        new = Browser("/ws/call/garden/")
        await new.connect()
        await new.say(**{"type": "join", "pass": await make_pass(room, person="bob")})
        await new.refused("refused:room_locked", 4403)
        for browser in (first, second, new):
            await browser.gone()


async def test_somebody_who_left_a_locked_room_a_while_ago_stays_out() -> None:
    room = await make_room()
    token = await make_pass(room)
    async with FakeWorker() as worker:
        browser, _ = await join(room, token=token)
        await browser.gone()
        worker.channels.clear()
        await worker.live()
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
        # Nothing was lost, as far as the page is concerned.
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
        # A line that was written while the others could not be told.
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
        await worker.tell_group("garden", wire.SpeakersChanged("garden", "e-w1", 2, ["p"]))
        await ann.hear("speakers_changed")
        claim = await sfu.claim_of("garden")
        assert claim is not None
        assert claim.worker == worker.name
        await ann.gone()


async def _era_is_known() -> bool:
    return watch().pulse.era is not None
