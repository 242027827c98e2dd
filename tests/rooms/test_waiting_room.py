"""The waiting room: who waits, who lets them in, and that no other way leads past it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from rooms.entry import decisions, passes
from rooms.entry.facts import standings
from rooms.entry.passes import Pass
from rooms.models import Admitted, Decision, Room
from rooms.roles import Grant, Role
from rooms.workers import waiting
from rooms.workers.waiting import Waiter
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import (
    Browser,
    heard,
    join,
    make_invite,
    make_pass,
    make_room,
    next_message,
    until,
    waits,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


@pytest.mark.parametrize(
    ("setting", "role", "invited", "expected"),
    [
        ("", Role.SPEAKER, False, False),
        ("guests", Role.SPEAKER, False, True),
        ("guests", Role.LISTENER, True, False),
        ("all", Role.LISTENER, True, True),
        ("all", Role.MODERATOR, True, False),
        ("all", Role.OWNER, True, False),
    ],
)
async def test_who_waits(setting: str, role: Role, invited: bool, expected: bool) -> None:
    room = await make_room(waiting_room=setting, visitors="speak")
    invite = await make_invite(room, role) if invited else None
    pass_ = Pass(room.pk, role, invite.pk if invite else None, "ann")
    [now] = await sync_to_async(standings)([pass_])
    assert now.waits is expected
    # Whoever is in already stays.
    [inside] = await sync_to_async(standings)([pass_], rejoining=True)
    assert not inside.waits


async def test_a_guest_comes_in_when_a_host_admits_them_and_not_again_before() -> None:
    room = await make_room(waiting_room="all")
    async with FakeWorker():
        token = await make_pass(room, person="ben")
        ben = Browser("/ws/call/garden/")
        await ben.connect()
        await ben.say(**{"type": "join", "pass": token, "name": "Ben", "resume": None})
        assert await next_message(ben) == {"type": "waiting", "host": False}
        ann, _ = await join(room, "Ann", role=Role.OWNER)
        listed = await heard(ann, "waiting_list")
        [entry] = listed["people"]
        assert entry["name"] == "Ben"
        assert "person" not in entry
        assert (await heard(ben, "waiting"))["host"] is True
        await ann.say(type="admit", participant=entry["participant"])
        await heard(ben, "welcome")
        assert (await heard(ann, "waiting_list"))["people"] == []
        await ben.gone()
        again, _ = await join(room, "Ben", token=token)
        await again.gone()
        await ann.gone()


async def test_refused_is_final_for_that_person_on_every_way() -> None:
    room = await make_room(waiting_room="guests", visitors="speak")
    async with FakeWorker():
        ann, _ = await join(room, "Ann", role=Role.MODERATOR)
        await ann.hear("room_state")
        visitor = passes.issue(Pass(room.pk, Role.SPEAKER, None, "eve"))
        eve = Browser("/ws/call/garden/")
        await eve.connect()
        await eve.say(**{"type": "join", "pass": visitor, "name": "Eve", "resume": None})
        assert (await next_message(eve))["type"] == "waiting"
        [entry] = (await heard(ann, "waiting_list"))["people"]
        await ann.say(type="refuse", participant=entry["participant"])
        error = await heard(eve, "error")
        assert error["code"] == "refused:not_admitted"
        await eve.gone()
        invited = await make_pass(room, person="eve")
        for token in (visitor, invited):
            back = Browser("/ws/call/garden/")
            await back.connect()
            await back.say(**{"type": "join", "pass": token, "name": "Eve", "resume": None})
            await back.refused("refused:not_admitted", 4403)
            await back.gone()
        await ann.gone()


async def test_admit_all_and_a_waiting_room_that_is_turned_off_let_everyone_in() -> None:
    room = await make_room(waiting_room="all")
    async with FakeWorker():
        ann, _ = await join(room, "Ann", role=Role.OWNER)
        await ann.hear("room_state")
        ben, cat = await waits(room, "Ben"), await waits(room, "Cat")
        while len((await heard(ann, "waiting_list"))["people"]) < 2:
            pass
        await ann.say(type="admit")
        for each in (ben, cat):
            await heard(each, "welcome")
        dan = await waits(room, "Dan")
        await Room.objects.aupdate(waiting_room="")
        await heard(dan, "welcome")
        for each in (ann, ben, cat, dan):
            await each.gone()


async def test_who_goes_is_no_longer_listed_and_says_nothing_before_they_are_in() -> None:
    room = await make_room(waiting_room="all")
    async with FakeWorker():
        ben = await waits(room, "Ben")
        await until(lambda: listed("garden", 1))
        await ben.say(type="chat", nonce="n1", text="Hello")
        assert (await heard(ben, "error"))["code"] == "bad_message"
        assert await ben.closed() == 4400
        await until(lambda: listed("garden", 0))
        await ben.gone()


async def test_an_admission_ends_after_the_longest_call() -> None:
    room = await make_room(waiting_room="all")
    host = decisions.Host(room, Grant(Role.OWNER), "ann", "Ann")
    await sync_to_async(decisions.decide)(host, "ben", "Ben", Admitted.ADMITTED)
    invite = await make_invite(room)
    pass_ = Pass(room.pk, Role.SPEAKER, invite.pk, "ben")
    [now] = await sync_to_async(standings)([pass_])
    assert not now.waits
    await Decision.objects.aupdate(changed=timezone.now() - timedelta(hours=14))
    [later] = await sync_to_async(standings)([pass_])
    assert later.waits


async def test_an_entry_without_a_beat_is_stale() -> None:
    waiter = Waiter("p", "ben", "Ben", "channel", 5.0)
    assert await waiting.beat("garden", waiter)
    assert [each.name for each in await waiting.in_room("garden")] == ["Ben"]
    await waiting.leave("garden", Waiter("p", "ben", "Ben", "another tab", 5.0))
    assert await listed("garden", 1)
    await waiting.leave("garden", waiter)
    assert await listed("garden", 0)


async def listed(slug: str, count: int) -> bool:
    return len(await waiting.in_room(slug)) == count
