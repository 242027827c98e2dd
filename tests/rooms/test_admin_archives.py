"""Calls in the admin: who was there, the archives, and the warning before old calls go."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import AsyncClient, Client
from django.utils import timezone

from rooms import chat
from rooms.models import Attendance, Call, ChatLine, Room
from rooms.page import kept
from rooms.roles import Role
from tests.rooms.etherpad import etherpad
from tests.rooms.support import ROOM_FORM, make_room

__all__ = ["etherpad"]  # a fixture

pytestmark = pytest.mark.django_db


def hold(room: Room, days: float, **fields: Any) -> Call:
    began = timezone.now() - timedelta(days=days)
    call = Call.objects.create(
        room=room, epoch=str(days), started=began, ended=began + timedelta(hours=1), **fields
    )
    Attendance.objects.create(
        call=call, participant="a", name="Ann <b>", role=Role.OWNER, came=began, left=call.ended
    )
    return call


def download(client: Client, path: str) -> tuple[str, list[str]]:
    """The file's name and what is in it."""
    response: Any = client.get(path)
    assert response.status_code == 200, path
    assert response["Content-Type"] == "application/zip"
    body = io.BytesIO(b"".join(response.streaming_content))
    return response["Content-Disposition"], zipfile.ZipFile(body).namelist()


def test_a_call_says_who_was_there_and_has_its_archive(owner: Client, room: Room) -> None:
    call = hold(room, 1)
    page = owner.get(f"/admin/rooms/call/{call.pk}/change/").content.decode()
    assert "Ann &lt;b&gt;" in page
    assert "owner" in page
    path = f"/admin/rooms/call/{call.pk}/archive/"
    for address in (f"/admin/rooms/call/{call.pk}/change/", "/admin/rooms/call/"):
        assert f'href="{path}"' in owner.get(address).content.decode()
    name, files = download(owner, path)
    assert name == f'attachment; filename="garden-{timezone.localtime(call.started):%Y-%m-%d}.zip"'
    assert {"notes.html", "chat.txt", "people.csv", "call.ics", "README.txt"} <= set(files)
    assert owner.post(path).status_code == 405


def test_a_room_shows_its_last_calls(owner: Client, room: Room) -> None:
    page = f"/admin/rooms/room/{room.pk}/change/"
    assert "There has been no call yet." in owner.get(page).content.decode()
    calls = [hold(room, days) for days in range(7, 0, -1)]
    found = owner.get(page).content.decode()
    assert [f"/admin/rooms/call/{call.pk}/archive/" in found for call in calls] == (
        [False] * 2 + [True] * 5
    )
    assert "last calls" not in owner.get("/admin/rooms/room/add/").content.decode().lower()


def test_the_newest_call_of_a_room_may_be_downloaded_while_it_runs(
    owner: Client, room: Room
) -> None:
    path = f"/admin/rooms/room/{room.pk}/archive/"
    answer = owner.get(path, follow=True)
    assert "There is no record of a call yet." in answer.content.decode()
    hold(room, 3)
    running = hold(room, 0)
    Call.objects.filter(pk=running.pk).update(ended=None)
    assert f"{timezone.localtime(running.started):%Y-%m-%d}.zip" in download(owner, path)[0]


@pytest.mark.django_db(transaction=True)
async def test_the_file_is_sent_in_pieces(django_user_model: Any) -> None:
    room = await make_room()
    call = await Call.objects.acreate(room=room, epoch="e", started=timezone.now())
    user = await django_user_model.objects.acreate_superuser("owner", password="x")
    client = AsyncClient()
    await client.aforce_login(user)
    response: Any = await client.get(f"/admin/rooms/call/{call.pk}/archive/")
    pieces = [piece async for piece in response.streaming_content]
    assert zipfile.ZipFile(io.BytesIO(b"".join(pieces))).testzip() is None
    assert response["Content-Disposition"].startswith('attachment; filename="garden-')


