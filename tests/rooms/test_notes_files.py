"""Files of the notes, and their versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pycrdt import Doc, Text

from rooms.management.notes_versions import KeptVersions
from rooms.models import NotesAuthor, NotesVersion, Room
from rooms.notes import clearing, store, versions

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def write(room: Room, text: str, client: int = 7, name: str = "Ann") -> None:
    """Somebody writes at the end of the notes."""
    updates = store.load(room.pk)
    doc: Doc[Any] = Doc(client_id=client)
    for update in updates:
        doc.apply_update(update)
    before = doc.get_state()
    notes = doc.get("notes", type=Text)
    notes += text
    store.append(room.pk, doc.get_update(before))
    NotesAuthor.objects.get_or_create(room=room, client=client, defaults={"name": name})


def test_a_version_is_kept_at_most_every_few_minutes_and_only_of_what_is_new(room: Room) -> None:
    assert not versions.keep(room.pk, NOW)
    write(room, "Hello")
    assert versions.keep(room.pk, NOW)
    write(room, " Ben", 8, "Ben")
    assert not versions.keep(room.pk, NOW + timedelta(minutes=1))
    assert versions.keep(room.pk, NOW + timedelta(minutes=5))
    assert not versions.keep(room.pk, NOW + timedelta(minutes=20))
    newest, oldest = versions.listed(room.pk)
    assert (newest.names, oldest.names) == ("Ben", "Ann")
    assert versions.delta(newest) == [{"insert": "Hello Ben"}]
    assert versions.delta(oldest) == [{"insert": "Hello"}]


def test_only_the_newest_versions_are_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "MOST", 3)
    for number in range(5):
        write(room, str(number))
        versions.keep(room.pk, NOW + timedelta(minutes=number), after=timedelta(0))
    assert [versions.delta(row) for row in versions.listed(room.pk)][-1] == [{"insert": "012"}]


def test_the_keeper_keeps_versions_while_somebody_writes(room: Room) -> None:
    chore = KeptVersions()
    write(room, "Hello")
    later = timezone.now() + timedelta(minutes=10)
    chore.keep(later, 0.0)
    write(room, "!")
    chore.keep(later + timedelta(minutes=10), 10.0)
    assert NotesVersion.objects.count() == 1
    NotesVersion.objects.update(created=NOW - timedelta(minutes=10))
    chore.keep(later + timedelta(minutes=10), 40.0)
    assert NotesVersion.objects.count() == 2


def test_notes_that_are_deleted_leave_no_version(room: Room) -> None:
    write(room, "secret")
    versions.keep(room.pk, NOW)
    clearing.clear(room.pk)
    assert not NotesVersion.objects.exists()
    assert not NotesAuthor.objects.exists()


def test_those_who_may_write_see_the_history_and_others_do_not(client: Client, room: Room) -> None:
    write(room, "Hello")
    path = f"/n/{room.notes_key}/versions/"
    [only] = client.get(path).json()["versions"]
    assert only["names"] == "Ann"
    assert client.get(f"{path}{only['id']}/").json()["ops"] == [{"insert": "Hello"}]
    write(room, "!")
    assert len(client.get(path).json()["versions"]) == 1
    assert len(client.post(path).json()["versions"]) == 2
    assert client.get(f"{path}999/").status_code == 404
    other = Room.objects.create(slug="tea", title="Tea")
    assert client.get(f"/n/{other.notes_key}/versions/{only['id']}/").status_code == 404
    for key in (room.notes_read_key, "unknown-key-of-a-link"):
        assert client.get(f"/n/{key}/versions/").status_code == 404
        assert client.post(f"/n/{key}/versions/").status_code == 404


def test_the_notes_are_a_file_in_markdown_and_html(client: Client, room: Room) -> None:
    room.title = "Tea & <cake>"
    room.save()
    write(room, "Hello *you*\n")
    for key in (room.notes_key, room.notes_read_key):
        text = client.get(f"/n/{key}/notes.md")
        assert text["Content-Type"] == "text/markdown; charset=utf-8"
        assert text["Content-Disposition"] == 'attachment; filename="garden-notes.md"'
        assert text.content.decode().startswith("# Tea & \\<cake>\n\nHello \\*you\\*")
        page = client.get(f"/n/{key}/notes.html").content.decode()
        assert "<h1>Tea &amp; &lt;cake&gt;</h1>" in page
        assert "<p>Hello *you*</p>" in page
    assert client.get("/n/unknown-key-of-a-link/notes.md").status_code == 404
