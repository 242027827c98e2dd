"""How the page behind a link recognises somebody, with cookies and without."""

from __future__ import annotations

import re
import time

import pytest
from django.test import Client

from rooms.entry import passes
from rooms.entry.admission import admit
from rooms.models import Ban, Invite, Room
from rooms.roles import Grant, Role, VisitorPolicy
from tests.rooms.pages import config, enter, state, without_cookies

pytestmark = pytest.mark.django_db


def test_an_invite_becomes_a_pass_and_leaves_the_address(client: Client, room: Room) -> None:
    invite = room.invites.create(role=Role.LISTENER)
    first = client.get(invite.get_absolute_url())
    assert first.status_code == 200
    assert (config(first)["role"], config(first)["address"]) == ("listener", "/r/garden/")
    cookie = first.cookies["pass-garden"]
    parts = ("httponly", "samesite", "path", "max-age", "expires")
    assert tuple(cookie[part] for part in parts) == (
        True,
        "Lax",
        "/",
        90 * 24 * 3600,
        "",
    )
    page = client.get("/r/garden/")
    values = config(page)
    assert page.status_code == 200
    assert (values["role"], values["publish"], values["ws"]) == (
        "listener",
        False,
        "/ws/call/garden/",
    )
    assert values["max_bitrate"] == 8_000_000
    pass_ = passes.read(values["pass"])
    assert pass_ is not None
    assert (pass_.room, pass_.invite, pass_.role) == (room.pk, invite.pk, Role.LISTENER)
    assert "no-store" in page["Cache-Control"]


def test_in_a_frame_the_pass_is_in_the_page_and_no_cookie_is_set(
    client: Client, room: Room
) -> None:
    invite = room.invites.create()
    page = client.get(invite.get_absolute_url(), headers={"Sec-Fetch-Dest": "iframe"})
    assert page.status_code == 200
    assert passes.read(config(page)["pass"]) is not None
    assert not page.cookies


def test_without_cookies_the_page_hands_its_pass_back_and_stays_one_person(
    client: Client, room: Room
) -> None:
    invite = room.invites.create(uses_left=1)
    path = invite.get_absolute_url()
    first = client.get(path)
    given = config(first)["pass"]
    pass_ = passes.read(given)
    assert pass_ is not None
    assert state(first) == "new"
    assert isinstance(admit(pass_, "Ann"), Grant)
    # A reload: the server recognises nobody, but the page does.
    again = without_cookies(client).get(path)
    assert (again.status_code, state(again)) == (410, "new")
    back = without_cookies(client).post(path, {"pass": given})
    renewed = passes.read(config(back)["pass"])
    assert renewed is not None
    assert (back.status_code, state(back), renewed.person) == (200, "returned", pass_.person)
    assert not back.cookies
    assert isinstance(admit(renewed, "Ann"), Grant)
    assert Invite.objects.get().admissions.count() == 1
    # A lock keeps out newcomers.
    Room.objects.update(locked=True)
    assert without_cookies(client).get(path).status_code == 410
    assert without_cookies(client).post(path, {"pass": given}).status_code == 200
    # A refusal does not make the page forget.
    Room.objects.update(closed=True)
    refusal = without_cookies(client).post(path, {"pass": given})
    assert (refusal.status_code, state(refusal)) == (410, "returned")
    found = re.search(r'data-pass="([^"]+)"', refusal.content.decode())
    assert found
    kept = passes.read(found[1])
    assert kept is not None
    assert kept.person == pass_.person


