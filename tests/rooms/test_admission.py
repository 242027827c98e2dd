"""What passes are worth against the tables, and how uses are counted."""

from __future__ import annotations

import threading
from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rooms.entry.access import Refusal
from rooms.entry.admission import admit, invite_verdict
from rooms.entry.facts import current_grant, current_grants
from rooms.entry.passes import Pass
from rooms.models import Admission, Arrival, Ban, Invite, Room
from rooms.roles import Grant, Role, VisitorPolicy


def guest(invite: Invite, person: str = "ann") -> Pass:
    return Pass(invite.room_id, Role(invite.role), invite.pk, person)


def test_joining_uses_an_invite_once_per_person(room: Room) -> None:
    invite = room.invites.create(uses_left=2)
    for person in ("ann", "ann", "bob", "ann"):
        assert admit(guest(invite, person), person.title()) == Grant(Role.SPEAKER)
    assert admit(guest(invite, "eve"), "Eve") is Refusal.invite_used_up
    invite.refresh_from_db()
    assert invite.uses_left == 0
    assert invite.last_used is not None
    assert sorted(Admission.objects.values_list("person", "name")) == [
        ("ann", "Ann"),
        ("bob", "Bob"),
    ]


def test_an_arrival_is_recorded_once_per_participant(room: Room) -> None:
    invite = room.invites.create()
    assert admit(guest(invite), "Ann", participant="p1") == Grant(Role.SPEAKER)
    Invite.objects.update(role=Role.MODERATOR)
    later = timezone.now() + timedelta(minutes=1)
    assert admit(guest(invite), "Anna", later, rejoining=True, participant="p1") == Grant(
        Role.MODERATOR
    )
    arrival = Arrival.objects.get()
    assert (arrival.room, arrival.invite, arrival.kind, arrival.since) == (
        room,
        invite,
        "call",
        later,
    )
    assert (arrival.person, arrival.role, arrival.name) == ("ann", Role.MODERATOR, "Anna")
    Invite.objects.update(revoked=True)
    assert admit(guest(invite, "bob"), "Bob", participant="p2") is Refusal.invite_revoked
    assert Arrival.objects.count() == 1


def test_a_visitor_is_written_down_without_an_invite(room: Room) -> None:
    Room.objects.update(visitors=VisitorPolicy.LISTEN)
    admit(Pass(room.pk, Role.LISTENER, None, "eve"), "Eve", participant="p1", kind="whep")
    assert (
        Arrival.objects.filter(person="eve", invite=None, kind="whep", role=Role.LISTENER).count()
        == 1
    )


def test_looking_uses_nothing(room: Room) -> None:
    invite = room.invites.create(uses_left=1)
    assert current_grant(guest(invite)) == Grant(Role.SPEAKER)
    invite.refresh_from_db()
    assert (invite.uses_left, invite.last_used) == (1, None)


