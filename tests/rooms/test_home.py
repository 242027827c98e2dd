"""The owner's home: rooms as cards, a room in three fields, and who may see what."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rooms import site_time
from rooms.admin.home import cards, quick_room
from rooms.models import Arrival, Background, Invite, Room, Site
from rooms.roles import Role, VisitorPolicy
from rooms.workers.waiting import Waiter
from sfu_worker import wire
from tests.rooms import images

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

NEW = "/admin/home/room/"


def helper(client: Client, *permissions: str) -> Client:
    """A staff user who may do only this."""
    user = get_user_model().objects.create_user("helper", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def home(client: Client, address: str = "/admin/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def crowd(redis: Any, room: Room, *people: str) -> None:
    """These people are in, as a worker reports it."""
    for person in people:
        Arrival.objects.create(
            room=room, participant=person, person=person, role=Role.SPEAKER, name=person.title()
        )
    body = {"epoch": "e", "people": len(people), "channels": dict.fromkeys(people, "x")}
    redis.set(wire.live_key(room.slug), json.dumps(body))


def wait(redis: Any, room: Room, name: str) -> None:
    now = timezone.now().timestamp()
    waiter = Waiter(name, name, name, "channel", now, now)
    body = {field: getattr(waiter, field) for field in waiter.__slots__}
    redis.hset(wire.waiting_key(room.slug), name, json.dumps(body))


def test_a_home_without_rooms_says_what_to_do(owner: Client) -> None:
    page = home(owner)
    assert "There is no room yet. Give the first one a title above" in page
    assert '<details class="home-new" id="new-room" open>' in page


def test_a_card_says_who_is_in_who_waits_and_when_it_opens(
    owner: Client, room: Room, clean_redis: Any
) -> None:
    invite = room.invites.create()
    crowd(clean_redis, room, "ann", "bob")
    wait(clean_redis, room, "Eve")
    page = home(owner)
    assert "2 people are in: Ann, Bob" in page
    assert "1 person waits: Eve" in page
    assert "Open at any time" in page
    assert f'data-copy="http://127.0.0.1:8000/i/{invite.token}/"' in page
    assert re.search(r'href="/r/garden/"[^>]*>Enter</a>', page)
    part = home(owner, "/admin/?part=1")
    assert "2 people are in: Ann, Bob" in part
    assert "<html" not in part
    assert "/i/" not in part


def test_rooms_with_people_come_first_and_long_lists_are_short(
    owner: Client, room: Room, clean_redis: Any
) -> None:
    busy = Room.objects.create(slug="zoo", title="Zoo")
    crowd(clean_redis, busy, *(f"p{number}" for number in range(9)))
    found = owner.get("/admin/").context["cards"]
    assert [card.room.slug for card in found] == ["zoo", "garden"]
    assert found[0].people == "9 people are in: P0, P1, P2, P3, P4 and 4 more"


def test_the_number_of_queries_does_not_grow_with_the_rooms(
    owner: Client, room: Room, clean_redis: Any
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            home(owner)
        return len(found)

    crowd(clean_redis, room, "ann")
    home(owner)
    one = queries()
    for number in range(11):
        more = Room.objects.create(slug=f"r{number}", title=f"Room {number}")
        more.invites.create()
        crowd(clean_redis, more, f"p{number}")
    assert queries() == one


@pytest.mark.usefixtures("without_redis")
def test_without_redis_the_rooms_are_still_there(owner: Client, room: Room) -> None:
    assert "Who is in is unknown" in home(owner)


def test_a_new_invite_shows_its_link_and_its_code_at_once(owner: Client, room: Room) -> None:
    address = f"/admin/home/invite/{room.pk}/"
    page = owner.post(address, follow=True)
    invite = Invite.objects.get()
    assert page.redirect_chain == [(f"/admin/?invite={invite.pk}#room-{room.pk}", 302)]
    link = f'value="http://127.0.0.1:8000/i/{invite.token}/"'
    for text in (page.content.decode(), owner.post(address, {"part": "1"}).content.decode()):
        assert "/i/" in text
        assert "/qr.svg" in text
    assert link in page.content.decode()
    assert owner.get(address).status_code == 405


@pytest.mark.parametrize(
    ("permissions", "seen", "unseen"),
    [
        ([], [], ["Garden", "New room", "Copy the guests", "time-zone"]),
        (["view_room"], ["Garden", "Enter"], ["New room", "Copy the guests", "New invite"]),
        (["view_room", "view_invite"], ["Copy the guests"], ["New invite", "New room"]),
        (["view_room", "view_invite", "add_invite"], ["New invite"], ["New room", "time-zone"]),
        (["view_room", "add_room"], ["New room"], ["or upload one", "New invite"]),
        (["change_site"], ["time-zone"], ["Garden"]),
    ],
)
def test_a_helper_sees_what_they_may(
    client: Client, room: Room, permissions: list[str], seen: list[str], unseen: list[str]
) -> None:
    room.invites.create()
    page = home(helper(client, *permissions))
    assert [word for word in seen if word not in page] == []
    assert [word for word in unseen if word in page] == []


@pytest.mark.parametrize(
    "address", ["/admin/home/invite/1/", NEW, "/admin/home/time-zone/", "/admin/?part=1"]
)
def test_a_helper_without_permissions_can_do_nothing(
    client: Client, room: Room, address: str
) -> None:
    helper(client)
    ask = client.get if "part" in address else client.post
    assert ask(address).status_code == 403
    assert Client().post(address).status_code == 302


def test_a_helper_reads_no_invite_by_its_number(client: Client, room: Room) -> None:
    invite = room.invites.create()
    assert invite.token not in home(helper(client, "view_room"), f"/admin/?invite={invite.pk}")
    assert home(client, "/admin/?invite=²")
    assert home(client, "/admin/?invite=9999999999999999999999")


def test_a_title_makes_a_room(owner: Client) -> None:
    page = owner.post(NEW, {"title": " Tea  with Ann! "}, follow=True).content.decode()
    room = Room.objects.get()
    assert (room.slug, room.opens, room.closes) == ("tea-with-ann", None, None)
    assert (room.visitors, room.waiting_room) == (VisitorPolicy.NOTHING, "")
    invite = room.invites.get()
    assert (invite.role, invite.label) == (Role.SPEAKER, "Guests")
    assert f'value="http://127.0.0.1:8000/i/{invite.token}/"' in page
    assert "is ready." in page
    owner.post(NEW, {"title": "Tea with Ann"})
    assert Room.objects.latest("pk").slug == "tea-with-ann-2"


def test_a_time_of_the_owners_clock_opens_and_closes_it(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_time, "_kept", ("Europe/Berlin", math.inf))
    owner.post(NEW, {"title": "Tea", "when": "2130-07-01T18:00", "length": "3", "weekly": "on"})
    room = Room.objects.get()
    assert room.opens == datetime(2130, 7, 1, 16, tzinfo=UTC)
    assert room.closes == datetime(2130, 7, 1, 19, tzinfo=UTC)
    assert room.repeats == "weekly"


def test_a_picture_is_uploaded_or_chosen(owner: Client) -> None:
    picture = SimpleUploadedFile("a.jpg", images.photo(size=(1200, 800)))
    owner.post(NEW, {"title": "Tea", "upload": picture})
    background = Background.objects.get()
    assert Room.objects.get().background == background
    assert background.thumbnail.url in home(owner)
    owner.post(NEW, {"title": "Coffee", "picture": background.pk})
    assert Room.objects.get(slug="coffee").background == background


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "Tea", "when": "soon"}, "Enter a valid date/time."),
        ({"title": "Tea", "when": "2001-01-01T18:00"}, "This time is over. Choose a later one."),
        ({"title": "Tea", "weekly": "on"}, "A weekly call needs a date and a time."),
        ({"title": "Tea", "picture": "77"}, "Select a valid choice."),
        ({"title": "Tea", "visitors": "all"}, "Select a valid choice."),
        ({"title": "Tea", "length": "999"}, "Select a valid choice."),
        ({"title": "Tea", "upload": SimpleUploadedFile("a.jpg", b"no picture")}, "errorlist"),
    ],
)
def test_a_bad_field_is_an_error_beside_it_and_makes_nothing(
    owner: Client, form: dict[str, Any], words: str
) -> None:
    page = owner.post(NEW, form)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Room.objects.exists()
    assert not Background.objects.exists()


def test_without_letters_a_title_still_gets_an_address() -> None:
    assert quick_room.free_slug("☕☕") == "room"
    assert len(quick_room.free_slug("long " * 40)) <= 63


def test_the_time_zone_is_set_on_the_page(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_time, "_kept", ("", math.inf))
    page = owner.post("/admin/home/time-zone/", {"time_zone": "Asia/Tokyo"}, follow=True)
    assert "Times are now in Asia/Tokyo." in page.content.decode()
    assert "<option selected>Asia/Tokyo</option>" in page.content.decode()
    page = owner.post("/admin/home/time-zone/", {"time_zone": "Mars"}, follow=True)
    assert "There is no such time zone." in page.content.decode()
    assert Site.objects.get().time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Open at any time"),
        ({"locked": True}, "Locked: no one new can join."),
        ({"closed": True}, "Closed. It does not open again by itself."),
        ({"closes": -1}, "Closed. It does not open again by itself."),
        ({"opens": 3}, "Opens today at 15:00"),
        ({"opens": 24}, "Opens tomorrow at 12:00"),
        ({"opens": 240}, "Opens on Saturday, 12 January 2030 at 12:00"),
        ({"closes": 1}, "Open until today at 13:00"),
    ],
)
def test_when_a_room_is_open_in_words(fields: dict[str, Any], words: str) -> None:
    now = datetime(2030, 1, 2, 12, tzinfo=UTC)
    values = {
        name: value if isinstance(value, bool) else now + timedelta(hours=value)
        for name, value in fields.items()
    }
    room = Room.objects.create(slug="tea", title="Tea", **values)
    assert cards.state(room, now) == words
