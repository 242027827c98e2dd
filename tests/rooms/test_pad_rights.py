"""Whose session in Etherpad ends, and that a copy of the pad's address is worth nothing then."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rooms.entry import notes_access, pad_rights, passes
from rooms.entry.admission import admit
from rooms.entry.passes import Pass
from rooms.models import Ban, Decision, Invite, PadSession, Room
from rooms.notes import pads
from rooms.roles import Role
from tests.rooms.etherpad import Answers, etherpad

__all__ = ["etherpad"]  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def enter(client: Client, room: Room, who: str = "ann", role: Role = Role.SPEAKER) -> str:
    """Somebody comes into the call and opens the pad; return its address."""
    invite = room.invites.create(role=role)
    pass_ = Pass(room.pk, role, invite.pk, who, who.title())
    admit(pass_, pass_.name, participant=passes.participant_of(room.pk, who))
    response = client.get(f"/n/{notes_access.ticket(pass_)}/?pad=")
    assert response.status_code == 302
    return response["Location"]


def step() -> list[str]:
    return pad_rights.step(timezone.now())


def owners() -> set[str]:
    return set(PadSession.objects.values_list("person", flat=True))


def test_whoever_may_be_there_keeps_their_session(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    enter(client, room)
    enter(client, room, "lea", Role.LISTENER)
    client.get(f"/n/{room.notes_key}/?pad=")
    client.get(f"/n/{room.notes_read_key}/?pad=")
    asked = len(etherpad.asked)
    assert step() == []
    assert owners() == {"ann!", "lea", f".{room.notes_key}", f".{room.notes_read_key}"}
    assert len(etherpad.asked) == asked


@pytest.mark.parametrize("act", ["removed", "revoked", "refused", "made a listener"])
def test_a_session_ends_and_the_pad_moves_when_the_right_ends(
    client: Client, room: Room, etherpad: type[Answers], act: str
) -> None:
    before = enter(client, room)
    enter(client, room, "ben")
    match act:
        case "removed":
            Ban.objects.create(room=room, person="ann")
        case "revoked":
            Invite.objects.filter(admissions__person="ann").update(revoked=True)
        case "refused":
            Decision.objects.create(room=room, person="ann", admitted="refused")
        case _:
            Decision.objects.create(room=room, person="ann", role=Role.LISTENER)
    assert step() == [room.slug]
    assert owners() == {"ben!"}
    assert len(etherpad.sessions) == 1
    room.refresh_from_db()
    assert etherpad.pads == {room.pad_id: room.pad_read_only_id}
    assert room.pad_id.replace("$", "%24") not in before
    assert step() == []


def test_renewed_links_end_the_sessions_of_those_who_came_by_them(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    enter(client, room)
    client.get(f"/n/{room.notes_key}/?pad=")
    notes_access.renew(room.pk)
    assert step() == [room.slug]
    assert owners() == {"ann!"}
    assert client.get(f"/n/{room.notes_key}/?pad=").status_code == 404


def test_a_removed_person_may_not_use_the_link_either(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    pass_ = Pass(room.pk, Role.SPEAKER, None, "ann", "Ann")
    client.cookies[passes.cookie_name(room.slug)] = passes.issue(pass_)
    assert client.get(f"/n/{room.notes_key}/?pad=").status_code == 302
    assert owners() == {f"ann.{room.notes_key}"}
    Ban.objects.create(room=room, person="ann")
    assert step() == [room.slug]
    assert owners() == set()
    page = client.get(f"/n/{room.notes_key}/?pad=")
    assert page.status_code == 403
    assert "removed" in page.content.decode()


def test_it_is_repeated_until_etherpad_has_confirmed_it(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    enter(client, room)
    enter(client, room, "ben")
    Ban.objects.create(room=room, person="ann")
    etherpad.say = b"no"
    with pytest.raises(pads.PadUnavailable):
        step()
    assert owners() == {"ann!", "ben!"}
    etherpad.say = None
    etherpad.forget_failures()
    assert step() == [room.slug]
    assert owners() == {"ben!"}
    assert len(etherpad.pads) == 1


def test_a_session_that_etherpad_has_forgotten_is_forgotten_here(
    client: Client, room: Room, etherpad: type[Answers]
) -> None:
    enter(client, room)
    etherpad.sessions.clear()
    Ban.objects.create(room=room, person="ann")
    step()
    assert owners() == set()


def test_without_etherpad_there_is_nothing_to_do(room: Room, settings: Any) -> None:
    settings.ETHERPAD_URL = ""
    PadSession.objects.create(room=room, person="ann", session="s.1", until=timezone.now())
    assert step() == []