@pytest.mark.django_db(transaction=True)
def test_only_one_of_many_simultaneous_people_gets_the_last_use() -> None:
    room = Room.objects.create(slug="garden", title="Garden")
    invite = room.invites.create(uses_left=1)
    verdicts: list[Any] = []
    start = threading.Barrier(6)

    def join(person: str) -> None:
        start.wait(10)
        try:
            verdicts.append(admit(guest(invite, person), person))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=join, args=(f"person-{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(isinstance(verdict, Grant) for verdict in verdicts) == [False] * 5 + [True]
    assert Admission.objects.count() == 1


def test_a_change_of_the_invite_changes_passes_that_are_out_already(room: Room) -> None:
    invite = room.invites.create()
    pass_ = guest(invite)
    admit(pass_, "Ann")
    Invite.objects.update(role=Role.LISTENER)
    assert current_grant(pass_) == Grant(Role.LISTENER)
    Invite.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert current_grant(pass_) is Refusal.invite_expired
    Invite.objects.update(revoked=True)
    assert current_grant(pass_) is Refusal.invite_revoked
    Invite.objects.all().delete()
    assert current_grant(pass_) is Refusal.not_found


def test_a_pass_is_worth_nothing_in_another_room(room: Room) -> None:
    other = Room.objects.create(slug="other", title="Other")
    invite = room.invites.create()
    assert current_grant(Pass(other.pk, Role.SPEAKER, invite.pk, "ann")) is Refusal.not_found


def test_a_removed_person_stays_out_and_takes_nobody_along(room: Room) -> None:
    invite = room.invites.create()
    admit(guest(invite, "ann"), "Ann")
    admit(guest(invite, "bob"), "Bob")
    Ban.objects.create(room=room, person="ann", invite=invite)
    assert current_grant(guest(invite, "ann")) is Refusal.removed
    assert current_grant(guest(invite, "bob")) == Grant(Role.SPEAKER)
    assert invite_verdict(room, invite, "new", timezone.now()) == Grant(Role.SPEAKER)


def test_a_stopped_invite_keeps_whoever_came_by_it_and_counts_nobody_new(room: Room) -> None:
    invite = room.invites.create()
    admit(guest(invite, "ann"), "Ann")
    Invite.objects.update(stopped=True)
    assert current_grant(guest(invite, "ann")) == Grant(Role.SPEAKER)
    assert admit(guest(invite, "new"), "New") is Refusal.invite_stopped
    assert Admission.objects.count() == 1


def test_a_visitors_pass_follows_the_rooms_policy(room: Room) -> None:
    pass_ = Pass(room.pk, Role.SPEAKER, None, "ann")
    assert current_grant(pass_) is Refusal.not_found
    Room.objects.update(visitors=VisitorPolicy.LISTEN)
    assert current_grant(pass_) == Grant(Role.LISTENER)


def test_an_owners_pass_ends_with_the_account(room: Room) -> None:
    user = get_user_model().objects.create_user("owner", is_staff=True)
    pass_ = Pass(room.pk, Role.OWNER, None, "ann", user=user.pk)
    assert current_grant(pass_) == Grant(Role.OWNER)
    get_user_model().objects.update(is_active=False)
    assert current_grant(pass_) is Refusal.not_found


def test_a_lock_keeps_out_newcomers_but_not_people_who_were_in(room: Room) -> None:
    invite = room.invites.create()
    Room.objects.update(locked=True)
    assert admit(guest(invite), "Ann") is Refusal.room_locked
    assert admit(guest(invite), "Ann", rejoining=True) == Grant(Role.SPEAKER)


@pytest.mark.parametrize("hours", [1, -1])
def test_someone_in_a_call_keeps_their_place_when_the_clock_is_moved(
    room: Room, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """By the moved clock the invite has expired, or is not valid yet."""
    start = timezone.now()
    minute = timedelta(minutes=1)
    invite = room.invites.create(not_before=start - 10 * minute, expires=start + 30 * minute)
    pass_ = guest(invite)
    assert isinstance(admit(pass_, "Ann"), Grant)
    moved = start.timestamp() + hours * 3600
    monkeypatch.setattr("time.time", lambda: moved)
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(hours=hours))
    assert isinstance(current_grant(pass_, rejoining=True), Grant)
    assert isinstance(admit(pass_, "Ann", rejoining=True), Grant)
    assert isinstance(current_grant(pass_), Refusal)


def test_a_thousand_people_in_rooms_with_hours_take_as_many_queries_as_one(db: None) -> None:
    rooms = [Room.objects.create(slug=f"room-{n}", title="Room") for n in range(3)]
    for row in rooms:
        for day in range(6):
            row.hours.create(weekday=day, begins=time(0), ends=time(23, 59, 59))
    invites = [row.invites.create() for row in rooms]
    everyone = [Pass(i.room_id, Role.SPEAKER, i.pk, f"{n}") for i in invites for n in range(300)]
    counts = []
    for passes in (everyone[:1], everyone):
        with CaptureQueriesContext(connection) as queries:
            verdicts = current_grants(passes, rejoining=True)
        assert len(verdicts) == len(passes)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
