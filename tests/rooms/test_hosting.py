"""What hosts do in a call: who may, what the worker and the pages hear, and what stays."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import pytest
from django.utils import timezone

from rooms.consumers import messages
from rooms.consumers.host_messages import HostMessage
from rooms.entry import passes
from rooms.models import Decision, Room
from rooms.roles import Role
from rooms.workers import live
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import (
    Browser,
    heard,
    join,
    make_pass,
    make_room,
    next_message,
    until,
    waits,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]

OWNER, MODERATOR, SPEAKER, LISTENER = Role.OWNER, Role.MODERATOR, Role.SPEAKER, Role.LISTENER
HOSTS = {OWNER, MODERATOR}
BEN = {"participant": "ben"}

# Each message of a host, about a speaker, and who may send it.
ACTS: dict[str, tuple[dict[str, Any], set[Role]]] = {
    "hold": (BEN | {"source": "microphone"}, HOSTS),
    "ask": (BEN | {"source": "microphone"}, HOSTS),
    "mute_all": ({"keep": True}, HOSTS),
    "let_speak": ({}, HOSTS),
    "lock": ({"locked": True}, HOSTS),
    "end_call": ({}, HOSTS),
    "set_role": (BEN | {"role": "listener"}, HOSTS),
    "rename": (BEN | {"name": "Ben"}, HOSTS),
    "lower_hand": (BEN, HOSTS),
    "admit": (BEN, HOSTS),
    "refuse": (BEN, HOSTS),
}


def test_every_message_of_a_host_has_a_row() -> None:
    assert set(ACTS) == {messages.NAMES[kind] for kind in get_args(HostMessage)}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", sorted(ACTS))
async def test_only_hosts_are_obeyed(kind: str, role: Role) -> None:
    body, may = ACTS[kind]
    room = await make_room(waiting_room="all")
    async with FakeWorker():
        ann, _ = await join(room, "Ann", role=OWNER)
        await ann.hear("room_state")
        browser, ben = await admitted(room, "", SPEAKER, by=ann)
        await browser.hear("room_state")
        cat = ann
        if role != OWNER:
            cat, _ = await admitted(room, "Cat", role, by=ann)
            await cat.hear("room_state")
        dan = await waits(room, "Dan")
        about = await participant_of(room, "dan") if kind in ("admit", "refuse") else ben
        before = await kept()
        await cat.say(type=kind, **body | ({"participant": about} if "participant" in body else {}))
        if role in may:
            if kind not in ("let_speak", "ask", "lower_hand", "end_call"):
                await until(lambda: changed(before))
        else:
            error = await heard(cat, "error")
            assert error["code"] == "forbidden"
            assert await kept() == before
        for each in {browser, cat, ann, dan}:
            await each.gone()


async def test_a_muted_guest_hears_who_did_it_and_starts_again_with_a_click() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann", role=OWNER)
        await ann.hear("room_state")
        ben, welcome = await join(room, "Ben")
        me = welcome["participant"]
        assert welcome["held"] == {"sources": {}, "bound": []}
        await ben.hear("room_state")
        await ann.say(type="hold", participant=me, source="microphone")
        held = await heard(ben, "held")
        assert held == {"type": "held", "sources": {"microphone": 1}, "bound": [], "by": "Ann"}
        assert (await command(worker, wire.Hold)).held == ["microphone"]
        assert (await command(worker, wire.Join)).held == ["microphone"]
        # An answer to an older act, repeated by the page, does not undo the newer one.
        await ben.say(type="mute", source="microphone", muted=False, seen=0)
        await ben.say(type="mute", source="microphone", muted=False, seen=1)
        assert (await heard(ben, "held"))["sources"] == {}
        assert (await command(worker, wire.Join)).held == []
        assert (await command(worker, wire.Mute)).muted is False
        await ben.gone()
        await ann.gone()


async def test_what_is_held_stays_held_for_a_page_that_comes_anew() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann", role=OWNER)
        await ann.hear("room_state")
        token = await make_pass(room, person="ben")
        ben, welcome = await join(room, "Ben", token=token)
        await ben.hear("room_state")
        await ann.say(type="hold", participant=welcome["participant"], source="camera")
        await heard(ben, "held")
        await ben.gone()
        while (await command(worker, wire.Join)).held != ["camera"]:
            pass
        ben, welcome = await join(room, "Ben", token=token)
        assert welcome["held"]["sources"] == {"camera": 1}
        await ben.gone()
        await ann.gone()


async def test_everyone_but_hosts_is_muted_and_speaks_only_when_asked() -> None:
    room = await make_room()
    async with FakeWorker():
        ann, _ = await join(room, "Ann", role=OWNER)
        await ann.hear("room_state")
        ben, welcome = await join(room, "Ben")
        await ben.hear("room_state")
        await until(lambda: live.is_in(room.slug, welcome["participant"]))
        await ann.say(type="mute_all", keep=True)
        held = await heard(ben, "held")
        assert (held["sources"], held["bound"]) == ({"microphone": 1}, ["microphone"])
        assert (await heard(ann, "room_settings"))["mics_held"] is True
        await ben.say(type="mute", source="microphone", muted=False, seen=1)
        error = await heard(ben, "error")
        assert error["code"] == "held"
        assert "muted" in error["message"]
        cat, welcomed = await join(room, "Cat")
        assert welcomed["held"] == {"sources": {"microphone": 0}, "bound": ["microphone"]}
        await ann.say(type="ask", participant=welcome["participant"], source="microphone")
        assert (await heard(ben, "asked")) == {
            "type": "asked",
            "source": "microphone",
            "by": "Ann",
        }
        await until(lambda: may_speak("ben"))
        await ben.say(type="mute", source="microphone", muted=False, seen=9)
        while (await heard(ben, "held"))["sources"]:
            pass
        await ann.say(type="let_speak")
        assert (await heard(cat, "held"))["sources"] == {}
        for each in (ann, ben, cat):
            await each.gone()


async def test_a_given_role_holds_and_a_guest_without_a_name_gets_one() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann", role=OWNER)
        await ann.hear("room_state")
        token = await make_pass(room, person="ben")
        ben, welcome = await join(room, "", token=token)
        me = welcome["participant"]
        await ben.hear("room_state")
        await ann.say(type="rename", participant=me, name="Ben")
        while (await command(worker, wire.Join)).name != "Ben":
            pass
        await ann.say(type="set_role", participant=me, role="moderator")
        assert await heard(ben, "role") == {
            "type": "role",
            "role": "moderator",
            "publish": True,
            "by": "Ann",
        }
        await ben.gone()
        ben, welcome = await join(room, "", token=token)
        assert welcome["role"] == "moderator"
        await ben.gone()
        await ann.gone()


async def test_moderators_do_not_rule_over_owners_nor_over_each_other_s_role() -> None:
    room = await make_room()
    async with FakeWorker():
        ann, owner = await join(room, "Ann", role=OWNER)
        await ann.hear("room_state")
        mod, _ = await join(room, "Mod", role=MODERATOR)
        await mod.hear("room_state")
        other, peer = await join(room, "Other", role=MODERATOR)
        await other.hear("room_state")
        for body in (
            {"type": "hold", "participant": owner["participant"], "source": "microphone"},
            {"type": "set_role", "participant": owner["participant"], "role": "listener"},
            {"type": "set_role", "participant": peer["participant"], "role": "listener"},
        ):
            await mod.say(**body)
            assert (await heard(mod, "error"))["code"] == "forbidden"
        for each in (ann, mod, other):
            await each.gone()


async def test_a_call_that_was_ended_is_over_for_who_comes_back_and_open_for_a_click() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann", role=OWNER)
        await ann.hear("room_state")
        token = await make_pass(room, person="ben")
        ben, welcome = await join(room, "Ben", token=token)
        await ben.hear("room_state")
        await ann.say(type="end_call")
        await command(worker, wire.CloseRoom)
        await heard(ben, "error", "refused:call_ended")
        await ben.gone()
        back = Browser("/ws/call/garden/")
        await back.connect()
        say = {"type": "join", "pass": token, "name": "Ben", "resume": welcome["resume"]}
        await back.say(**say)
        await back.refused("refused:call_ended", 4403)
        anew, _ = await join(room, "Ben", token=token)
        await anew.gone()
        await ann.gone()


@pytest.mark.parametrize(
    ("ended", "last"), [(True, "refused:call_ended"), (False, "refused:closed")]
)
async def test_a_page_that_hears_of_the_end_from_the_worker_first_is_told_who_ended_it(
    ended: bool, last: str
) -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ben, welcome = await join(room, "Ben")
        await ben.hear("room_state")
        if ended:
            await Room.objects.filter(pk=room.pk).aupdate(ended=timezone.now())
        await worker.tell(worker.replies[welcome["participant"]], wire.Removed("closed"))
        if not ended:
            assert (await heard(ben, "removed"))["why"] == "closed"
        await ben.refused(last, 4403)
        await ben.gone()


async def test_reactions_reach_everyone_and_a_flood_of_them_does_not() -> None:
    room = await make_room()
    async with FakeWorker():
        ann, welcome = await join(room, "Ann", role=LISTENER)
        await ann.hear("room_state")
        for _ in range(40):
            await ann.say(type="reaction", kind="heart")
        await ann.say(type="reaction", kind="party")
        first = await heard(ann, "reaction")
        assert first == {
            "type": "reaction",
            "participant": welcome["participant"],
            "kind": "heart",
        }
        await ann.say(type="chat", nonce="n1", text="Hello")
        count = 1
        while (said := await next_message(ann))["type"] != "chat_line":
            count += said["type"] == "reaction"
        assert count < 12
        await ann.gone()


# Help


async def command(worker: FakeWorker, kind: type) -> Any:
    """The worker's next command of this kind."""
    while True:
        found = await asyncio.wait_for(worker.commands.get(), 10)
        if isinstance(found, kind):
            return found


