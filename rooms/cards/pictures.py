"""The addresses and files of the pictures for link previews.

An address has the room, the width and a keyed hash over both and what is drawn. So it changes with
the picture, and nobody finds it without having seen it. Files are in DATA_DIR/pictures, and only
a cache: they may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from rooms.cards import drawing
from rooms.events.event import site_name
from rooms.looks import chosen
from rooms.models import Background, Room

# Pixels. The smaller ones are for readers that say how much space there is.
WIDTHS = (1200, 600, 300, 150)

# Changes when the same picture is drawn in another way.
VERSION = 1

MOST_FILES = 200  # about 20 MB
WAIT_SECONDS = 10.0

NAME = re.compile(r"(?P<room>[0-9]{1,18})-(?P<width>[0-9]{3,4})-[0-9a-f]{32}\Z", re.ASCII)

_drawing = threading.Lock()


class Busy(Exception):
    """Other pictures are being drawn; try again in some seconds."""


def address(room: Room, width: int = WIDTHS[0]) -> str:
    """The path of the room's picture."""
    return reverse("picture", args=[name(room, width)])


def name(room: Room, width: int) -> str:
    """The last part of the path, without ``.jpg``."""
    file = row.image.name if (row := chosen.background(room)) and row.image else ""
    # Without the folder's path: the address stays when the data moves to another machine.
    content = (VERSION, room.pk, width, file, replace(described(room), background=None))
    digest = salted_hmac("rooms.cards.pictures", repr(content), algorithm="sha256").hexdigest()
    return f"{room.pk}-{width}-{digest[:32]}"


def described(room: Room) -> drawing.Picture:
    """What is drawn for a room."""
    row = chosen.background(room)
    accent = row.accent if row else str(Background._meta.get_field("accent").get_default())
    file = Path(row.image.path) if row and row.image else None
    focal = (row.focal_x, row.focal_y) if row else (50, 50)
    return drawing.Picture(room.title, site_name(), accent, file, focal)


def room_of(name_: str) -> tuple[Room, int] | None:
    """The room and width of a name that is right today; None for all others."""
    parts = NAME.match(name_)
    if parts is None or int(parts["width"]) not in WIDTHS:
        return None
    rooms = Room.objects.select_related("background").filter(pk=int(parts["room"]), closed=False)
    room, width = rooms.first(), int(parts["width"])
    if room is None or not constant_time_compare(name(room, width), name_):
        return None
    return room, width


def jpeg(room: Room, width: int) -> tuple[bytes, bool]:
    """The picture, and whether it may be kept. Raises Busy.

    Call this in a thread. One picture is drawn at a time in each process.
    """
    file = settings.DATA_DIR / "pictures" / f"{name(room, width)}.jpg"
    kept = _read(file)
    if kept is not None:
        return kept, True
    if not _drawing.acquire(timeout=WAIT_SECONDS):
        raise Busy
    try:
        kept = _read(file)
        if kept is not None:
            return kept, True
        body, complete = drawing.draw(described(room), width)
        if complete:
            _keep(file, body, room)
        return body, complete
    finally:
        _drawing.release()


def _read(file: Path) -> bytes | None:
    with contextlib.suppress(OSError):
        return file.read_bytes()
    return None


def _keep(file: Path, body: bytes, room: Room) -> None:
    """Save a picture, and delete old ones. A full or read-only disk only costs time later."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
            try:
                part.write(body)
                part.flush()
                os.replace(part.name, file)
            except OSError:
                os.unlink(part.name)
                raise
        _tidy(file, room)


def _tidy(newest: Path, room: Room) -> None:
    """Delete the room's earlier pictures, and the oldest of all beyond ``MOST_FILES``."""
    current = {f"{name(room, width)}.jpg" for width in WIDTHS}
    files = {file: file.stat().st_mtime for file in newest.parent.iterdir()}
    order = sorted(files, key=files.__getitem__, reverse=True)
    for place, file in enumerate(order):
        earlier = file.name.startswith(f"{room.pk}-") and file.name not in current
        if file != newest and (earlier or place >= MOST_FILES):
            file.unlink(missing_ok=True)
