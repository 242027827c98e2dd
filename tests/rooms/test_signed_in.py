"""What it changes that somebody has signed in with their own site: rules, records, removals."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from rooms.entry import passes, removal, sharing
from rooms.entry.access import Refusal
from rooms.entry.admission import admit, rights_today, was_removed
from rooms.entry.facts import current_grant, current_grants
from rooms.entry.passes import MAX_ME, MAX_NAME, MAX_TOKEN, Pass
from rooms.entry.sharing import Entry
from rooms.entry.standing import strongest
from rooms.models import Arrival, Ban, Room, SignIn
from rooms.roles import Grant, Role, VisitorPolicy

pytestmark = pytest.mark.django_db
ANN = "https://ann.example/"


@pytest.fixture
def room() -> Room:
    return Room.objects.create(slug="garden", title="Garden")


def visitor(room: Room, me: str = "", person: str = "ann") -> Pass:
    return Pass(room.pk, Role.LISTENER, None, person, me=me)


def invited(room: Room, role: Role, me: str = "") -> Pass:
    return Pass(room.pk, role, room.invites.create(role=role).pk, "ann", me=me)


def arrived(room: Room, me: str) -> None:
    Arrival.objects.create(room=room, participant="p", person="ann", me=me, role=Role.SPEAKER)


def test_the_longest_pass_is_read_again() -> None:
    pass_ = Pass(
        2**40, Role.MODERATOR, 2**40, passes.new_person(), "😀" * MAX_NAME, None, "x" * MAX_ME
    )
    token = passes.issue(pass_)
    assert len(token) <= MAX_TOKEN
    assert passes.read(token) == pass_


def test_a_room_for_people_who_sign_in_refuses_others_but_not_its_hosts(room: Room) -> None:
    Room.objects.update(sign_in=SignIn.REQUIRED, visitors=VisitorPolicy.SPEAK)
    for role in (Role.OWNER, Role.MODERATOR):
        assert current_grant(invited(room, role)) == Grant(role)
    for role in (Role.SPEAKER, Role.LISTENER):
        assert current_grant(invited(room, role)) is Refusal.sign_in_needed
        assert current_grant(invited(room, role, ANN)) == Grant(role)
    assert current_grant(visitor(room)) is Refusal.sign_in_needed
    assert current_grant(visitor(room, ANN)) == Grant(Role.SPEAKER)
    Room.objects.update(closed=True)
    assert current_grant(visitor(room)) is Refusal.room_closed


def test_people_of_an_admitted_domain_speak_without_an_invite(room: Room) -> None:
    Room.objects.update(admitted_domains="other.example\nann.example")
    assert current_grant(visitor(room, ANN)) == Grant(Role.SPEAKER)
    assert current_grant(visitor(room, "https://ben.example/")) is Refusal.not_found
    assert current_grant(visitor(room)) is Refusal.not_found
    Room.objects.update(visitors=VisitorPolicy.LISTEN)
    assert current_grant(visitor(room, ANN)) == Grant(Role.SPEAKER)
    assert current_grant(visitor(room)) == Grant(Role.LISTENER)


def test_people_of_a_banned_domain_stay_out_by_any_way(room: Room) -> None:
    Room.objects.update(banned_domains="example")
    assert current_grant(invited(room, Role.SPEAKER, ANN)) is Refusal.removed
    assert current_grant(visitor(room, ANN)) is Refusal.not_found
    Room.objects.update(visitors=VisitorPolicy.SPEAK)
    assert current_grant(visitor(room, ANN)) is Refusal.removed
    assert current_grant(visitor(room)) == Grant(Role.SPEAKER)


def test_a_removal_holds_for_the_site_in_another_browser(room: Room) -> None:
    Room.objects.update(visitors=VisitorPolicy.SPEAK)
    admit(visitor(room, ANN), "Ann", participant="p")
    assert Arrival.objects.get().me == ANN
    removal.ban(room, Grant(Role.OWNER), "p")
    assert Ban.objects.get().me == ANN
    again, other = visitor(room, ANN, "other"), visitor(room, "", "other")
    assert current_grants([again, other]) == [Refusal.removed, Grant(Role.SPEAKER)]
    assert (was_removed(again), was_removed(other)) == (True, False)
    room.refresh_from_db()
    assert strongest(room, again, None, timezone.now())[1] is Refusal.removed


def test_a_site_that_was_removed_before_it_signed_in_is_added_to_the_ban(room: Room) -> None:
    for me in ("", ANN):
        arrived(room, me)
        removal.ban(room, Grant(Role.OWNER), "p")
    assert [(ban.person, ban.me) for ban in Ban.objects.all()] == [("ann", ANN)]


def test_nobody_removes_themselves_or_a_host_in_another_browser(room: Room) -> None:
    host = replace(invited(room, Role.OWNER, ANN), person="host")
    admit(host, "Ann", participant="h")
    arrived(room, ANN)
    with pytest.raises(removal.NotAllowed):
        removal.ban(room, Grant(Role.MODERATOR), "p", by="someone")
    with pytest.raises(removal.NotAllowed):
        removal.ban(room, Grant(Role.OWNER), "p", by="host")


def test_what_somebody_may_do_today_counts_their_site(room: Room) -> None:
    Room.objects.update(sign_in=SignIn.REQUIRED, visitors=VisitorPolicy.SPEAK)
    admit(visitor(room, ANN), "Ann", participant="p")
    assert rights_today("garden", ["p"], timezone.now()) == {"p": Grant(Role.SPEAKER)}


def test_a_pass_that_has_expired_proves_no_site_any_more(
    client: Client, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    Room.objects.update(admitted_domains="ann.example")
    client.cookies[passes.cookie_name("garden")] = passes.issue(visitor(room, ANN))
    assert client.get("/r/garden/?enter").status_code == 200
    token = client.cookies[passes.cookie_name("garden")].value
    assert (pass_ := passes.read(token)) is not None
    assert (pass_.me, pass_.role) == (ANN, Role.SPEAKER)
    later = time.time() + passes.MAX_AGE.total_seconds() + 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get("/r/garden/?enter").status_code == 404
    invite = room.invites.create()
    page = client.get(f"/i/{invite.token}/?enter")
    config = passes.read(page.context["config"]["pass"])
    assert config is not None
    assert (config.me, config.person) == ("", "ann")


@pytest.mark.parametrize("role", [Role.SPEAKER, Role.MODERATOR])
def test_a_program_that_streams_does_not_get_past_the_sign_in(
    client: Client, room: Room, role: Role
) -> None:
    pass_ = invited(room, role, ANN)
    invite = room.invites.get()
    Room.objects.update(sign_in=SignIn.REQUIRED)
    room.refresh_from_db()
    entry = Entry(room, Grant(role), pass_)
    assert (sharing.whip(entry) is None) is (role == Role.SPEAKER)
    key = {"Authorization": f"Bearer {invite.token}"}
    answer = client.post("/whip/garden/", "v=0", content_type="application/sdp", headers=key)
    assert (b"People sign in to this room" in answer.content) is (role == Role.SPEAKER)
    assert (answer.status_code == 403) is (role == Role.SPEAKER)