@pytest.mark.parametrize("by", ["invite", "user"])
def test_a_refusal_makes_no_pass_good_again(
    client: Client, room: Room, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    invite, dead = room.invites.create(), room.invites.create(stopped=True)
    held = {"invite": (Role.MODERATOR, invite.pk, None), "user": (Role.OWNER, None, 1)}[by]
    role, row, user = held
    old = passes.issue(passes.Pass(room.pk, role, row, "ann", "Ann", user))
    later = time.time() + 20 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    refusal = client.post(dead.get_absolute_url(), {"pass": old})
    assert refusal.status_code == 410
    found = re.search(r'data-pass="([^"]+)"', refusal.content.decode())
    assert found
    # It says who they are, but nothing of what they were once allowed.
    assert passes.read(found[1]) == passes.Pass(room.pk, Role.LISTENER, None, "ann", "Ann")


def test_a_pass_that_is_handed_back_counts_only_for_our_own_page_and_this_room(
    client: Client, room: Room
) -> None:
    path = room.invites.create().get_absolute_url()
    other = Room.objects.create(slug="hall", title="Hall")
    mine = passes.issue(passes.Pass(room.pk, Role.OWNER, None, "mine"))
    for given, headers_ in (
        ("", {}),
        (mine + "x", {}),
        (passes.issue(passes.Pass(other.pk, Role.OWNER, None, "other")), {}),
        (mine, {"Sec-Fetch-Site": "cross-site"}),
    ):
        page = without_cookies(client).post(path, {"pass": given}, headers=headers_)
        pass_ = passes.read(config(page)["pass"])
        assert pass_ is not None
        assert pass_.person not in ("mine", "other")
    page = Client(enforce_csrf_checks=True).post(path, {"pass": mine})
    pass_ = passes.read(config(page)["pass"])
    assert pass_ is not None
    # It says who somebody is, never what they may do.
    assert (pass_.person, pass_.role) == ("mine", Role.SPEAKER)


def test_the_page_learns_whether_the_cookie_was_kept(client: Client, room: Room) -> None:
    Room.objects.update(visitors=VisitorPolicy.LISTEN)
    assert "Pass" not in Client().head("/r/garden/")
    invite = room.invites.create()
    assert state(client.get(invite.get_absolute_url())) == "new"
    assert client.head("/r/garden/")["Pass"] == "kept"
    assert state(client.get(invite.get_absolute_url())) == "kept"
    assert state(client.get("/r/garden/")) == ""


def test_looking_at_a_link_uses_nothing_up(client: Client, room: Room) -> None:
    invite = room.invites.create(uses_left=1)
    for _time in range(3):
        assert Client().get(invite.get_absolute_url()).status_code == 200
        assert Client().head(invite.get_absolute_url()).status_code == 200
    invite.refresh_from_db()
    assert (invite.uses_left, invite.last_used) == (1, None)


def test_the_same_browser_stays_the_same_person(client: Client, room: Room) -> None:
    invite, other = room.invites.create(), room.invites.create(role=Role.MODERATOR)
    people = set()
    for each in (invite, invite, other):
        pass_ = passes.read(config(enter(client, each))["pass"])
        assert pass_ is not None
        people.add(pass_.person)
    assert len(people) == 1


def test_a_pass_is_renewed_by_every_visit(client: Client, room: Room) -> None:
    enter(client, room.invites.create())
    assert "pass-garden" in client.get("/r/garden/").cookies


def test_an_expired_pass_is_reported_and_the_link_brings_back_the_same_person(
    client: Client, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite = room.invites.create(uses_left=1)
    given = config(enter(client, invite))["pass"]
    pass_ = passes.read(given)
    assert pass_ is not None
    assert isinstance(admit(pass_, "Ann"), Grant)
    later = time.time() + passes.MAX_AGE.total_seconds() + 60
    monkeypatch.setattr(time, "time", lambda: later)
    page = client.get("/r/garden/")
    assert page.status_code == 403
    assert "Open your invite link again" in page.content.decode()
    # A pass for another room, or a forged one, does not count.
    Room.objects.create(slug="hall", title="Hall")
    client.cookies["pass-hall"] = given
    assert client.get("/r/hall/").content == client.get("/r/absent/").content
    # Time does not make a removed person somebody new.
    Room.objects.update(visitors=VisitorPolicy.LISTEN)
    ban = Ban.objects.create(room=room, person=pass_.person)
    assert client.get("/r/garden/").status_code == 403
    ban.delete()
    # The link is used up, but not for the person whom it let in.
    assert Client().get(invite.get_absolute_url()).status_code == 410
    renewed = passes.read(config(enter(client, invite))["pass"])
    assert renewed is not None
    assert renewed.person == pass_.person
