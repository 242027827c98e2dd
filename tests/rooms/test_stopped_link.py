"""Stopping the link by which a removed person came."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from rooms.entry import passes, removal, rounds
from rooms.entry.access import Refusal
from rooms.entry.admission import admit, invite_verdict
from rooms.entry.facts import current_grant
from rooms.entry.passes import Pass
from rooms.entry.sharing import guests_invite
from rooms.models import Arrival, Ban, Invite, Room
from rooms.roles import Grant, Role, VisitorPolicy
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import Browser, arrive, join, make_invite, make_room

OWNER, MODERATOR = Grant(Role.OWNER), Grant(Role.MODERATOR)

whole = pytest.mark.usefixtures("clean_redis")


@pytest.fixture(autouse=True)
def nobody_looks_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the check of everyone's rights: these tests look at a removal by itself."""
    monkeypatch.setattr(rounds, "STEP_SECONDS", 3600)


def test_removing_somebody_leaves_their_link_as_it_is(room: Room) -> None:
    invite = arrive(room, "p1", "ann")
    assert removal.ban(room, OWNER, "p1") == removal.Done(["p1"])
    assert invite_verdict(room, invite, "new", timezone.now()) == Grant(Role.SPEAKER)
    assert invite_verdict(room, invite, "ann", timezone.now()) is Refusal.removed


def test_a_stopped_link_lets_nobody_new_in_and_keeps_whoever_was_in(room: Room) -> None:
    later = timezone.now() + timedelta(days=1)
    invite = arrive(room, "p1", "ann")
    Invite.objects.update(label="Guests", expires=later)
    bob = Pass(room.pk, Role.SPEAKER, invite.pk, "bob")
    admit(bob, "Bob", participant="p2")
    fresh = removal.ban(room, OWNER, "p1", stop_link=True).fresh
    now = timezone.now()
    assert current_grant(bob) == Grant(Role.SPEAKER)
    for person in ("new", ""):
        invite.refresh_from_db()
        assert invite_verdict(room, invite, person, now) is Refusal.invite_stopped
    assert invite_verdict(room, invite, "ann", now) is Refusal.removed
    assert fresh is not None
    assert (fresh.label, fresh.role, fresh.expires) == ("Guests", Role.SPEAKER, later)
    assert fresh.token != invite.token
    assert invite_verdict(room, fresh, "new", now) == Grant(Role.SPEAKER)
    assert invite_verdict(room, fresh, "ann", now) is Refusal.removed
    assert guests_invite(room, OWNER, now) == fresh
    # The admin can take it back.
    Invite.objects.filter(pk=invite.pk).update(stopped=False)
    assert current_grant(replace(bob, person="new")) == Grant(Role.SPEAKER)


@pytest.mark.parametrize(
    "state", [{"revoked": True}, {"uses_left": 0}, {"expires": timezone.now()}, {"stopped": True}]
)
def test_a_link_that_lets_nobody_in_is_not_replaced(room: Room, state: dict[str, Any]) -> None:
    arrive(room, "p1", "ann")
    Invite.objects.update(**state)
    assert removal.link_of(room, "p1", timezone.now()).state == "closed"
    assert removal.ban(room, OWNER, "p1", stop_link=True).fresh is None
    assert Invite.objects.count() == 1


def test_removing_a_stream_stops_no_link(room: Room) -> None:
    arrive(room, "s1", "whip-1", kind="whip")
    assert removal.ban(room, OWNER, "s1", stop_link=True).fresh is None
    assert not Invite.objects.filter(stopped=True).exists()


def test_the_others_who_came_by_the_link_are_named(room: Room) -> None:
    invite = arrive(room, "p0", "ann")
    for n in range(removal.SHOWN + 2):
        for tab in "ab":
            pass_ = Pass(room.pk, Role.SPEAKER, invite.pk, f"guest-{n}")
            admit(pass_, f"Guest {n}", participant=f"{n}{tab}")
    admit(Pass(room.pk, Role.SPEAKER, invite.pk, "whip-1"), "Cam", participant="c", kind="whip")
    arrive(room, "other", "owen")
    removal.ban(room, OWNER, "6a")
    names = [f"Guest {n}" for n in (5, 4, 3, 2, 1)]
    assert removal.link_of(room, "p0", timezone.now()) == removal.Link("open", names, 1)
    assert removal.link_of(room, "other", timezone.now()) == removal.Link("open", [])
    Room.objects.update(visitors=VisitorPolicy.SPEAK)
    admit(Pass(room.pk, Role.SPEAKER, None, "eve"), "Eve", participant="v")
    assert removal.link_of(room, "v", timezone.now()) == removal.Link("none", [])
    with pytest.raises(removal.NotHere):
        removal.link_of(room, "nobody", timezone.now())


