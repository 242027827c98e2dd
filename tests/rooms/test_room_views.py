"""The ways into a call over HTTP."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from rooms.entry import passes
from rooms.entry.admission import admit
from rooms.models import Ban, Invite, Room
from rooms.roles import Grant, Role, VisitorPolicy

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db: None) -> Room:
    return Room.objects.create(slug="garden", title="Garden")


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("owner", password="x"))
    return client


def config(response: Any) -> dict[str, Any]:
    found = re.search(
        rb'<script id="config" type="application/json">(.*?)</script>', response.content, re.DOTALL
    )
    assert found, response.content[:500]
    value: dict[str, Any] = json.loads(found[1])
    return value


def headers(response: Any) -> dict[str, str]:
    """All but the one that is a clock."""
    return {name: value for name, value in response.items() if name != "Expires"}


def enter(client: Client, invite: Invite) -> HttpResponse:
    """Follow an invite as a browser does."""
    first = client.get(invite.get_absolute_url())
    if first.status_code != 200:
        return first  # type: ignore[return-value]
    return client.get(invite.room.get_absolute_url())  # type: ignore[return-value]


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


def state(response: Any) -> str:
    """What the page says of how it knows somebody."""
    found = re.search(rb'<meta name="entry" content="(\w+)"', response.content)
    return found[1].decode() if found else ""


def without_cookies(client: Client) -> Client:
    """A browser that keeps none."""
    client.cookies.clear()
    return client


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
    # A reload: the server knows nobody, the page does.
    again = without_cookies(client).get(path)
    assert (again.status_code, state(again)) == (410, "new")
    back = without_cookies(client).post(path, {"pass": given})
    renewed = passes.read(config(back)["pass"])
    assert renewed is not None
    assert (back.status_code, state(back), renewed.person) == (200, "returned", pass_.person)
    assert not back.cookies
    assert isinstance(admit(renewed, "Ann"), Grant)
    assert Invite.objects.get().admissions.count() == 1
    # A lock keeps out those who are new.
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
    # Who they are, and nothing of what they were once allowed.
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
    # Who somebody is, never what they may do.
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


def test_whose_pass_has_run_out_is_told_so_and_is_the_same_person_with_the_link(
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
    # A pass for another room, or a forged one, is a stranger's.
    Room.objects.create(slug="hall", title="Hall")
    client.cookies["pass-hall"] = given
    assert client.get("/r/hall/").content == client.get("/r/absent/").content
    # Somebody who was removed is not somebody new because time has passed.
    Room.objects.update(visitors=VisitorPolicy.LISTEN)
    ban = Ban.objects.create(room=room, person=pass_.person)
    assert client.get("/r/garden/").status_code == 403
    ban.delete()
    # The link is used up, but not for whom it let in.
    assert Client().get(invite.get_absolute_url()).status_code == 410
    renewed = passes.read(config(enter(client, invite))["pass"])
    assert renewed is not None
    assert renewed.person == pass_.person


def test_a_stranger_cannot_tell_an_existing_room_from_an_absent_one(
    client: Client, room: Room
) -> None:
    there, absent = client.get("/r/garden/"), client.get("/r/absent/")
    assert there.status_code == absent.status_code == 404
    assert there.content == absent.content
    assert headers(there) == headers(absent)
    assert not there.cookies
    assert not absent.cookies


@pytest.mark.parametrize(
    "state", [{"locked": True}, {"closed": True}, {"opens": timezone.now() + timedelta(days=1)}]
)
def test_nor_by_the_state_of_the_room_nor_with_a_forged_pass(
    client: Client, room: Room, state: dict[str, Any]
) -> None:
    Room.objects.update(**state)
    client.cookies["pass-garden"] = (
        passes.issue(passes.Pass(room.pk + 1, Role.OWNER, None, "x")) + "x"
    )
    there, absent = client.get("/r/garden/"), client.get("/r/absent/")
    assert there.status_code == 404
    assert there.content == absent.content
    assert headers(there) == headers(absent)


def test_an_unknown_invite_and_an_unknown_address_look_the_same(client: Client, room: Room) -> None:
    pages = [
        client.get(path)
        for path in (
            "/i/AAAAAAAAAAAAAAAAAAAAAA/",
            "/n/AAAAAAAAAAAAAAAAAAAAAA/",
            "/r/absent/",
            "/nowhere/",
        )
    ]
    assert [page.status_code for page in pages] == [404] * 4
    assert len({page.content for page in pages}) == 1


HOUR = timedelta(hours=1)
REFUSED: list[tuple[dict[str, Any], dict[str, Any], int, str]] = [
    ({"revoked": True}, {}, 410, "This invite was withdrawn"),
    ({"expires": -HOUR}, {}, 410, "This invite has expired"),
    ({"uses_left": 0}, {}, 410, "This invite has no uses left"),
    ({"not_before": HOUR}, {}, 403, "You are early"),
    ({}, {"closed": True}, 410, "This call is over"),
    ({}, {"closes": -HOUR}, 410, "This call is over"),
    ({}, {"opens": HOUR}, 403, "You are early"),
    ({}, {"locked": True}, 423, "This call is locked"),
]


@pytest.mark.parametrize(("invite", "state", "status", "title"), REFUSED)
def test_each_refusal_has_its_page_and_status(
    client: Client,
    room: Room,
    invite: dict[str, Any],
    state: dict[str, Any],
    status: int,
    title: str,
) -> None:
    now = timezone.now()
    moments = {k: now + v if isinstance(v, timedelta) else v for k, v in (invite | state).items()}
    Room.objects.update(**{k: moments[k] for k in state})
    row = room.invites.create(**{k: moments[k] for k in invite})
    page = client.get(row.get_absolute_url())
    text = page.content.decode()
    assert page.status_code == status
    assert f"<h1>{title}</h1>" in text
    assert text.count('<a class="button') == 1
    assert "pass-garden" not in page.cookies
    if title == "You are early":
        assert 3590 <= int(page["Retry-After"]) <= 3600
        left = re.search(r'data-left="([\d.]+)"', text)
        assert left
        assert 3590 < float(left[1]) <= 3600


def test_a_pass_that_is_out_hears_of_the_change_at_its_next_visit(
    client: Client, room: Room
) -> None:
    invite = room.invites.create()
    enter(client, invite)
    Invite.objects.update(revoked=True)
    assert client.get("/r/garden/").status_code == 410
    Invite.objects.update(revoked=False)
    pass_ = passes.read(client.cookies["pass-garden"].value)
    assert pass_ is not None
    Ban.objects.create(room=room, person=pass_.person)
    assert client.get("/r/garden/").status_code == 403
    assert client.get(invite.get_absolute_url()).status_code == 403


def test_a_full_room_says_so_and_the_owner_finds_a_place(
    client: Client, room: Room, clean_redis: Any
) -> None:
    from sfu_worker import wire

    Room.objects.update(max_people=2)
    clean_redis.set(wire.live_key("garden"), json.dumps({"epoch": "e", "people": 2, "started": 0}))
    page = enter(client, room.invites.create())
    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert "This call is full" in page.content.decode()
    assert enter(Client(), room.invites.create(role=Role.OWNER)).status_code == 200


def test_who_is_in_may_reload_the_page_of_a_full_and_locked_room(
    client: Client, room: Room, clean_redis: Any
) -> None:
    from sfu_worker import wire

    values = config(enter(client, room.invites.create()))
    pass_ = passes.read(values["pass"])
    assert pass_ is not None
    Room.objects.update(max_people=1, locked=True)
    clean_redis.set(wire.live_key("garden"), json.dumps({"epoch": "e", "people": 1, "started": 0}))
    assert client.get("/r/garden/").status_code == 423
    Room.objects.update(locked=False)
    admit(pass_, "Ann")
    Room.objects.update(locked=True)
    assert client.get("/r/garden/").status_code == 200


def test_visitors_come_in_by_the_address_where_they_may(client: Client, room: Room) -> None:
    Room.objects.update(visitors=VisitorPolicy.LISTEN)
    values = config(client.get("/r/garden/"))
    assert (values["role"], values["publish"]) == ("listener", False)
    assert values["links"]["call"] == "http://127.0.0.1:8000/r/garden/"


def test_whose_invite_ended_is_a_visitor_where_visitors_may_come(
    client: Client, room: Room
) -> None:
    Room.objects.update(visitors=VisitorPolicy.LISTEN)
    invite = room.invites.create(role=Role.SPEAKER)
    enter(client, invite)
    Invite.objects.update(revoked=True)
    assert config(client.get("/r/garden/"))["role"] == "listener"


def test_the_owner_who_is_logged_in_comes_in_as_owner(owner: Client, room: Room) -> None:
    values = config(owner.get("/r/garden/"))
    assert values["role"] == "owner"
    invite = Invite.objects.get()
    assert (invite.label, invite.role) == ("Guests", Role.SPEAKER)
    assert values["links"]["call"] == f"http://127.0.0.1:8000/i/{invite.token}/"
    owner.get("/r/garden/")
    assert Invite.objects.count() == 1


def test_an_account_that_is_not_staff_is_a_stranger(client: Client, room: Room) -> None:
    client.force_login(get_user_model().objects.create_user("somebody", password="x"))
    assert client.get("/r/garden/").status_code == 404


@pytest.mark.parametrize(
    ("invite", "shared"),
    [
        ({"role": Role.SPEAKER}, True),
        ({"role": Role.LISTENER}, True),
        ({"role": Role.SPEAKER, "uses_left": 5}, False),
        ({"role": Role.MODERATOR}, False),
        ({"role": Role.OWNER}, False),
    ],
)
def test_the_link_to_copy_makes_no_host(
    client: Client, room: Room, invite: dict[str, Any], shared: bool
) -> None:
    row = room.invites.create(**invite)
    link = config(enter(client, row))["links"]["call"]
    assert (link == f"http://127.0.0.1:8000/i/{row.token}/") is shared
    if link and not shared:
        assert Invite.objects.get(token=link.rstrip("/").rpartition("/")[2]).role == Role.SPEAKER


@pytest.mark.parametrize(
    ("invite", "streams"),
    [
        ({"role": Role.SPEAKER}, True),
        ({"role": Role.MODERATOR}, True),
        ({"role": Role.OWNER}, True),
        ({"role": Role.LISTENER}, False),
        ({"role": Role.SPEAKER, "uses_left": 5}, False),
    ],
)
def test_a_streaming_program_gets_the_invite_that_its_user_came_by(
    client: Client, room: Room, invite: dict[str, Any], streams: bool
) -> None:
    room.invites.create(role=Role.OWNER)
    row = room.invites.create(**invite)
    page = enter(client, row)
    access = {"url": "http://127.0.0.1:8000/whip/garden", "key": row.token}
    assert config(page)["whip"] == (access if streams else None)
    assert (b"Stream with OBS" in page.content) is streams


def test_who_came_without_an_invite_gets_no_key(owner: Client, room: Room) -> None:
    tokens = [room.invites.create(role=role).token for role in (Role.OWNER, Role.MODERATOR)]
    page = owner.get("/r/garden/")
    assert config(page)["whip"] is None
    assert not [token for token in tokens if token.encode() in page.content]


def test_a_moderator_copies_the_guests_link_where_there_is_one(client: Client, room: Room) -> None:
    moderator = room.invites.create(role=Role.MODERATOR)
    assert config(enter(client, moderator))["links"]["call"] is None
    room.invites.create(expires=timezone.now() - HOUR)
    room.invites.create(uses_left=3)
    guests = room.invites.create()
    assert (
        config(enter(client, moderator))["links"]["call"]
        == f"http://127.0.0.1:8000/i/{guests.token}/"
    )


def test_a_listener_gets_the_notes_to_read_and_a_speaker_to_write(
    client: Client, room: Room
) -> None:
    listener = config(enter(client, room.invites.create(role=Role.LISTENER)))
    speaker = config(enter(Client(), room.invites.create()))
    assert listener["links"]["notes"].endswith(f"/n/{room.notes_read_key}/")
    assert speaker["links"]["notes"].endswith(f"/n/{room.notes_key}/")
    assert room.notes_key not in json.dumps(listener)


def test_relay_credentials_are_what_coturn_computes(
    client: Client, room: Room, settings: Any
) -> None:
    import base64
    import hashlib
    import hmac

    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example.org:3478"], "shared secret"
    [server] = config(enter(client, room.invites.create()))["ice_servers"]
    expected = hmac.new(b"shared secret", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == expected
    assert (
        11.9 * 3600
        < int(server["username"].split(":")[0]) - timezone.now().timestamp()
        < 12.1 * 3600
    )


@pytest.mark.parametrize(
    "text",
    ['</script><script>alert("x")</script>', '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}"],
)
def test_titles_are_text_wherever_they_are_shown(client: Client, room: Room, text: str) -> None:
    Room.objects.update(title=text, description=text)
    page = enter(client, room.invites.create())
    assert text not in page.content.decode().replace(
        "{{ 7|add:7 }}", text if "{{" not in text else ""
    )
    assert config(page)["room"]["title"] == text


def test_other_methods_are_not_answered(client: Client, room: Room) -> None:
    invite = room.invites.create()
    assert client.put(invite.get_absolute_url()).status_code == 405
    assert client.post("/r/garden/").status_code == 405
