"""Joining a call on its WebSocket: who gets in, and what the others are told."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from rooms.consumers import joining
from rooms.entry import passes
from rooms.entry.passes import Pass
from rooms.models import Arrival, Ban, Invite, SiteProfile
from rooms.roles import Role
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import Browser, join, make_invite, make_pass, make_room, own_origin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


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


@pytest.mark.parametrize("offered", ["offered", ""])
async def test_the_worker_hears_of_the_site_that_the_pass_proves(offered: str) -> None:
    me = "https://ann.example/"
    room = await make_room(sign_in=offered, visitors="speak")
    await database_sync_to_async(SiteProfile.objects.create)(me=me, photo="photos/ann.webp")
    async with FakeWorker() as worker:
        token = passes.issue(Pass(room.pk, Role.SPEAKER, None, "ann", me=me))
        await join(room, token=token)
        told = await worker.heard(wire.Join)
    # A room that does not offer it any more shows nothing of it.
    assert (told.link, told.photo) == ((me, "/media/photos/ann.webp") if offered else ("", ""))


async def test_joining_tells_the_worker_who_comes_and_the_browser_who_it_is() -> None:
    room = await make_room(max_people=7)
    async with FakeWorker() as worker:
        browser, welcome = await join(room, "  Ann \u0000\u202e  Lee ", person="ann")
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


async def test_moderators_always_find_a_place() -> None:
    room = await make_room(max_people=7)
    async with FakeWorker() as worker:
        browser, _ = await join(room, role=Role.OWNER)
        assert (await worker.heard(wire.Join)).max_people == 0
        await browser.gone()


async def test_somebody_without_a_name_gets_one() -> None:
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


async def test_without_a_worker_the_browser_hears_so_and_the_invite_is_not_used() -> None:
    room = await make_room()
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.say(**{"type": "join", "pass": await make_pass(room, uses_left=1)})
    await browser.refused("unavailable", 4503)
    assert (await Invite.objects.aget()).uses_left == 1


async def test_a_line_that_comes_before_the_welcome_is_counted_in_it() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        worker.answers[wire.Join] = []
        browser = Browser("/ws/call/garden/")
        await browser.connect()
        await browser.say(**{"type": "join", "pass": await make_pass(room)})
        entered = await worker.heard(wire.Join)
        line = {"number": 7, "nonce": "n", "participant": "", "name": "X", "text": "Hi"}
        await get_channel_layer().send(entered.reply, {"type": "chat_line", "body": line})
        # Nor does an event reach a page that is not in.
        person = wire.Person("p2", "Bob", "speaker")
        joined = wire.ParticipantJoined("garden", "e-w1", 1, person)
        await worker.tell_group("garden", joined)
        state = wire.RoomState("garden", "e-w1", 1, entered.participant)
        await worker.tell(entered.reply, state)
        assert (await browser.hear("welcome"))["chat_number"] == 7
        await browser.hear("room_state")
        await browser.gone()


async def test_newcomers_to_a_busy_worker_are_told_so_and_those_who_come_back_are_let_in() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        inside, welcome = await join(room, "Ann")
        await inside.gone()
        worker.busy = True
        await worker.live()
        newcomer = Browser("/ws/call/garden/")
        await newcomer.connect()
        await newcomer.say(**{"type": "join", "pass": await make_pass(room, person="ben")})
        await newcomer.refused("crowded", 4503)
        # Nothing is written of somebody who was turned away.
        assert not await Arrival.objects.filter(person="ben").aexists()
        back = Browser("/ws/call/garden/")
        await back.connect()
        token = await make_pass(room, person="ann")
        await back.say(**{"type": "join", "pass": token, "resume": welcome["resume"]})
        await back.hear("welcome")
        await back.gone()


async def test_a_full_room_is_the_workers_word() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        worker.answers[wire.Join] = [wire.Refused("join", "room_full")]
        browser = Browser("/ws/call/garden/")
        await browser.connect()
        await browser.say(**{"type": "join", "pass": await make_pass(room)})
        # Without a welcome: they are not in.
        await browser.refused("refused:room_full", 4403)
        await browser.gone()
        await worker.heard(wire.Join)
        # They were never in, so there is nothing to detach.
        assert worker.commands.empty()


async def test_a_connection_that_does_not_join_in_time_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joining, "JOIN_SECONDS", 0.05)
    browser = Browser("/ws/call/garden/")
    await browser.connect()
    await browser.refused("late", 4408)


async def turns() -> None:
    """Some turns of the event loop, as a web server takes to pass a message on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_join_that_waited_for_a_slow_server_is_not_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joining, "JOIN_SECONDS", 0.2)
    room = await make_room()
    token = await make_pass(room)
    async with FakeWorker():
        browser = Browser("/ws/call/garden/")
        await browser.connect()
        await turns()
        # The whole process stands still, and the join comes meanwhile.
        time.sleep(0.6)  # noqa: ASYNC251
        await turns()
        await browser.say(**{"type": "join", "pass": token, "name": "Ann"})
        await browser.hear("welcome")
        await browser.gone()


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


async def test_a_join_that_a_worker_refuses_for_an_unknown_reason_is_tried_again() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        worker.answers[wire.Join] = [wire.Refused("join", "something_new")]
        browser = Browser("/ws/call/garden/")
        await browser.connect()
        await browser.say(**{"type": "join", "pass": await make_pass(room)})
        # With 4403 the page would give up.
        await browser.refused("busy", 4503)
        await browser.gone()
