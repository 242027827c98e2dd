"""The archive of a call, read with the programs that its owner has."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest

from rooms import chat
from rooms.models import Attendance, Background, Call, ChatLine, Room
from rooms.posts import archive
from rooms.roles import Role
from tests.rooms.etherpad import Answers, etherpad
from tools.system_packages import find

__all__ = ["etherpad"]  # a fixture

pytestmark = pytest.mark.django_db

T0 = datetime(2030, 1, 1, 23, 30, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def write(room: Room, name: str, text: str, minute: float) -> None:
    line, _ = chat.append(room.pk, name, f"{text}{minute}", name, text)
    ChatLine.objects.filter(pk=line.pk).update(sent=after(minute))


@pytest.fixture
def call(room: Room, settings: Any, tmp_path: Path) -> Call:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "backgrounds").mkdir()
    (tmp_path / "backgrounds" / "a.webp").write_bytes(b"image" * 1000)
    settings.SITE_URL = "https://call.example.org"
    room.background = Background(title="Sky", image="backgrounds/a.webp", width=1, height=1)
    Background.objects.bulk_create([room.background])
    room.save()
    call = Call.objects.create(
        room=room,
        epoch="e",
        started=T0,
        ended=after(60),
        most_people=2,
        notes_html="<h2>Plans</h2><p>Buy <strong>milk</strong> &amp; tea.</p>",
    )
    for name, role, left in (("Ann", Role.OWNER, 60), ("=cmd()", Role.SPEAKER, 5)):
        Attendance.objects.create(
            call=call, participant=name, name=name, role=role, came=after(1), left=after(left)
        )
    write(room, "Ann", "an earlier call", -30)
    write(room, "Ann", "hello\n[2030-01-01T00:00:00+00:00] Bob: forged", 2)
    write(room, "Bob", "\u00fcber \u2764", 3)
    write(room, "Bob", "a later call", 90)
    return call


def opened(call: Call, now: datetime = T0) -> zipfile.ZipFile:
    with archive.archive(call, now) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def texts(call: Call, now: datetime = T0) -> dict[str, str]:
    found = opened(call, now)
    return {
        name: found.read(name).decode() for name in found.namelist() if "background" not in name
    }


def test_everything_of_a_call_is_in_it(call: Call, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    found = texts(call)
    assert "<title>Garden, 2030-01-02</title>" in found["notes.html"]
    assert call.notes_html in found["notes.html"]
    assert found["notes.md"] == "## Plans\n\nBuy **milk** & tea.\n"
    assert found["chat.txt"] == (
        "[2030-01-02T00:32:00+01:00] Ann: hello\n"
        "    [2030-01-01T00:00:00+00:00] Bob: forged\n"
        "[2030-01-02T00:33:00+01:00] Bob: \u00fcber \u2764\n"
    )
    rows = json.loads(found["chat.json"])
    assert [(row["number"], row["name"], row["sent"]) for row in rows] == [
        (2, "Ann", "2030-01-02T00:32:00+01:00"),
        (3, "Bob", "2030-01-02T00:33:00+01:00"),
    ]
    assert rows[0]["text"].startswith("hello\n[")
    assert list(csv.reader(io.StringIO(found["people.csv"], newline=""))) == [
        ["name", "role", "came", "left"],
        ["Ann", "owner", "2030-01-02T00:31:00+01:00", "2030-01-02T01:30:00+01:00"],
        ["'=cmd()", "speaker", "2030-01-02T00:31:00+01:00", "2030-01-02T00:35:00+01:00"],
    ]
    assert json.loads(found["people.json"])[1] == {
        "name": "=cmd()",
        "role": "speaker",
        "came": "2030-01-02T00:31:00+01:00",
        "left": "2030-01-02T00:35:00+01:00",
    }
    event = icalendar.Calendar.from_ical(found["call.ics"]).events[0]
    assert (event.start, event.end, event["summary"]) == (T0, after(60), "Garden")
    assert event["url"] == "https://call.example.org/r/garden/"
    assert "This archive was made: 2030-01-02T00:30:00+01:00" in found["README.txt"]
    assert archive.file_name(call) == "garden-2030-01-02.zip"


@pytest.mark.skipif(not find("unzip") and not os.environ.get("CI"), reason="unzip is missing")
def test_real_programs_open_it(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    with archive.archive(call, T0) as file:
        path.write_bytes(file.read())
    subprocess.run(["unzip", "-tqq", path], check=True, timeout=30)
    assert opened(call).testzip() is None
    assert opened(call).read("background.webp") == b"image" * 1000


def test_only_the_readme_depends_on_the_time(call: Call) -> None:
    first, second = texts(call), texts(call, after(500))
    assert {name for name in first if first[name] != second[name]} == {"README.txt"}
    assert [info.date_time for info in opened(call).infolist()] == [(2030, 1, 2, 0, 30, 0)] * 9


def test_a_call_in_progress_is_archived_so_far(call: Call) -> None:
    call.ended = None
    call.save()
    Attendance.objects.filter(name="Ann").update(left=None)
    found = texts(call, after(10))
    assert len(json.loads(found["chat.json"])) == 2
    assert json.loads(found["people.json"])[0]["left"] is None
    assert "in progress" in found["README.txt"]
    assert "milk" not in found["notes.html"]
    assert "end" not in icalendar.Calendar.from_ical(found["call.ics"]).events[0]


def test_a_call_without_anything_makes_a_valid_archive(room: Room) -> None:
    found = texts(Call.objects.create(room=room, epoch="e", started=T0, ended=T0))
    assert (json.loads(found["chat.json"]), json.loads(found["people.json"])) == ([], [])
    assert (found["chat.txt"], found["notes.md"]) == ("", "")


def test_a_background_whose_file_is_lost_is_mentioned(call: Call, tmp_path: Path) -> None:
    (tmp_path / "backgrounds" / "a.webp").unlink()
    assert "The background is missing" in texts(call)["README.txt"]


@pytest.mark.parametrize(
    "value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"], ids=ascii
)
def test_no_cell_is_a_formula(value: str) -> None:
    assert archive.cell(value) == f"'{value}"


@pytest.mark.parametrize("value", ["Ann", "a=b", "", "2030-01-01T00:00:00+00:00"])
def test_other_cells_stay_as_they_are(value: str) -> None:
    assert archive.cell(value) == value


def test_a_deleted_line_leaves_its_place_and_not_its_text(call: Call) -> None:
    reader = chat.Reader(call.room_id, "p", None)
    for number, text in ((2, None), (3, "newer")):
        chat.edit(reader, number, text, "boss", "Boss", host=True)
    found = texts(call)
    assert "Ann: (deleted)\n" in found["chat.txt"]
    assert "hello" not in "".join(found.values())
    rows = json.loads(found["chat.json"])
    assert [(row["text"], row["edited"], row["deleted"]) for row in rows] == [
        ("", False, True),
        ("newer", True, False),
    ]


def test_a_chat_that_is_in_etherpad_is_read_from_there(call: Call, etherpad: type[Answers]) -> None:
    Room.objects.update(pad_id="garden-1")
    call.room.refresh_from_db()
    etherpad.pads["garden-1"] = "r.1"
    times = (after(-30), after(2), after(90))
    etherpad.chat = [
        {"text": f"line {n}", "userName": None if n else "Ann", "time": at.timestamp() * 1000}
        for n, at in enumerate(times)
    ]
    assert [(row["name"], row["text"]) for row in json.loads(texts(call)["chat.json"])] == [
        ("", "line 1")
    ]
    etherpad.say = b"no"
    found = texts(call)
    assert json.loads(found["chat.json"]) == []
    assert "its chat is missing" in found["README.txt"]


def test_nobody_writes_two_lines_of_etherpads_chat_in_one(
    call: Call, etherpad: type[Answers]
) -> None:
    Room.objects.update(pad_id="garden-1")
    call.room.refresh_from_db()
    etherpad.pads["garden-1"] = "r.1"
    at = after(2).timestamp() * 1000
    etherpad.chat = [
        {"text": f"a{end}[x] Bo: b", "userName": f"Ann{end}[x] Bo", "time": at}
        for end in ("\n", "\r", "\u2028", "\x85")
    ]
    lines = texts(call)["chat.txt"].split("\n")
    assert lines[:2] == [f"[{archive.moment(after(2))}] Ann [x] Bo: a", "    [x] Bo: b"]
    assert lines[:-1] == lines[:2] * 4
