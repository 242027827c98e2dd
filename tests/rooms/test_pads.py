"""Etherpad's documented and wrong answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rooms.models import Room
from rooms.notes import pads
from tests.rooms.etherpad import Answers, etherpad

__all__ = ["etherpad"]  # a fixture

pytestmark = pytest.mark.django_db


def test_the_builtin_notes_are_pages_of_this_site(room: Room, settings: Any) -> None:
    settings.ETHERPAD_URL = ""
    provider = pads.provider()
    assert (provider.name, provider.chat_in_page) == ("builtin", True)
    writer, reader = f"/n/{room.notes_key}/", f"/n/{room.notes_read_key}/"
    assert provider.links(room, read_only=False) == pads.Links(writer, writer, "")
    assert provider.links(room, read_only=True) == pads.Links(reader, reader, "")
    provider.ensure(room)


def test_a_pad_is_created_once_and_its_ids_are_kept(room: Room, etherpad: type[Answers]) -> None:
    provider = pads.provider()
    assert (provider.name, provider.chat_in_page) == ("etherpad", False)
    writer = provider.links(room, read_only=False)
    room.refresh_from_db()
    assert room.pad_id.startswith("garden-")
    assert len(room.pad_id) > len("garden-") + 12
    assert writer.alone == f"https://pad.example.org/p/{room.pad_id}"
    assert writer.frame == f"{writer.alone}?showChat=true&alwaysShowChat=true"
    assert provider.links(room, read_only=True).alone == "https://pad.example.org/p/r.1"
    assert [path.removeprefix("/api/1.2.15/") for path, _ in etherpad.asked] == [
        "createPad",
        "getReadOnlyID",
        "getReadOnlyID",
    ]
    assert "secret" not in "".join(path for path, _ in etherpad.asked)


def test_half_a_creation_is_finished_the_next_time(room: Room, etherpad: type[Answers]) -> None:
    room.pad_id = "garden-made-before"
    room.save()
    etherpad.pads[room.pad_id] = "r.1"
    pads.provider().ensure(room)
    room.refresh_from_db()
    assert (room.pad_id, room.pad_read_only_id) == ("garden-made-before", "r.1")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_pad_that_etherpad_has_lost_is_made_again(
    client: Client, room: Room, etherpad: type[Answers], read_only: bool
) -> None:
    provider = pads.provider()
    before = provider.links(room, read_only)
    etherpad.lose()
    after = provider.links(Room.objects.get(), read_only)
    assert etherpad.pads == {room.pad_id: "r.2"}
    assert (after == before) is not read_only
    assert after.alone.endswith("/p/r.2" if read_only else f"/p/{room.pad_id}")
    # The address to which our own page redirects is requested in the same way.
    etherpad.lose()
    key = room.notes_read_key if read_only else room.notes_key
    assert client.get(f"/n/{key}/").status_code == 302
    assert etherpad.pads == {room.pad_id: "r.3"}


def test_a_pad_that_cannot_be_created_again_leaves_the_call_alone(
    room: Room, etherpad: type[Answers]
) -> None:
    provider = pads.provider()
    provider.ensure(room)
    etherpad.say = b'{"code": 1, "message": "padID does not exist", "data": null}'
    page = f"/n/{room.notes_key}/"
    assert provider.links(room, read_only=False) == pads.Links(page, page, page)


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>no</html>",
        b"[]",
        b"{}",
        b'{"code": 4, "message": "no or wrong API Key", "data": null}',
    ],
)
def test_a_wrong_answer_leaves_the_call_alone(
    room: Room, etherpad: type[Answers], answer: bytes
) -> None:
    etherpad.say = answer
    provider = pads.provider()
    with pytest.raises(pads.PadUnavailable):
        provider.ensure(room)
    # The page gets an address of ours that tries again, and does not wait: Etherpad is skipped for
    # a while.
    asked = len(etherpad.asked)
    assert provider.links(room, read_only=False).frame == f"/n/{room.notes_key}/"
    assert provider.links(room, read_only=True).alone == f"/n/{room.notes_read_key}/"
    assert len(etherpad.asked) == asked


def test_the_notes_link_leads_to_the_pad_under_ones_name(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    response = client.get(f"/n/{room.notes_key}/", {"userName": "Ann & Bob"})
    assert response.status_code == 302
    assert response["Location"].endswith(
        "?showChat=true&alwaysShowChat=true&userName=Ann%20%26%20Bob"
    )
    assert client.get(f"/n/{room.notes_read_key}/")["Location"].startswith(
        "https://pad.example.org/p/r.1?"
    )
    assert list(etherpad.pads) == [Room.objects.get().pad_id]


def test_the_notes_link_of_an_old_pad_says_when_etherpad_is_away(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    path = pads.provider().links(room, read_only=False).check
    assert client.head(path).status_code == 302
    etherpad.say = b"no"
    assert client.head(path).status_code == 503


def test_without_etherpad_the_notes_link_says_so(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    etherpad.say = b"no"
    response = client.get(f"/n/{room.notes_key}/")
    assert response.status_code == 503
    assert b"did not load" in response.content


@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("several", [False, True])
def test_a_pad_is_deleted_with_its_room(
    owner: Client, room: Room, etherpad: type[Answers], several: bool
) -> None:
    def delete() -> str:
        page = "/admin/rooms/room/" if several else f"/admin/rooms/room/{room.pk}/delete/"
        form = {"action": "delete_selected", "_selected_action": [room.pk], "post": "yes"}
        return owner.post(page, form, follow=True).content.decode()

    pads.provider().ensure(room)
    assert list(etherpad.pads) == [room.pad_id]
    assert "Etherpad" not in delete()
    assert not etherpad.pads
    room.save()
    etherpad.say = b"no"
    assert f"Delete these pads in Etherpad: {room.pad_id}." in delete()
