"""A font that has every letter of a text, and the text in lines that fit a width.

Pillow's own font has the letters of ASCII. For others a font of the system is asked for
(``fc-match`` of fontconfig). A text that no font has is left out: boxes would say nothing.
"""

from __future__ import annotations

import functools
import subprocess
import unicodedata
from dataclasses import dataclass

from PIL import ImageFont, features

from rooms.plain_text import REMOVED

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

ELLIPSIS = "..."  # in every font
FC_MATCH_SECONDS = 5.0

# What a font without these characters can show in their place.
_PLAIN = str.maketrans({"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."})
_PICTURES = ("So", "Sk", "Cf", "Co", "Cn")


@dataclass(frozen=True, slots=True)
class Lettering:
    """``text`` can be written with the font in ``path``; ``""``: with Pillow's own."""

    text: str
    path: str = ""
    index: int = 0

    def font(self, size: int) -> Font:
        """``size`` is in pixels. Raises OSError if the font has gone."""
        if not self.path:
            return ImageFont.load_default(size)
        return ImageFont.truetype(self.path, size, index=self.index)

    @property
    def right_to_left(self) -> bool:
        strong = (unicodedata.bidirectional(c) for c in self.text)
        return next((kind != "L" for kind in strong if kind in ("L", "R", "AL")), False)


def lettering(text: str) -> Lettering:
    """How to write ``text``: as it is, else without its emoji, else not at all."""
    text = " ".join(unicodedata.normalize("NFC", REMOVED.sub("", text)).split())
    letters = "".join(c for c in text if not _is_picture(c))
    for wanted in dict.fromkeys((text, text.translate(_PLAIN), " ".join(letters.split()))):
        found = _with_font(wanted) if wanted else None
        if found is not None:
            return found
    return Lettering("")


def _is_picture(char: str) -> bool:
    """Emoji, and the characters that change or join them."""
    return unicodedata.category(char) in _PICTURES or 0xFE00 <= ord(char) <= 0xFE0F


def _with_font(text: str) -> Lettering | None:
    if text.isascii():
        return Lettering(text)
    # Many scripts need more than one glyph after the other, from left to right.
    if not features.check("raqm"):
        return None
    return _system(text, frozenset(text) - {" "})


def _system(text: str, letters: frozenset[str]) -> Lettering | None:
    """With the system's font that has all ``letters``."""
    answer = _fc_match(" ".join(f"{ord(c):x}" for c in sorted(letters)))
    path, _, rest = answer.partition("\n")
    index, _, covered = rest.partition("\n")
    if not path or not index.isdigit() or not covers(covered, letters):
        return None
    return Lettering(text, path, int(index) & 0xFFFF)


@functools.lru_cache(maxsize=64)
def _fc_match(letters: str) -> str:
    """File, number of the face in it, and the characters that it has; empty without fontconfig."""
    pattern = f"sans:bold:scalable=true:color=false:charset={letters}"
    command = ["fc-match", "-f", "%{file}\n%{index}\n%{charset}", pattern]
    try:
        done = subprocess.run(command, capture_output=True, timeout=FC_MATCH_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


def covers(charset: str, letters: frozenset[str]) -> bool:
    """Whether fontconfig's list of characters, as in ``20-7e a9``, has all of these."""
    ranges = []
    for part in charset.split():
        first, _, last = part.partition("-")
        ranges.append(range(int(first, 16), int(last or first, 16) + 1))
    return all(any(ord(letter) in span for span in ranges) for letter in letters)


def lines(text: str, font: Font, width: float, most: int) -> tuple[list[str], bool]:
    """``text`` in at most ``most`` lines of ``width`` pixels, and whether all of it fits."""
    done: list[str] = []
    rest = text
    while rest and len(done) < most:
        line = _first_line(rest, font, width)
        done.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    if rest:
        last = done[-1]
        while last and font.getlength(last + ELLIPSIS) > width:
            last = last[:-1].rstrip()
        done[-1] = last + ELLIPSIS
    return done, not rest


def _first_line(text: str, font: Font, width: float) -> str:
    """As much of the beginning as fits, whole words if possible; at least one character."""
    if font.getlength(text) <= width:
        return text
    end = 1
    while end < len(text) and font.getlength(text[: end + 1]) <= width:
        end += 1
    blank = text.rfind(" ", 0, end + 1)
    return text[: blank + 1] if blank > 0 else text[:end]
