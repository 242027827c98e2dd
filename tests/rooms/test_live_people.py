"""The page "Live": who is in the calls, and the owner's buttons."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from rooms.models import Ban, Decision, Room
from rooms.roles import Role
from rooms.workers.waiting import Waiter
from sfu_worker import wire
from tests.rooms.support import PATIENCE, arrive

pytestmark = [pytest.mark.django_db]

LIVE, ACT = "/admin/rooms/room/live/", "/admin/rooms/room/live/act/"


@pytest.fixture
def call(room: Room, clean_redis: Any) -> Room:
    """Ann and Ben are in, and Eve waits."""
    for person in ("ann", "ben"):
        arrive(room, person, person)
    body = {"epoch": "e", "people": 3, "channels": {"ann": "page-ann", "ben": "page-ben"}}
    clean_redis.set(wire.live_key("garden"), json.dumps(body))
    clean_redis.set(wire.room_key("garden"), "1 w1", px=60_000)
    clean_redis.set(wire.worker_key("w1"), json.dumps({"worker": "w1"}), px=60_000)
    now = timezone.now().timestamp()
    eve = Waiter("eve", "eve-person", "Eve", "page-eve", now, now)
    body = {name: getattr(eve, name) for name in eve.__slots__}
    clean_redis.hset(wire.waiting_key("garden"), "eve", json.dumps(body))
    return room


def heard(channel: str) -> Any:
    async def receive() -> Any:
        async with asyncio.timeout(PATIENCE):
            return await get_channel_layer().receive(channel)

    return async_to_sync(receive)()


def do(client: Client, call: Room, act: str, who: str = "", **more: str) -> str:
    form = {"room": call.pk, "act": act, "participant": who, **more}
    return client.post(ACT, form, follow=True).content.decode()


def test_people_are_listed_by_name_with_their_buttons(owner: Client, call: Room) -> None:
    Decision.objects.create(room=call, person="ben", name="Ben", held_microphone=1)
    page = owner.get(LIVE).content.decode()
    for words in ("Ann", "guest, may speak, muted by a host", "Admit Eve", "Refuse Eve"):
        assert words in page
    for words in ("Mute all", "Lock the room", "Stop camera", "Make listener", "Remove"):
        assert f">{words}</button>" in page
    assert "One more is in, such as a stream." in page
    assert "Unmute" not in page
    assert 'data-part="people"' in owner.get(LIVE + "?part=1").content.decode()


def test_mute_is_written_down_and_reaches_worker_and_page(owner: Client, call: Room) -> None:
    do(owner, call, "mute", "ben")
    assert Decision.objects.get().held_microphone == 1
    assert Decision.objects.get().by == "owner"
    command, *_ = wire.unseal(heard(wire.worker_channel("w1")))
    assert command == wire.Hold("garden", "ben", ["microphone"])
    assert heard("page-ben") == {"type": "rights_changed"}
    assert "muted by a host" in owner.get(LIVE).content.decode()


@pytest.mark.parametrize(
    ("act", "field", "value"),
    [
        ("stop", "held_camera", 1),
        ("listener", "role", Role.LISTENER),
        ("moderator", "role", Role.MODERATOR),
    ],
)
def test_each_button_about_one_person(
    owner: Client, call: Room, act: str, field: str, value: Any
) -> None:
    do(owner, call, act, "ben")
    assert getattr(Decision.objects.get(person="ben"), field) == value


def test_mute_all_lock_and_unlock(owner: Client, call: Room) -> None:
    do(owner, call, "mute_all")
    assert set(Decision.objects.values_list("person", flat=True)) == {"ann", "ben"}
    assert "Unlock the room" in do(owner, call, "lock")
    assert Room.objects.get().locked
    do(owner, call, "unlock")
    assert not Room.objects.get().locked


@pytest.mark.parametrize(("act", "answer"), [("admit", "admitted"), ("refuse", "refused")])
def test_people_who_wait_are_answered(owner: Client, call: Room, act: str, answer: str) -> None:
    do(owner, call, act, "eve")
    decision = Decision.objects.get()
    assert (decision.person, decision.admitted) == ("eve-person", answer)
    assert heard("page-eve") == {"type": "rights_changed"}


def test_a_removal_asks_first(owner: Client, call: Room) -> None:
    page = do(owner, call, "remove", "ben")
    assert "Remove Ben" in page
    assert not Ban.objects.exists()
    do(owner, call, "remove", "ben", sure="1")
    assert Ban.objects.get().person == "ben"
    command, *_ = wire.unseal(heard(wire.worker_channel("w1")))
    assert command == wire.Remove("garden", "ben")


@pytest.mark.parametrize("form", [{}, {"room": "x"}, {"act": "fly"}, {"participant": "nobody"}])
def test_nonsense_changes_nothing(owner: Client, call: Room, form: dict[str, str]) -> None:
    values = {"room": str(call.pk), "act": "mute", **form}
    if not form:
        values = {}
    assert owner.post(ACT, values, follow=True).status_code == 200
    assert owner.get(ACT).status_code == 302
    assert not Decision.objects.exists()


def test_a_helper_without_permissions_only_reads(client: Client, call: Room) -> None:
    user = get_user_model().objects.create_user("helper", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_room"))
    client.force_login(user)
    page = client.get(LIVE).content.decode()
    assert "Ann" in page
    assert "Mute" not in page
    assert client.post(ACT, {"room": call.pk, "act": "mute_all"}).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="change_room"))
    form = {"room": call.pk, "act": "remove", "participant": "ben", "sure": "1"}
    assert client.post(ACT, form).status_code == 403
    assert not Ban.objects.exists()


def test_the_room_form_has_the_waiting_room_and_decisions_can_be_forgotten(
    owner: Client, room: Room
) -> None:
    page = owner.get(f"/admin/rooms/room/{room.pk}/change/").content.decode()
    assert "Waiting room:" in page
    for option in ("off", "guests without an invite", "all but hosts"):
        assert f">{option}</option>" in page
    assert 'name="mics_held"' in page
    row = Decision.objects.create(room=room, person="p", name="Eve", admitted="refused")
    assert "Eve" in owner.get("/admin/rooms/decision/").content.decode()
    assert owner.get("/admin/rooms/decision/add/").status_code == 403
    owner.post(f"/admin/rooms/decision/{row.pk}/delete/", {"post": "yes"})
    assert not Decision.objects.exists()
