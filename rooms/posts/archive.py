"""One ZIP file with all that is kept of a call. It is made in bounded memory."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import IO

import icalendar
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from rooms import plain_text, site_time
from rooms.entry.sharing import absolute
from rooms.events.event import site_name
from rooms.looks import chosen
from rooms.models import Attendance, Call, ChatLine
from rooms.notes import pads
from rooms.posts.notes_text import NotesUnavailable, markdown, notes_html

# Files larger than this are on disk while they are sent.
SPOOLED_BYTES = 2 * 1024 * 1024

# The clocks of the servers that write chat lines and calls may differ by this.
CLOCKS = timedelta(seconds=5)

# Spreadsheet programs take a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the chat. The text of a deleted line is empty."""

    number: int
    sent: datetime
    name: str
    text: str
    reply_to: int | None = None
    edited: bool = False
    deleted: bool = False


def file_name(call: Call) -> str:
    """As in garden-2026-12-24.zip, by the day on which the call began."""
    return f"{call.room.slug}-{site_time.local(call.started):%Y-%m-%d}.zip"


def archive(call: Call, now: datetime) -> IO[bytes]:
    """The file, at its beginning. A call that is in progress is archived so far."""
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES))
        write(call, file, now)
        file.seek(0)
        stack.pop_all()
    return file


def write(call: Call, out: IO[bytes], now: datetime) -> None:
    """Write the ZIP file. Everything in it but the README depends on the call alone."""
    html, remarks = _notes(call)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        files = _Files(zipped, call.ended or call.started)
        with files.text("notes.html") as text:
            text.write(_page(call, html))
        with files.text("notes.md") as text:
            text.write(markdown(html))
        remarks += _write_chat(files, call, now)
        _write_people(files, call)
        with files.text("call.ics", newline="") as text:
            text.write(calendar(call).decode())
        remarks += _write_background(files, call)
        with files.text("README.txt") as text:
            text.write(_readme(call, now, remarks))


class _Files:
    """Makes the entries of the ZIP file, all with the same time."""

    def __init__(self, zipped: zipfile.ZipFile, at: datetime) -> None:
        self._zipped = zipped
        # The format knows no zone, and no year before 1980.
        self._at = max(at.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC)).timetuple()[:6]

    @contextmanager
    def binary(self, name: str) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(name, self._at)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with self._zipped.open(info, "w") as file:
            yield file

    @contextmanager
    def text(self, name: str, newline: str | None = "\n") -> Iterator[io.TextIOWrapper]:
        with self.binary(name) as file:
            text = io.TextIOWrapper(file, "utf-8", newline=newline)
            yield text
            text.flush()
            text.detach()


def _notes(call: Call) -> tuple[str, list[str]]:
    """The notes at the end of the call, or those of a call in progress, and what to say of them."""
    if call.ended is not None:
        return call.notes_html, []
    try:
        return notes_html(call.room), []
    except NotesUnavailable as exc:
        return "", [str(exc)]


def _page(call: Call, html: str) -> str:
    title = f"{call.room.title}, {site_time.local(call.started):%Y-%m-%d}"
    return format_html(
        '<!doctype html>\n<html>\n<head><meta charset="utf-8"><title>{}</title></head>\n'
        "<body>\n<h1>{}</h1>\n{}\n</body>\n</html>\n",
        title,
        title,
        mark_safe(html),  # sanitised when it was stored
    )


# Chat


@dataclass(frozen=True, slots=True)
class _Stored:
    """Reads the lines from the database in portions, each time that it is iterated."""

    rows: QuerySet[ChatLine]

    def __iter__(self) -> Iterator[Line]:
        for row in self.rows.iterator(chunk_size=500):
            edited, deleted = row.edited is not None, row.deleted is not None
            # It was emptied when it was deleted. No other text may come out either.
            text = "" if deleted else row.text
            yield Line(row.number, row.sent, row.name, text, row.reply_to, edited, deleted)


def lines(call: Call, now: datetime) -> Iterable[Line]:
    """The lines of the call's time, the oldest first. Raises PadUnavailable."""
    first, last = call.started - CLOCKS, (call.ended or now) + CLOCKS
    provider = pads.provider()
    if isinstance(provider, pads.Etherpad):
        return [
            # Any program that speaks to Etherpad may send any characters.
            Line(number, sent, plain_text.line(name), plain_text.passage(text))
            for number, (sent, name, text) in enumerate(provider.chat(call.room), 1)
            if first <= sent <= last
        ]
    rows = ChatLine.objects.filter(room=call.room_id, sent__range=(first, last)).order_by("number")
    return _Stored(rows)