async def admitted(room: Room, name: str, role: Role, by: Browser) -> tuple[Browser, str]:
    """A browser whose person was let in if they had to wait, and their id."""
    if role in HOSTS:
        browser, welcome = await join(room, name, role=role)
        return browser, welcome["participant"]
    person = name.lower() or "ben"
    browser = Browser(f"/ws/call/{room.slug}/")
    assert await browser.connect()
    token = await make_pass(room, role, person=person)
    await browser.say(**{"type": "join", "pass": token, "name": name, "resume": None})
    assert (await next_message(browser))["type"] == "waiting"
    while not (await heard(by, "waiting_list"))["people"]:
        pass
    await by.say(type="admit")
    welcome = await heard(browser, "welcome")
    return browser, welcome["participant"]


async def participant_of(room: Room, person: str) -> str:
    return passes.participant_of(room.pk, person)


async def kept() -> list[Any]:
    """What is decided, and the room's settings."""
    fields = ("person", "role", "given_name", "held_microphone", "may_speak", "admitted")
    rows = [row async for row in Decision.objects.order_by("person").values_list(*fields)]
    room = await Room.objects.aget()
    return [rows, room.locked, room.mics_held, room.ended]


async def changed(before: list[Any]) -> bool:
    return await kept() != before


async def may_speak(person: str) -> bool:
    return await Decision.objects.filter(person=person, may_speak=True).aexists()
