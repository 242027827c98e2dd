"""The picture of a room for link previews: its background with the title on it.

Without a background it is a calm gradient of the accent. The text is white. It reads with a
contrast of at least 4.5 (WCAG 2.2, 1.4.3) on any image, because the scrim alone ensures it.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from rooms.cards.lettering import Font, Lettering, lettering, lines
from rooms.looks.colours import from_oklch, oklch

logger = logging.getLogger(__name__)

# Pixels. What chat programs and social networks ask for.
SIZE = (1200, 630)
MARGIN = 80
TITLE_SIZES = (96, 80, 64)
TITLE_LINES = 3
NAME_SIZE = 30
QUALITY = 84

# How opaque the black over the image is: at the top, and from where the text may begin.
# White text on white pixels under a scrim of 0.54 has a contrast of 4.5.
SCRIM_TOP, SCRIM_TEXT = 0.15, 0.6
TEXT_TOP = 180  # pixels

# Lightness (OKLCH) of the gradient.
LIGHT, DARK = 0.42, 0.22
# How much of the accent's chroma it has.
CALM = 0.6


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. ``focal`` is in percent; ``background`` is a file that we encoded."""

    title: str
    site: str
    accent: str
    background: Path | None
    focal: tuple[int, int]


def draw(picture: Picture, width: int) -> tuple[bytes, bool]:
    """A JPEG, and whether it is complete: false if the background's file is missing."""
    backdrop = _backdrop(picture)
    image = backdrop or _gradient(picture.accent)
    _write(image, picture)
    if width != SIZE[0]:
        image = image.resize((width, height_of(width)), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue(), backdrop is not None or picture.background is None


def height_of(width: int) -> int:
    """The height that belongs to a width."""
    return round(width * SIZE[1] / SIZE[0])


def _backdrop(picture: Picture) -> Image.Image | None:
    """The part of the background around its focal point, under the scrim."""
    if picture.background is None:
        return None
    try:
        with Image.open(picture.background, formats=("WEBP", "JPEG")) as file:
            image = file.convert("RGB")
    except OSError:
        logger.warning("a background's file is missing or damaged: its room has a plain preview")
        return None
    focal = (picture.focal[0] / 100, picture.focal[1] / 100)
    image = ImageOps.fit(image, SIZE, Image.Resampling.LANCZOS, centering=focal)
    opacity = Image.new("L", (1, SIZE[1]))
    for y in range(SIZE[1]):
        strength = SCRIM_TOP + (SCRIM_TEXT - SCRIM_TOP) * min(1, y / TEXT_TOP)
        opacity.putpixel((0, y), round(255 * strength))
    image.paste((0, 0, 0), (0, 0), opacity.resize(SIZE))
    return image


def _gradient(accent: str) -> Image.Image:
    _lightness, chroma, hue = oklch(accent)
    light, dark = (
        Image.new("RGB", SIZE, from_oklch(level, chroma, hue)) for level in (LIGHT, DARK)
    )
    return Image.composite(dark, light, Image.linear_gradient("L").resize(SIZE))


def _write(image: Image.Image, picture: Picture) -> None:
    """The title above the site's name, from the bottom up."""
    pen = ImageDraw.Draw(image)
    _line(pen, lettering(picture.site), NAME_SIZE, SIZE[1] - MARGIN)
    title = lettering(picture.title)
    if not title.text:
        return
    size, rows = _fitted(title)
    below = SIZE[1] - MARGIN - 2 * NAME_SIZE
    step = round(size * 1.15)
    for number, row in enumerate(rows):
        _line(pen, title, size, below - (len(rows) - 1 - number) * step, row)


def _fitted(title: Lettering) -> tuple[int, list[str]]:
    """The largest size in which the whole title fits, and its lines."""
    size, rows = 0, [""]
    for size in TITLE_SIZES:
        rows, whole = lines(title.text, title.font(size), SIZE[0] - 2 * MARGIN, TITLE_LINES)
        if whole:
            break
    return size, rows


def _line(
    pen: ImageDraw.ImageDraw, how: Lettering, size: int, baseline: int, text: str | None = None
) -> None:
    font: Font = how.font(size)
    right = how.right_to_left
    at = (SIZE[0] - MARGIN if right else MARGIN, baseline)
    pen.text(
        at, how.text if text is None else text, "#ffffff", font, anchor="rs" if right else "ls"
    )