@pytest.mark.parametrize("missing", ["view_call", "view_chatline", None])
def test_calls_and_chat_must_be_visible_to_them(
    client: Client, room: Room, django_user_model: Any, missing: str | None
) -> None:
    call = hold(room, 1)
    paths = [f"/admin/rooms/call/{call.pk}/archive/", f"/admin/rooms/room/{room.pk}/archive/"]
    assert [client.get(path).status_code for path in paths] == [302, 302]
    helper = django_user_model.objects.create_user("helper", is_staff=True)
    names = {"view_call", "view_chatline"} - {missing}
    helper.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(helper)
    status = 403 if missing else 200
    assert [client.get(path).status_code for path in paths] == [status, status]


def test_the_number_of_a_line_that_the_owner_deletes_is_not_used_again(
    owner: Client, room: Room
) -> None:
    lines = [chat.append(room.pk, "ann", str(n), "Ann", "x")[0] for n in range(3)]
    owner.post(f"/admin/rooms/chatline/{lines[2].pk}/delete/", {"post": "yes"})
    assert chat.last_number(room.pk) == 3
    owner.post(
        "/admin/rooms/chatline/",
        {"action": "delete_selected", "_selected_action": [lines[0].pk], "post": "yes"},
    )
    assert [line.number for line in ChatLine.objects.all()] == [2]
    assert chat.append(room.pk, "ann", "n", "Ann", "x")[0].number == 4


def test_a_shorter_time_says_at_once_how_many_calls_it_deletes(owner: Client, room: Room) -> None:
    for days in (20, 15, 3):
        hold(room, days)
    page = f"/admin/rooms/room/{room.pk}/change/"
    values = ROOM_FORM | {"_continue": "1"}
    text = owner.post(page, values | {"keep_days": "10"}, follow=True).content.decode()
    assert "2 calls that ended before " in text
    assert "will be deleted in the next ten minutes" in text
    assert Room.objects.get().keep_days == 10
    text = owner.post(page, values | {"keep_days": "12"}, follow=True).content.decode()
    assert "2 calls that ended before " in text
    for same in ("12", "", "100"):
        text = owner.post(page, values | {"keep_days": same}, follow=True).content.decode()
        assert "will be deleted" not in text
    assert Call.objects.count() == 3


# The sentence for guests


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (None, "until they delete them"),
        (1, "there for 1 day, and the notes for as long"),
        (30, "there for 30 days, and the notes for as long"),
    ],
)
def test_guests_read_what_is_kept_and_for_how_long(
    client: Client, room: Room, days: int | None, words: str
) -> None:
    room.keep_days = days
    room.save()
    for role in (Role.SPEAKER, Role.LISTENER):
        page = client.get(room.invites.create(role=role).get_absolute_url()).content.decode()
        assert words in page
        assert "archive" not in page
        assert "end-archive" not in page


def test_the_chat_of_an_etherpad_stays_with_its_notes(room: Room, etherpad: Any) -> None:
    room.keep_days = 30
    assert "notes and their chat for as long after" in kept.sentence(room)
    assert "keeps the chat" not in kept.sentence(room)


def test_an_owner_who_is_logged_in_gets_the_archive_at_the_end(owner: Client, room: Room) -> None:
    page = owner.get(room.get_absolute_url()).content.decode()
    assert f'id="end-archive" class="button" href="/admin/rooms/room/{room.pk}/archive/"' in page


@pytest.mark.parametrize(
    ("days", "chat_days", "words"),
    [
        (None, 1, "the notes and the list of who was there until they delete them"),
        (30, 7, "the list of who was there for 30 days, and the notes for as long"),
        (7, 30, "the chat and the list of who was there for 7 days"),
    ],
)
def test_the_sentence_for_guests_counts_the_days_of_the_chat(
    days: int | None, chat_days: int, words: str
) -> None:
    sentence = kept.sentence(Room(keep_days=days, chat_days=chat_days))
    assert words in sentence
    ends = {1: "deleted after 1 day.", 7: "deleted after 7 days."}
    assert sentence.endswith(ends.get(chat_days, "publish the notes."))
