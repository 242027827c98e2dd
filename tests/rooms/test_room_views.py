"""The ways into a call over HTTP."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from rooms.entry import passes
from rooms.entry.admission import admit
from rooms.models import Ban, Invite, Room
from rooms.roles import Role, VisitorPolicy
from tests.rooms.pages import config, enter, headers

pytestmark = pytest.mark.django_db


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
def test_neither_the_rooms_state_nor_a_forged_pass_tells_a_stranger_that_it_exists(
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


HOUR, WEEK, WEEKLY = timedelta(hours=1), timedelta(weeks=1), {"repeats": "weekly"}
REFUSED: list[tuple[dict[str, Any], dict[str, Any], int, str]] = [
    ({"revoked": True}, {}, 410, "This invite was withdrawn"),
    ({"expires": -HOUR}, {}, 410, "This invite has expired"),
    ({"uses_left": 0}, {}, 410, "This invite has no uses left"),
    ({"not_before": HOUR}, {}, 403, "You are early"),
    ({}, {"closed": True}, 410, "This call is over"),
    ({}, {"closes": -HOUR}, 410, "This call is over"),
    ({}, {"opens": HOUR}, 403, "You are early"),
    ({}, {"opens": HOUR - WEEK, "closes": 2 * HOUR - WEEK}, 410, "This call is over"),
    ({}, {"opens": HOUR - WEEK, "closes": 2 * HOUR - WEEK, **WEEKLY}, 403, "You are early"),
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


def test_people_in_a_full_and_locked_room_may_reload_its_page(
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


def test_somebody_whose_invite_ended_is_a_visitor_if_visitors_are_allowed(
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


def test_somebody_without_an_invite_gets_no_key(owner: Client, room: Room) -> None:
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