def _write_chat(files: _Files, call: Call, now: datetime) -> list[str]:
    remarks: list[str] = []
    try:
        found = lines(call, now)
    except pads.PadUnavailable:
        found = []
        remarks.append(_("Etherpad did not answer, so its chat is missing. Download it again."))
    with files.text("chat.txt") as text:
        for line in found:
            # Further lines are indented, so that nobody can write a line in another's name.
            body = line.text.replace("\n", "\n    ") or f"({_('deleted')})"
            text.write(f"[{moment(line.sent)}] {line.name}: {body}\n")
    with files.text("chat.json") as text:
        _write_json(text, (asdict(line) | {"sent": moment(line.sent)} for line in found))
    return remarks


def _write_json(text: IO[str], rows: Iterable[dict[str, object]]) -> None:
    """One row on each line, so that no list of all of them is needed."""
    text.write("[")
    for number, row in enumerate(rows):
        text.write(",\n" if number else "\n")
        text.write(json.dumps(row, ensure_ascii=False))
    text.write("\n]\n")


# People


def _people(call: Call) -> Iterator[dict[str, object]]:
    rows = Attendance.objects.filter(call=call).order_by("came", "pk")
    for row in rows.iterator(chunk_size=500):
        left = moment(row.left) if row.left is not None else None
        yield {"name": row.name, "role": row.role, "came": moment(row.came), "left": left}


def _write_people(files: _Files, call: Call) -> None:
    with files.text("people.csv", newline="") as text:
        table = csv.writer(text)
        table.writerow(["name", "role", "came", "left"])
        table.writerows([cell(value) for value in row.values()] for row in _people(call))
    with files.text("people.json") as text:
        _write_json(text, _people(call))


def cell(value: object) -> str:
    """A value for a spreadsheet program, which must not run it as a formula. Pure."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


# The rest


def _write_background(files: _Files, call: Call) -> list[str]:
    background = chosen.background(call.room, call.started.date())
    if background is None or not background.image:
        return []
    try:
        with background.image.open("rb") as image:
            suffix = PurePosixPath(background.image.name or "").suffix
            with files.binary(f"background{suffix}") as out:
                shutil.copyfileobj(image, out)
    except OSError:
        return [_("The background is missing, because its file cannot be read.")]
    return []


def calendar(call: Call) -> bytes:
    """The call as an event of the past (iCalendar, RFC 5545)."""
    file, event = icalendar.Calendar(), icalendar.Event()
    file.add("prodid", f"-//confcall//{site_name()}//EN")
    file.add("version", "2.0")
    event.add("uid", f"call-{call.pk}@{site_name()}")
    event.add("dtstamp", _utc(call.ended or call.started))
    event.add("dtstart", _utc(call.started))
    if call.ended is not None:
        event.add("dtend", _utc(call.ended))
    event.add("summary", call.room.title)
    if call.room.description:
        event.add("description", call.room.description)
    event.add("url", absolute(call.room.get_absolute_url()))
    file.add_component(event)
    return bytes(file.to_ical())


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(microsecond=0)


def moment(value: datetime) -> str:
    """ISO 8601 in the site's time zone, as in 2026-12-24T18:00:00+01:00."""
    return site_time.local(value).isoformat(timespec="seconds")


def _readme(call: Call, now: datetime, remarks: list[str]) -> str:
    ended = moment(call.ended) if call.ended else _("in progress; this is what there is so far")
    parts = [
        call.room.title,
        absolute(call.room.get_absolute_url()),
        "",
        _("Started: {moment}").format(moment=moment(call.started)),
        _("Ended: {moment}").format(moment=ended),
        _("Most people at once: {count}").format(count=call.most_people),
        _("This archive was made: {moment}").format(moment=moment(now)),
        "",
        _("notes.html, notes.md: the notes as they were at the end of the call"),
        _("chat.txt, chat.json: the chat during the call"),
        _("people.csv, people.json: who was there, and when they came and left"),
        _("call.ics: the call for a calendar"),
        _("background: the image behind the call, if the room has one"),
        "",
        _("In people.csv, an apostrophe stands before a name that looks like a formula."),
        *remarks,
    ]
    return "\n".join(parts) + "\n"
