"""Which sites may show a room, and what to paste there, in the room's form in the admin."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from rooms.models import Invite, Room
from rooms.roles import VisitorPolicy
from rooms.security import FRAME_ALLOW
from tests.rooms.support import ROOM_FORM

pytestmark = pytest.mark.django_db


def save(owner: Client, **fields: Any) -> str:
    page = owner.post("/admin/rooms/room/add/", {**ROOM_FORM, **fields})
    return page.content.decode() if page.status_code == 200 else ""


def section(owner: Client, room: Room) -> str:
    return owner.get(f"/admin/rooms/room/{room.pk}/change/").content.decode()


def copied(page: str) -> list[str]:
    """What the copy buttons of the snippets copy."""
    named = re.findall(r'data-copy-from="([^"]+)"', page)
    shown = re.findall(r'<code\s+id="([^"]+)">(.*?)</code>', page, re.DOTALL)
    assert named == [name for name, _ in shown]
    return [html.unescape(text) for _, text in shown]


def test_the_form_tidies_the_sites(owner: Client) -> None:
    save(owner, embed_origins="https://Blog.Example.org/\r\n\r\nhttps://blog.example.org:443\r\n")
    assert Room.objects.get().embed_origins == "https://blog.example.org"


def test_the_form_has_a_message_for_each_bad_line(owner: Client) -> None:
    page = html.unescape(save(owner, embed_origins="blog.example.org\nhttps://ok.example\nnull"))
    assert "Line 1, “blog.example.org”: Begin with https://" in page
    assert "Line 3, “null”" in page
    assert "Line 2" not in page
    assert not Room.objects.exists()


def test_what_to_paste_names_the_room(owner: Client, room: Room) -> None:
    Room.objects.update(
        visitors=VisitorPolicy.SPEAK, title='A "b" <c>', embed_origins="https://a.example"
    )
    page = section(owner, room)
    call, door, frame, read, write = copied(page)
    script = '<script src="http://127.0.0.1:8000/embed.js" async></script>'
    assert call == f'{script}\n<conf-call room="garden"></conf-call>'
    assert door.startswith(f'{script}\n<conf-call room="garden" mode="door">')
    assert 'src="http://127.0.0.1:8000/e/d/garden.svg" alt="A &quot;b&quot; &lt;c&gt;"' in door
    assert 'src="http://127.0.0.1:8000/e/r/garden/"' in frame
    assert f'allow="{FRAME_ALLOW}"' in frame
    assert f"/n/{room.notes_read_key}/" in read
    assert f"/n/{room.notes_key}/" in write
    assert '<iframe src="/e/r/garden/"' in page
    assert "No site may show this room yet" not in page


def test_a_room_for_invites_is_shown_by_an_invite_that_all_may_use(
    owner: Client, room: Room
) -> None:
    room.invites.create(label="Three", uses_left=3)
    page = section(owner, room)
    assert "no invite is open to everyone" in page
    assert "No site may show this room yet" in page
    assert len(copied(page)) == 2
    invite = room.invites.create(label="Readers")
    page = section(owner, room)
    call, frame, *_notes = copied(page)
    assert f'<conf-call invite="{invite.token}">' in call
    assert f"/e/i/{invite.token}/" in frame
    assert "“Readers”" in page
    assert Invite.objects.count() == 2


def test_a_new_room_is_saved_first(owner: Client) -> None:
    page = owner.get("/admin/rooms/room/add/").content.decode()
    assert "Save the room to see it." in page
