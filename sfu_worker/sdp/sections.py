"""The lines of a session description, sorted into the session's part and one part per m-line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfu_worker import wire
from sfu_worker.sdp.types import SdpError

MAX_MEDIA = 128

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~]{1,64}")  # RFC 8866, 9
UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")  # RFC 8839, 5.4
PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class Section:
    """The lines of the session or of one m-line: attribute name -> values in order."""

    __slots__ = ("attributes", "media")

    def __init__(self, media: str = "") -> None:
        self.media = media
        self.attributes: dict[str, list[str]] = {}

    def all(self, name: str) -> list[str]:
        return self.attributes.get(name, [])

    def first(self, name: str) -> str:
        values = self.attributes.get(name)
        return values[0] if values else ""

    def has(self, name: str) -> bool:
        return name in self.attributes


def split_lines(text: str) -> Iterator[str]:
    """The lines of a text. Raises SdpError if it is too long or has control characters."""
    if not isinstance(text, str) or len(text) > wire.MAX_SDP_BYTES:
        raise SdpError("the session description is too long")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as exc:
        raise SdpError("the session description is not valid text") from exc
    if size > wire.MAX_SDP_BYTES:
        raise SdpError("the session description is too long")
    text = text.replace("\r\n", "\n")
    # Parts of the offer are repeated in the answer: nothing in a line may look like the end of one.
    if _CONTROL.search(text):
        raise SdpError("the session description contains control characters")
    return iter(text.split("\n"))


def read_sections(text: str) -> tuple[Section, list[Section], int]:
    """Split into the session's part and one part per m-line; also the version from the o= line."""
    lines = split_lines(text)
    if next(lines, "") != "v=0":
        raise SdpError("a session description starts with v=0")
    session = current = Section()
    sections: list[Section] = []
    version = 1
    for line in lines:
        kind, _, value = line.partition("=")
        if kind == "a":
            name, _, value = value.partition(":")
            current.attributes.setdefault(name, []).append(value)
        elif kind == "m":
            if len(sections) == MAX_MEDIA:
                raise SdpError(f"more than {MAX_MEDIA} m-lines")
            current = Section(value)
            sections.append(current)
        elif kind == "o" and current is session:
            fields = value.split()
            version = number(fields[2], 2**63 - 1) if len(fields) == 6 else 1
    return session, sections, version


def number(text: str, high: int) -> int:
    """A decimal number up to ``high``.

    Not ``int(text)``: that takes signs, underscores and other scripts' digits.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or int(text) > high:
        raise SdpError("a number is malformed or out of range")
    return int(text)