def test_bans_from_before_have_stopped_their_invites(room: Room) -> None:
    closed, other = arrive(room, "p1", "ann"), arrive(room, "p2", "bob")
    Ban.objects.create(room=room, person="ann", invite=closed)
    Ban.objects.create(room=room, person="whip-1")
    migration = importlib.import_module("rooms.migrations.0004_invite_stopped")
    migration.stop_invites_of_bans(apps, None)
    assert list(Invite.objects.filter(stopped=True)) == [closed]
    assert current_grant(Pass(room.pk, Role.SPEAKER, other.pk, "new")) == Grant(Role.SPEAKER)


@pytest.mark.django_db(transaction=True)
def test_reverting_the_migration_leaves_one_row_for_somebody_with_two_invites(room: Room) -> None:
    for invite in (room.invites.create(), room.invites.create()):
        admit(Pass(room.pk, Role.SPEAKER, invite.pk, "ann"), "Ann", participant="p")
    newest = Arrival.objects.order_by("since").last()
    try:
        call_command("migrate", "rooms", "0004", verbosity=0)
    finally:
        call_command("migrate", "rooms", verbosity=0)
    assert list(Arrival.objects.all()) == [newest]


@whole
@pytest.mark.django_db(transaction=True)
async def test_the_host_asks_about_the_link_stops_it_and_is_handed_a_fresh_one() -> None:
    room = await make_room()
    guests = await make_invite(room, label="Guests")
    async with FakeWorker():
        ann, _ = await join(room, "Ann", role=Role.OWNER)
        await ann.hear("room_state")
        ids = {}
        for name in ("Bob", "Cleo"):
            token = passes.issue(Pass(room.pk, Role.SPEAKER, guests.pk, name.lower()))
            browser, welcome = await join(room, name, token=token)
            ids[name] = welcome["participant"]
            await browser.gone()
        await ann.say(type="link_of", participant=ids["Bob"])
        told = {"participant": ids["Bob"], "state": "open", "others": ["Cleo"], "more": 0}
        assert await ann.hear("link_of") == {"type": "link_of", **told}
        await ann.say(type="link")
        before = (await ann.hear("link"))["link"]
        assert before.endswith(f"/i/{guests.token}/")
        await ann.say(type="remove", participant=ids["Bob"], stop_link=True)
        fresh = await ann.hear("link")
        assert (fresh["fresh"], fresh["link"] != before) == (True, True)
        # The notes links that were handed out end too.
        await ann.hear("notes_changed")
        assert (await Room.objects.aget()).notes_key != room.notes_key
        await ann.say(type="link")
        assert (await ann.hear("link"))["link"] == fresh["link"]
        stranger = Browser("/ws/call/garden/")
        await stranger.connect()
        token = passes.issue(Pass(room.pk, Role.SPEAKER, guests.pk, "new"))
        await stranger.say(**{"type": "join", "pass": token, "name": "New"})
        await stranger.refused("refused:invite_stopped", 4403)
        await ann.gone()


@whole
@pytest.mark.django_db(transaction=True)
async def test_the_link_to_copy_is_the_one_that_lets_people_in_now_and_says_what_it_must() -> None:
    room = await make_room()
    guests = await make_invite(room)
    async with FakeWorker():
        token = passes.issue(Pass(room.pk, Role.SPEAKER, guests.pk, "ben"))
        ben, _ = await join(room, "Ben", token=token)
        await ben.hear("room_state")
        for change, words in (({"locked": True}, "locked"), ({"locked": False}, "")):
            await Room.objects.aupdate(**change)
            await ben.say(type="link")
            link = await ben.hear("link")
            assert link["link"].endswith(f"/i/{guests.token}/")
            assert words in link["note"]
            assert bool(words) is bool(link["note"])
        # It was stopped while the page was open: a guest does not get the new one.
        await Invite.objects.filter(pk=guests.pk).aupdate(stopped=True)
        await make_invite(room)
        await ben.say(type="link")
        link = await ben.hear("link")
        assert (link["link"], "Ask the host" in link["note"]) == (None, True)
        await ben.say(type="link_of", participant="x")
        assert (await ben.hear("error"))["code"] == "forbidden"
        await ben.gone()
