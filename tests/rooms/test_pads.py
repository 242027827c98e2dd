"""Etherpad's documented and wrong answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from rooms.models import PadSession, Room
from rooms.notes import pads
from rooms.notes.cookie_domain import cookie_domain
from rooms.notes.pad_sessions import Owner
from tests.rooms.etherpad import Answers, etherpad

__all__ = ["etherpad"]  # a fixture

pytestmark = pytest.mark.django_db


def test_the_provider_is_chosen_by_the_settings(etherpad: type[Answers], settings: Any) -> None:
    provider = pads.provider()
    assert (provider.name, provider.chat_in_page) == ("etherpad", False)
    settings.ETHERPAD_URL = ""
    provider = pads.provider()
    assert (provider.name, provider.chat_in_page) == ("builtin", True)


def pad() -> pads.Etherpad:
    provider = pads.provider()
    assert isinstance(provider, pads.Etherpad)
    return provider


def test_a_pad_is_created_once_in_the_rooms_group_and_its_ids_are_kept(
    room: Room, etherpad: type[Answers]
) -> None:
    address = pad().pad_url(room, False, pads.FRAME_OPTIONS)
    room.refresh_from_db()
    assert re.fullmatch(r"g\.\d+\$garden-[0-9a-f]{16}", room.pad_id)
    quoted = room.pad_id.replace("$", "%24")
    assert address == f"https://pad.example.org/p/{quoted}?showChat=true&alwaysShowChat=true"
    assert pad().pad_url(room, True, {}) == "https://pad.example.org/p/r.1"
    assert etherpad.functions().count("createGroupPad") == 1
    assert list(etherpad.pads) == [room.pad_id]
    assert "secret" not in "".join(path for path, _ in etherpad.asked)


def test_a_pad_from_before_there_were_groups_keeps_its_text(
    room: Room, etherpad: type[Answers]
) -> None:
    room.pad_id, room.pad_read_only_id = "garden-made-before", "r.9"
    room.save()
    etherpad.pads[room.pad_id] = "r.9"
    pad().ensure(room)
    room.refresh_from_db()
    assert room.pad_id == f"{room.pad_group}$garden-made-before"
    assert etherpad.pads == {room.pad_id: room.pad_read_only_id}
    assert "createGroupPad" not in etherpad.functions()


def test_an_upgrade_that_was_cut_off_is_finished_the_next_time(
    room: Room, etherpad: type[Answers]
) -> None:
    pad().ensure(room)
    etherpad.pads.clear()
    etherpad.pads["garden-made-before"] = "r.9"
    room.pad_id, room.pad_read_only_id = f"{room.pad_group}$garden-made-before", ""
    room.save()
    pad().ensure(room)
    assert list(etherpad.pads) == [room.pad_id]


def test_a_pad_gets_a_new_id_and_keeps_its_text(room: Room, etherpad: type[Answers]) -> None:
    pad().ensure(room)
    before = room.pad_id, room.pad_read_only_id
    pad().rename(room)
    assert list(etherpad.pads) == [before[0]], "the pad moves with the next look at it"
    assert pad().html(Room.objects.get()) == "", "which includes reading it"
    assert list(etherpad.pads) == [room.pad_id]
    pad().ensure(room)
    assert room.pad_id != before[0]
    assert room.pad_read_only_id not in ("", before[1])


@pytest.mark.parametrize("read_only", [False, True])
def test_a_pad_that_etherpad_has_lost_is_made_again(
    client: Client, room: Room, etherpad: type[Answers], read_only: bool
) -> None:
    key = room.notes_read_key if read_only else room.notes_key
    assert client.get(f"/n/{key}/?pad=").status_code == 302
    before = Room.objects.get()
    etherpad.lose()
    assert client.get(f"/n/{key}/?pad=").status_code == 302
    after = Room.objects.get()
    assert etherpad.pads == {after.pad_id: after.pad_read_only_id}
    assert after.pad_group != before.pad_group
    # The old session was lost too.
    [session] = PadSession.objects.all()
    assert etherpad.sessions == {session.session: after.pad_group}


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>no</html>",
        b"[]",
        b"{}",
        b'{"code": 4, "message": "no or wrong API Key", "data": null}',
        b'{"code": 1, "message": "padID does not exist", "data": null}',
    ],
)
def test_a_wrong_answer_leaves_the_call_alone(
    client: Client, room: Room, etherpad: type[Answers], answer: bytes
) -> None:
    etherpad.say = answer
    with pytest.raises(pads.PadUnavailable):
        pad().ensure(room)
    response = client.get(f"/n/{room.notes_key}/?pad=")
    assert response.status_code == 503
    assert b"did not load" in response.content


def test_etherpad_is_skipped_for_a_while_after_a_failure(
    room: Room, etherpad: type[Answers]
) -> None:
    etherpad.say = b"no"
    for _ in range(3):
        with pytest.raises(pads.PadUnavailable):
            pad().ensure(room)
    assert len(etherpad.asked) == 1


# The way in


def test_the_notes_link_leads_to_the_pad_under_ones_name(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    response = client.get(f"/n/{room.notes_key}/", {"userName": "Ann & Bob", "pad": ""})
    assert response.status_code == 302
    assert response["Location"].endswith(
        "?showChat=true&alwaysShowChat=true&userName=Ann%20%26%20Bob"
    )
    assert client.get(f"/n/{room.notes_read_key}/?pad=")["Location"].startswith(
        "https://pad.example.org/p/r.1?"
    )
    assert list(etherpad.pads) == [Room.objects.get().pad_id]


def test_the_way_to_the_pad_lets_this_browser_into_it(
    client: Client, room: Room, etherpad: type[Answers], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["call.example.org"]
    client.cookies["sessionID"] = "s.other"
    response = client.get(
        f"/n/{room.notes_key}/?pad=", secure=True, headers={"host": "call.example.org"}
    )
    cookie = response.cookies["sessionID"]
    [session] = etherpad.sessions
    assert cookie.value == f"{session},s.other"
    assert (cookie["domain"], cookie["samesite"]) == ("example.org", "Lax")
    assert cookie["secure"]
    assert cookie["httponly"]
    # The same browser keeps its session.
    again = client.get(f"/n/{room.notes_key}/?pad=", headers={"host": "call.example.org"})
    assert again.cookies["sessionID"].value == cookie.value
    assert list(etherpad.sessions) == [session]
    assert [str(row.person) for row in PadSession.objects.all()] == [f".{room.notes_key}"]


def test_a_notes_link_alone_shows_the_rooms_name_around_the_pad(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    page = client.get(f"/n/{room.notes_key}/?userName=Ann").content.decode()
    assert "Garden" in page
    assert f'src="/n/{room.notes_key}/?userName=Ann&amp;pad="' in page
    assert not etherpad.asked


@pytest.mark.parametrize(
    ("site", "pad_url", "domain"),
    [
        ("call.example.org", "https://pad.example.org", "example.org"),
        ("example.org", "https://pad.example.org", "example.org"),
        ("call.localhost:8443", "https://pad.call.localhost:8443", "call.localhost"),
        ("call.example.org:8000", "https://call.example.org:9001", None),
        ("call.example.org", "https://pad.example.net", ""),
        ("call.org", "https://pad.org", ""),
    ],
)
def test_the_cookie_is_for_both_hosts(site: str, pad_url: str, domain: str | None) -> None:
    assert cookie_domain(site, pad_url) == domain


@pytest.mark.parametrize(
    "owner",
    [Owner("ann"), Owner("ann", write=True), Owner("", "some-key_of"), Owner("a-_n", "key")],
)
def test_the_owner_of_a_session_survives_the_table(owner: Owner) -> None:
    assert Owner.parse(str(owner)) == owner


@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("several", [False, True])
def test_a_pad_is_deleted_with_its_room(
    owner: Client, room: Room, etherpad: type[Answers], several: bool
) -> None:
    def delete() -> str:
        page = "/admin/rooms/room/" if several else f"/admin/rooms/room/{room.pk}/delete/"
        form = {"action": "delete_selected", "_selected_action": [room.pk], "post": "yes"}
        return owner.post(page, form, follow=True).content.decode()

    pad().ensure(room)
    assert list(etherpad.pads) == [room.pad_id]
    assert "Etherpad" not in delete()
    assert not etherpad.pads
    room.save()
    etherpad.say = b"no"
    assert f"Delete these pads in Etherpad: {room.pad_id}." in delete()
