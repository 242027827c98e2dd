"""Removing somebody: the ban, the rule against the tables, and what the worker hears."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connections

from rooms import chat
from rooms.entry import passes, removal, rounds
from rooms.entry.admission import admit
from rooms.entry.facts import current_grant
from rooms.entry.passes import Pass
from rooms.models import Ban, Invite, Room
from rooms.roles import Grant, Role, VisitorPolicy
from rooms.workers import sfu
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import Browser, arrive, join, make_invite, make_room

OWNER, MODERATOR = Grant(Role.OWNER), Grant(Role.MODERATOR)

whole = pytest.mark.usefixtures("clean_redis")


@pytest.fixture(autouse=True)
def nobody_looks_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the check of everyone's rights: these tests look at a removal by itself."""
    monkeypatch.setattr(rounds, "STEP_SECONDS", 3600)


# The tables


def test_the_person_is_banned_and_the_ban_says_by_which_invite_they_came(room: Room) -> None:
    invite = arrive(room, "p1", "ann")
    assert removal.ban(room, OWNER, "p1").participants == ["p1"]
    assert list(Ban.objects.values_list("room", "person", "invite", "name")) == [
        (room.pk, "ann", invite.pk, "Ann")
    ]


def test_removing_a_stream_bans_its_person_but_not_its_invite(room: Room) -> None:
    invite = arrive(room, "s1", "whip-1", kind="whip")
    removal.ban(room, MODERATOR, "s1")
    assert Ban.objects.filter(person="whip-1", invite=None).count() == 1
    # Somebody who holds the invite but has not come yet is not a stream.
    assert current_grant(Pass(room.pk, Role.SPEAKER, invite.pk, "late")) == Grant(Role.SPEAKER)


def test_an_owner_ends_its_own_stream_and_a_moderator_does_not(room: Room) -> None:
    arrive(room, "s1", "whip-1", Role.OWNER, kind="whip")
    with pytest.raises(removal.NotAllowed):
        removal.ban(room, MODERATOR, "s1")
    assert removal.ban(room, OWNER, "s1").participants == ["s1"]


def test_a_visitor_is_banned_by_its_person(room: Room) -> None:
    Room.objects.update(visitors=VisitorPolicy.SPEAK)
    pass_ = Pass(room.pk, Role.SPEAKER, None, "eve")
    admit(pass_, "Eve", participant="p1")
    removal.ban(room, MODERATOR, "p1")
    assert Ban.objects.filter(person="eve", invite=None).count() == 1


def test_all_tabs_of_the_person_end_and_no_others(room: Room) -> None:
    arrive(room, "p1", "ann")
    arrive(room, "p2", "bob")
    arrive(room, "p3", "ann", Role.LISTENER)
    arrive(Room.objects.create(slug="attic", title="Attic"), "p4", "ann")
    assert removal.ban(room, MODERATOR, "p1").participants == ["p1", "p3"]


def test_the_named_arrival_and_the_newest_of_very_many_are_told(room: Room) -> None:
    for n in range(removal.NEWEST + 5):
        arrive(room, f"p{n}", "ann")
    gone = removal.ban(room, OWNER, "p0").participants
    assert (gone[0], len(gone), len(set(gone))) == ("p0", removal.NEWEST, removal.NEWEST)
    assert f"p{removal.NEWEST + 4}" in gone


@pytest.mark.parametrize("participant", ["", "p2", "x" * 500])
def test_somebody_who_is_not_in_this_room_cannot_be_removed(room: Room, participant: str) -> None:
    arrive(room, "p1", "ann")
    arrive(Room.objects.create(slug="attic", title="Attic"), "p2", "bob")
    with pytest.raises(removal.NotHere):
        removal.ban(room, OWNER, participant)
    assert not Ban.objects.exists()


def test_nobody_can_remove_themselves_in_another_tab(room: Room) -> None:
    arrive(room, "p1", "ann")
    with pytest.raises(removal.NotAllowed):
        removal.ban(room, OWNER, "p1", by="ann")


