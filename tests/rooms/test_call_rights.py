"""Rights that change during the call."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock

import pytest
from django.db import OperationalError

from rooms.consumers.socket import Member
from rooms.entry import facts, passes
from rooms.entry.passes import Pass
from rooms.entry.rights import Rights, rights
from rooms.models import Ban, Invite, Room
from rooms.roles import Grant, Role
from rooms.workers.seats import Seat
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import join, make_invite, make_room

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
# The time of a weekly call, of which the last was an hour ago.
BETWEEN = {
    "opens": datetime.now(UTC) - timedelta(days=7, hours=2),
    "closes": datetime.now(UTC) - timedelta(days=7, hours=1),
    "repeats": "weekly",
}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


def role_in(state: dict[str, Any]) -> list[str]:
    return [person["role"] for person in state["people"]]


async def test_a_lowered_role_reaches_worker_and_page_though_the_first_message_is_lost() -> None:
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
        # The worker still says "speaker": it is told again, but the page is not.
        heard = [await browser.hear("role"), await browser.hear("room_state")]
        assert heard[0] == {"type": "role", "role": "listener", "publish": False, "by": ""}
        assert (await worker.heard(wire.Join)).role == "listener"
        lowered = wire.Person(me, "Ann", "listener")
        worker.answers[wire.Join] = [wire.RoomState("garden", "e", 3, me, [lowered])]
        while role_in(await browser.hear("room_state")) != ["listener"]:
            pass
        await Invite.objects.aupdate(role=Role.MODERATOR)
        assert await browser.hear("role") == {
            "type": "role",
            "role": "moderator",
            "publish": True,
            "by": "",
        }
        await browser.gone()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(("invite", {"revoked": True}), "invite_revoked", id="revoked"),
        pytest.param(("invite", {"expires": LONG_AGO}), "invite_expired", id="expired"),
        pytest.param(("room", {"closed": True}), "room_closed", id="room closed"),
        pytest.param(("room", {"closes": LONG_AGO}), "room_closed", id="time is up"),
        pytest.param(("room", BETWEEN), "room_not_open", id="this week's time is up"),
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


async def test_people_stay_in_a_locked_room_and_by_an_invite_that_is_used_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = await make_room()
    invite = await make_invite(room, uses_left=1)
    token = passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "ann"))
    async with FakeWorker() as worker:
        browser, _ = await join(room, token=token)
        await worker.heard(wire.Join)
        await browser.hear("room_state")
        await Room.objects.aupdate(locked=True, opens_with_owner=True)
        rights().hurry()
        settings = await browser.hear("room_settings")
        assert settings == {
            "type": "room_settings",
            "locked": True,
            "mics_held": False,
            "waiting_room": "",
        }
        told = AsyncMock()
        monkeypatch.setattr("rooms.entry.rounds.get_channel_layer", lambda: told)
        await rights().step()
        told.send.assert_not_called()
        await Invite.objects.aupdate(revoked=True)
        await rights().step()
        told.send.assert_called()
        await browser.gone()


async def test_a_check_that_fails_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    room = await make_room()
    grants = facts.standings
    failed = asyncio.Event()

    def fail_once(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(facts, "standings", grants)
        failed.set()
        raise RuntimeError("a mistake")

    async with FakeWorker():
        browser, _ = await join(room)
        await browser.hear("room_state")
        monkeypatch.setattr(facts, "standings", fail_once)
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

    grant, pass_ = Grant(Role.SPEAKER), Pass(room.pk, Role.SPEAKER, None, "ann")
    member = Member(room, pass_, grant, "Ann", Seat("ann", "garden", "p", "s"))
    monkeypatch.setattr("rooms.entry.rounds.STEP_SECONDS", 0)
    monkeypatch.setattr(facts, "standings", away)
    with caplog.at_level("INFO", logger="rooms.entry.rounds"):
        checks.watch("ann", member)
        assert checks._task
        await asyncio.wait_for(checks._task, 10)
    assert len(rounds) == 3
    [line] = [record for record in caplog.records if record.name == "rooms.entry.rounds"]
    assert line.exc_info is None
    assert "database is away" in line.getMessage()
