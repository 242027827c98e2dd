"""The door to a room: a small page and a picture that say whether the host is in."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rooms.models import Arrival, Room
from rooms.roles import Role, VisitorPolicy
from sfu_worker import wire
from tests.rooms.cards import Parsed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis", "no_cards")]

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def office(db: None) -> Room:
    return Room.objects.create(
        slug="office",
        title="Office & <friends>",
        visitors=VisitorPolicy.SPEAK,
        opens_with_owner=True,
        embed_origins="https://blog.example.org",
    )


def host_comes(client: Any, room: Room) -> None:
    """Let a worker report the owner."""
    report = {"people": 1, "epoch": "e", "channels": {"ann": "reply"}}
    client.set(wire.live_key(room.slug), json.dumps(report))
    invite = room.invites.create(role=Role.OWNER)
    Arrival.objects.create(room=room, participant="ann", person="p", invite=invite, role=Role.OWNER)


def shown(path: str) -> Parsed:
    return Parsed(Client(HTTP_SEC_FETCH_MODE="").get(path))


def texts(page: Parsed) -> list[str]:
    """The lines of a picture."""
    root = ET.fromstring(page.body)
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def lamp(page: Parsed) -> str:
    [circle] = ET.fromstring(page.body).iter(f"{SVG}circle")
    return circle.attrib["fill"]


def test_the_door_is_green_while_the_host_is_in(office: Room, clean_redis: Any) -> None:
    host_comes(clean_redis, office)
    page = shown("/e/d/office/")
    assert "The host is in" in page.text
    assert '<main class="green">' in page.body
    assert page.links == [("Enter", {"href": "/r/office/?frame"})]
    assert page.loads == []
    assert page.policy["frame-ancestors"] == ["'self'", "https://blog.example.org"]
    assert len(page.body) < 4000
    assert "<script" not in page.body
    picture = shown("/e/d/office.svg")
    assert texts(picture)[0] == "The host is in"
    assert lamp(picture) == "#22a04f"


def test_without_the_host_one_may_knock(office: Room) -> None:
    page = shown("/e/d/office/")
    assert "The host is not here" in page.text
    assert '<main class="grey">' in page.body
    assert page.links == [("Enter and knock", {"href": "/r/office/?frame"})]
    picture = shown("/e/d/office.svg")
    assert texts(picture) == ["The host is not here", "Office & <friends>"]
    assert lamp(picture) == "#8a909c"


def test_one_knocks_at_a_waiting_room_although_the_host_is_in(
    office: Room, clean_redis: Any
) -> None:
    Room.objects.update(waiting_room="guests", opens_with_owner=False)
    host_comes(clean_redis, office)
    page = shown("/e/d/office/")
    assert page.links[0][0] == "Enter and knock"
    assert "The host is in" in page.text


def test_a_room_that_is_open_to_all_needs_no_knock(office: Room) -> None:
    office.opens_with_owner = False
    office.save()
    assert shown("/e/d/office/").links[0][0] == "Enter"


@pytest.mark.parametrize(
    ("values", "says", "button"),
    [
        ({"opens": timezone.now() + timedelta(days=2)}, "It opens on", "Enter and wait"),
        ({"locked": True}, "The call is locked", "Enter"),
        ({"closed": True}, "Closed", ""),
    ],
)
def test_the_door_says_when(office: Room, values: dict[str, Any], says: str, button: str) -> None:
    for name, value in values.items():
        setattr(office, name, value)
    office.save()
    page = shown("/e/d/office/")
    assert says in page.text
    assert [name for name, _ in page.links] == ([button] if button else [])
    assert ("Intl" in page.script) == ("opens" in values)
    picture = " ".join(texts(shown("/e/d/office.svg")))
    assert says in picture


def test_the_picture_may_be_shown_by_any_site_and_loads_nothing(office: Room) -> None:
    picture = shown("/e/d/office.svg")
    assert picture.response["Content-Type"] == "image/svg+xml"
    assert picture.response["Cache-Control"] == "public, max-age=10"
    assert picture.response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert picture.policy["default-src"] == ["'none'"]
    assert not picture.response.cookies
    root = ET.fromstring(picture.body)
    assert root.find(f"{SVG}title") is not None
    height = float(root.attrib["height"])
    assert all(float(text.attrib["y"]) < height - 4 for text in root.iter(f"{SVG}text"))


def test_a_room_that_strangers_may_not_know_has_the_door_of_an_absent_one(office: Room) -> None:
    office.visitors = VisitorPolicy.NOTHING
    office.save()
    for kind in ("/", ".svg"):
        hidden, absent = (shown(f"/e/d/{slug}{kind}") for slug in ("office", "absent"))
        assert hidden.status == absent.status == 404
        assert hidden.body == absent.body
        assert dict(hidden.response.headers) == dict(absent.response.headers)
        assert hidden.links == []


def test_a_hot_door_costs_no_query(office: Room, django_assert_num_queries: Any) -> None:
    for path in ("/e/d/office/", "/e/d/office.svg"):
        shown(path)
        with django_assert_num_queries(0):
            shown(path)


@pytest.mark.usefixtures("without_redis")
def test_without_redis_nobody_is_known_to_be_in(office: Room) -> None:
    assert shown("/e/d/office/").links[0][0] == "Enter and knock"