def test_an_owner_who_tries_the_guests_link_stays_an_owner(room: Room) -> None:
    invite = arrive(room, "p1", "ann", Role.OWNER)
    arrive(room, "p2", "ann", Role.SPEAKER)
    with pytest.raises(removal.NotAllowed):
        removal.ban(room, MODERATOR, "p2")
    for n in range(removal.NEWEST):
        arrive(room, f"more-{n}", "ann")
    with pytest.raises(removal.NotAllowed):
        removal.ban(room, MODERATOR, "p2")
    # Unless that right was taken away.
    Invite.objects.filter(pk=invite.pk).update(revoked=True)
    assert removal.ban(room, MODERATOR, "p2").participants[0] == "p2"


def test_an_owner_by_account_who_tries_the_guests_link_stays_one_too(room: Room) -> None:
    user = get_user_model().objects.create_user("owner", is_staff=True)
    assert (
        admit(Pass(room.pk, Role.OWNER, None, "ann", user=user.pk), "Ann", participant="p1")
        == OWNER
    )
    arrive(room, "p2", "ann")
    for grant in (OWNER, MODERATOR):
        with pytest.raises(removal.NotAllowed):
            removal.ban(room, grant, "p2")


def test_the_invites_current_role_counts(room: Room) -> None:
    arrive(room, "p1", "ann", Role.MODERATOR)
    with pytest.raises(removal.NotAllowed):
        removal.ban(room, MODERATOR, "p1")
    Invite.objects.update(role=Role.SPEAKER)
    assert removal.ban(room, MODERATOR, "p1").participants == ["p1"]


@pytest.mark.django_db(transaction=True)
def test_removing_a_person_many_times_at_once_leaves_one_ban() -> None:
    room = Room.objects.create(slug="garden", title="Garden")
    arrive(room, "p1", "ann")
    done: list[list[str]] = []
    start = threading.Barrier(4)

    def click() -> None:
        start.wait(10)
        try:
            done.append(removal.ban(room, MODERATOR, "p1").participants)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert done == [["p1"]] * 4
    assert Ban.objects.count() == 1


# On the WebSocket


@whole
@pytest.mark.django_db(transaction=True)
async def test_the_ban_is_there_before_the_worker_hears_of_it_and_the_removed_stays_out() -> None:
    room = await make_room()
    invite = await make_invite(room)
    token = passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "bob"))
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann", role=Role.OWNER)
        bob, welcome = await join(room, "Bob", token=token)
        await bob.hear("room_state")
        for _ in range(2):
            await worker.heard(wire.Join)
        await ann.hear("room_state")
        await ann.say(type="remove", participant=welcome["participant"])
        assert await worker.heard(wire.Remove) == wire.Remove("garden", welcome["participant"])
        assert await Ban.objects.filter(person="bob", invite=invite).aexists()
        await worker.tell(worker.replies[welcome["participant"]], wire.Removed("removed"))
        await bob.hear("removed")
        await bob.refused("refused:removed", 4403)
        # With the resume token, with the pass alone, and with another invite in the same browser.
        other = await make_invite(room, Role.MODERATOR)
        more = passes.issue(Pass(room.pk, Role.MODERATOR, other.pk, "bob"))
        for held, resume in ((token, welcome["resume"]), (token, None), (more, None)):
            again = Browser("/ws/call/garden/")
            await again.connect()
            await again.say(**{"type": "join", "pass": held, "name": "Bob", "resume": resume})
            await again.refused("refused:removed", 4403)
        assert worker.commands.empty()
        # The person was removed, not the link.
        cleo, _ = await join(
            room, "Cleo", token=passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "new"))
        )
        await cleo.gone()
        await ann.gone()
        await bob.gone()


