"""Who may open the notes, and how soon that ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from django.utils import timezone

from rooms.entry import notes_access, passes
from rooms.entry.access import Refusal
from rooms.entry.admission import admit
from rooms.entry.notes_access import Access, Claim, access
from rooms.entry.passes import Pass
from rooms.models import Admitted, Ban, Decision, Invite, NotesAuthor, Room
from rooms.notes import authors, yprotocol
from rooms.roles import Role
from tests.rooms.editor import Editor
from tests.rooms.support import PATIENCE, Browser, make_room

pytestmark = pytest.mark.django_db


def person(room: Room, role: Role = Role.SPEAKER, who: str = "ann", name: str = "Ann") -> Pass:
    """Somebody who has come in by an invite of this role."""
    invite = room.invites.create(role=role)
    pass_ = Pass(room.pk, role, invite.pk, who, name)
    admit(pass_, name, participant=passes.participant_of(room.pk, who))
    return pass_


def test_people_in_the_call_have_the_notes_that_their_role_gives(room: Room) -> None:
    for role, write in ((Role.SPEAKER, True), (Role.LISTENER, False), (Role.MODERATOR, True)):
        pass_ = person(room, role, who=role.value, name="Ann")
        found = access(Claim(held=(pass_,)))
        assert found == Access(room.pk, write, role.value, "Ann")


def test_a_role_that_a_host_gave_counts(room: Room) -> None:
    pass_ = person(room)
    Decision.objects.create(room=room, person="ann", role=Role.LISTENER)
    assert access(Claim(held=(pass_,))) == Access(room.pk, False, "ann", "Ann")


def test_a_link_writes_or_reads_and_ends_when_it_is_renewed(room: Room) -> None:
    assert access(Claim(room.notes_key)) == Access(room.pk, write=True)
    assert access(Claim(room.notes_read_key)) == Access(room.pk, write=False)
    notes_access.renew(room.pk)
    for old in (room.notes_key, room.notes_read_key, "garden", "x" * 500):
        assert access(Claim(old)) is Refusal.not_found
    assert access(Claim()) is Refusal.not_found
    room.refresh_from_db()
    assert access(Claim(room.notes_key)) == Access(room.pk, write=True)


def test_somebody_who_was_removed_may_not_use_the_link_either(room: Room) -> None:
    pass_ = person(room)
    other = Room.objects.create(slug="tea", title="Tea")
    claim = Claim(room.notes_key, (person(other, who="ann"), pass_))
    assert access(claim) == Access(room.pk, True, "ann", "Ann")
    Ban.objects.create(room=room, person="ann")
    assert access(claim) is Refusal.removed
    assert access(Claim(held=(pass_,))) is Refusal.removed
    assert access(Claim(room.notes_key)) == Access(room.pk, write=True)


def test_somebody_who_waits_has_no_notes_before_they_are_let_in(room: Room) -> None:
    room.waiting_room = "all"
    room.save()
    invite = room.invites.create(role=Role.SPEAKER)
    pass_ = Pass(room.pk, Role.SPEAKER, invite.pk, "ben", "Ben")
    assert access(Claim(held=(pass_,))) is Refusal.not_admitted
    decision = Decision.objects.create(room=room, person="ben", admitted=Admitted.ADMITTED)
    assert access(Claim(held=(pass_,))) == Access(room.pk, True, "ben", "Ben")
    decision.admitted = Admitted.REFUSED
    decision.save()
    assert access(Claim(held=(pass_,))) is Refusal.not_admitted
    assert access(Claim(room.notes_key, (pass_,))) is Refusal.not_admitted


def test_those_in_the_call_keep_the_notes_when_the_room_is_locked(room: Room) -> None:
    pass_ = person(room)
    Room.objects.update(locked=True)
    assert isinstance(access(Claim(held=(pass_,))), Access)
    stranger = Pass(room.pk, Role.SPEAKER, pass_.invite, "eve")
    assert access(Claim(held=(stranger,))) is Refusal.room_locked


def test_a_ticket_is_a_pass_for_the_notes_alone(room: Room) -> None:
    pass_ = person(room)
    ticket = notes_access.ticket(pass_)
    assert notes_access.read_ticket(ticket) == pass_
    assert len(ticket) > notes_access.LONGEST_KEY
    assert ticket.replace("-", "").replace("_", "").isalnum()
    for wrong in ("", room.notes_key, ticket[:-4], "x" * 100, passes.issue(pass_)):
        assert notes_access.read_ticket(wrong) is None
    assert passes.read(passes.issue_notes(pass_)) is None


def test_many_are_looked_up_with_as_many_queries_as_one(
    room: Room, django_assert_max_num_queries: Any
) -> None:
    claims = [Claim(held=(person(room, who=str(n)),)) for n in range(5)]
    claims += [Claim(room.notes_key, claims[0].held), Claim("unknown-key-of-a-link")]
    with django_assert_max_num_queries(16):
        found = notes_access.accesses(claims)
    assert [isinstance(each, Access) for each in found] == [True] * 6 + [False]


# On the WebSocket

arrived = database_sync_to_async(person)


async def ended(editor: Editor) -> int:
    """The code with which the server ends the connection."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = await editor.browser.socket.receive_output(timeout=PATIENCE)
            if message["type"] == "websocket.close":
                return int(message["code"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("act", ["removed", "revoked"])
async def test_the_notes_end_within_seconds_when_the_right_ends(act: str) -> None:
    room = await make_room()
    pass_ = await arrived(room)
    ann = await Editor(pass_=passes.issue(pass_)).open()
    await ann.type("Hello")
    if act == "removed":
        await Ban.objects.acreate(room=room, person="ann")
    else:
        await Invite.objects.filter(pk=pass_.invite).aupdate(revoked=True)
    assert await ended(ann) == 4403
    again = Browser("/ws/notes/", subprotocols=["yjs", f"pass.{passes.issue(pass_)}"])
    assert not await again.connect()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
async def test_the_cookie_says_who_uses_the_link() -> None:
    room = await make_room()
    pass_ = await arrived(room)
    ann = Editor(room.notes_key)
    cookie = f"{passes.cookie_name(room.slug)}={passes.issue(pass_)}".encode()
    ann.browser.socket.scope["headers"].append((b"cookie", b"theme=dark; " + cookie))
    await ann.open()
    await Ban.objects.acreate(room=room, person="ann")
    assert await ended(ann) == 4403


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
async def test_an_old_link_ends_within_seconds_of_being_renewed() -> None:
    room = await make_room()
    ann, ben = await Editor(room.notes_key).open(), await Editor(room.notes_read_key).open()
    cleo = await Editor(pass_=passes.issue(await arrived(room, who="cleo"))).open()
    await database_sync_to_async(notes_access.renew)(room.pk)
    assert await ended(ann) == await ended(ben) == 4403
    await cleo.type("Still here")
    await room.arefresh_from_db()
    late = await Editor(room.notes_key).open()
    await late.reads("Still here")
    await cleo.close()
    await late.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
async def test_a_role_that_a_host_gives_changes_what_one_may_do_at_once() -> None:
    room = await make_room()
    ann = await Editor(pass_=passes.issue(await arrived(room))).open()
    assert ann.told["write"] is True
    await ann.type("Hello")
    await ann.reads("Hello")
    decision = await Decision.objects.acreate(room=room, person="ann", role=Role.LISTENER)
    await ann.until(lambda _: ann.told["write"] is False)
    await ann.type("Spam ")
    decision.role = Role.SPEAKER
    decision.changed = timezone.now()
    await decision.asave()
    await ann.until(lambda _: ann.told["write"] is True)
    other = await Editor(room.notes_key).open()
    assert "Hello" in str(other.text)
    await ann.close()
    await other.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
async def test_the_server_writes_down_who_wrote_what() -> None:
    room = await make_room()
    ann = await Editor(pass_=passes.issue(await arrived(room))).open()
    guest = await Editor(room.notes_key).open()
    state = b'{"user":{"name":"Mallory","color":"red"}}'
    await ann.send(yprotocol.presence(yprotocol.Presence(ann.doc.client_id, 1, state)))
    await ann.type("Hello")
    key = str(ann.doc.client_id)
    await guest.until(lambda _: guest.told["authors"].get(key) == "Ann")
    assert authors.state_name(guest.presences[-1].state) == "Ann"
    await guest.reads("Hello")
    await guest.send(
        yprotocol.presence(
            yprotocol.Presence(guest.doc.client_id, 1, b'{"user":{"name":" Ben \\u202e"}}')
        )
    )
    await guest.type("! ", 5)
    other = str(guest.doc.client_id)
    await ann.until(lambda _: ann.told["authors"].get(other) == "Ben")
    rows = {row.client: row.name async for row in NotesAuthor.objects.all()}
    assert rows == {ann.doc.client_id: "Ann", guest.doc.client_id: "Ben"}
    late = await Editor(room.notes_key).open()
    assert set(late.told["authors"].values()) == {"Ann", "Ben"}
    for editor in (ann, guest, late):
        await editor.close()


def test_the_clients_that_have_written_are_those_whose_clock_grew() -> None:
    assert authors.clocks(b"\x02\x05\x01\x06\x02") == {5: 1, 6: 2}
    assert authors.grown(b"\x01\x05\x01", b"\x02\x05\x01\x06\x02") == {6}
    assert authors.grown(b"\x00", b"\x01\x05\x01") == {5}
    assert authors.grown(b"", b"\x01") == set()


@pytest.mark.parametrize("state", [b"null", b"[]", b"{}", b"no", b'{"user":1}', b'{"user":{}}'])
def test_a_presence_without_a_name_has_none(state: bytes) -> None:
    assert authors.state_name(state) == ""


@pytest.mark.usefixtures("clean_redis")
def test_the_owner_renews_the_links_in_the_admin(owner: Client, room: Room) -> None:
    form = {"action": "renew_notes", "_selected_action": [room.pk]}
    page = owner.post("/admin/rooms/room/", form, follow=True).content.decode()
    assert "The notes links of 1 room were renewed" in page
    assert access(Claim(room.notes_key)) is Refusal.not_found


# Pages


def test_a_link_alone_shows_the_rooms_name_and_the_way_in_to_those_who_have_one(
    client: Client, room: Room
) -> None:
    path = f"/n/{room.notes_key}/?enter="
    page = client.get(path).content.decode()
    assert "Notes – Garden" in page
    assert room.get_absolute_url() not in page
    pass_ = person(room)
    client.cookies[passes.cookie_name(room.slug)] = passes.issue(pass_)
    assert f'href="{room.get_absolute_url()}"' in client.get(path).content.decode()
    Ban.objects.create(room=room, person="ann")
    assert client.get(path).status_code == 403


def test_a_ticket_opens_the_notes_while_the_person_may_be_there(client: Client, room: Room) -> None:
    pass_ = person(room, Role.LISTENER)
    path = f"/n/{notes_access.ticket(pass_)}/?enter="
    page = client.get(path).content.decode()
    assert room.notes_key not in page
    assert f"/n/{room.notes_read_key}/" in page
    Ban.objects.create(room=room, person="ann")
    assert client.get(path).status_code == 403


def test_whoever_waits_gets_no_notes_link_in_the_lobby(client: Client, room: Room) -> None:
    invite = room.invites.create(role=Role.SPEAKER)
    assert room.notes_key in client.get(f"{invite.get_absolute_url()}?enter=").content.decode()
    Room.objects.update(waiting_room="all")
    page = client.get(f"{invite.get_absolute_url()}?enter=").content.decode()
    assert "/n/" not in page