@whole
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("actor", "target"),
    [
        pytest.param(Role.MODERATOR, Role.OWNER, id="a moderator an owner"),
        pytest.param(Role.MODERATOR, Role.MODERATOR, id="a moderator another one"),
        pytest.param(Role.OWNER, Role.OWNER, id="an owner another one"),
        pytest.param(Role.SPEAKER, Role.LISTENER, id="a speaker anybody"),
        pytest.param(Role.LISTENER, Role.LISTENER, id="a listener anybody"),
    ],
)
async def test_somebody_who_may_not_remove_is_told_so_and_nothing_happens(
    actor: Role, target: Role
) -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann", role=actor)
        bob, welcome = await join(room, "Bob", role=target)
        await ann.hear("room_state")
        for _ in range(2):
            await worker.heard(wire.Join)
        await ann.say(type="remove", participant=welcome["participant"])
        error = await ann.hear("error")
        assert (error["code"], len(error["message"]) > 10) == ("forbidden", True)
        assert worker.commands.empty()
        assert not await Ban.objects.aexists()
        await ann.gone()
        await bob.gone()


@whole
@pytest.mark.django_db(transaction=True)
async def test_a_moderator_whose_invite_was_revoked_meanwhile_removes_nobody() -> None:
    room = await make_room()
    invite = await make_invite(room, Role.MODERATOR)
    async with FakeWorker():
        ann, _ = await join(
            room, "Ann", token=passes.issue(Pass(room.pk, Role.MODERATOR, invite.pk, "ann"))
        )
        bob, welcome = await join(room, "Bob")
        await ann.hear("room_state")
        for change in ({"role": Role.SPEAKER}, {"revoked": True}):
            await Invite.objects.filter(pk=invite.pk).aupdate(**change)
            await ann.say(type="remove", participant=welcome["participant"])
            assert (await ann.hear("error"))["code"] == "forbidden"
        assert not await Ban.objects.aexists()
        await ann.gone()
        await bob.gone()


@whole
@pytest.mark.django_db(transaction=True)
async def test_nobody_can_remove_themselves_or_somebody_who_left_long_ago() -> None:
    room = await make_room()
    async with FakeWorker():
        ann, welcome = await join(room, "Ann", role=Role.OWNER)
        await ann.hear("room_state")
        for participant, code in (("unknown", "not_here"), (welcome["participant"], "forbidden")):
            await ann.say(type="remove", participant=participant)
            assert (await ann.hear("error"))["code"] == code
        await ann.gone()


@whole
@pytest.mark.django_db(transaction=True)
async def test_a_ban_holds_and_the_host_hears_so_if_the_worker_cannot_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = await make_room()
    async with FakeWorker():
        ann, _ = await join(room, "Ann", role=Role.OWNER)
        bob, welcome = await join(room, "Bob")
        await ann.hear("room_state")

        async def away(_room: str) -> None:
            raise sfu.Unavailable("away")

        monkeypatch.setattr(sfu, "claim_of", away)
        await ann.say(type="remove", participant=welcome["participant"])
        assert (await ann.hear("error"))["code"] == "unavailable"
        assert await Ban.objects.filter(person="bob").aexists()
        await ann.gone()
        await bob.gone()


@whole
@pytest.mark.django_db(transaction=True)
async def test_somebody_removed_while_they_join_is_put_out_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = await make_room()
    invite = await make_invite(room)

    def banned_meanwhile(pk: int) -> int:
        # After the admission and before the worker hears of the join, the worker finds nobody to
        # remove.
        Ban.objects.create(room_id=pk, person="bob", invite=invite)
        return 0

    monkeypatch.setattr(chat, "last_number", banned_meanwhile)
    async with FakeWorker() as worker:
        browser = Browser("/ws/call/garden/")
        await browser.connect()
        await browser.say(
            **{
                "type": "join",
                "pass": passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "bob")),
                "name": "Bob",
            }
        )
        participant = (await worker.heard(wire.Join)).participant
        assert await worker.heard(wire.Remove) == wire.Remove("garden", participant)
        await browser.refused("refused:removed", 4403)
        await browser.gone()
        assert await worker.heard(wire.Detach)
        assert worker.commands.empty()
