"""Draw static/rooms/preview.png, which chat programs show beside a link: a large icon."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

TARGET = Path(__file__).resolve().parents[1] / "static" / "rooms" / "preview.png"
SIZE = (1200, 630)
FINE = 2  # drawn larger and then made smaller, for smooth edges
TOP, BOTTOM = (143, 180, 217), (49, 71, 111)  # as --background-image in tokens.css
BLUE = (47, 95, 208)  # as icon.svg
UNIT = 300 / 32  # pixels for one unit of the icon


def draw() -> Image.Image:
    """The picture."""
    width, height = SIZE[0] * FINE, SIZE[1] * FINE
    rows = Image.new("RGB", (1, height))
    for y in range(height):
        share = y / (height - 1)
        rows.putpixel(
            (0, y), tuple(round(a + (b - a) * share) for a, b in zip(TOP, BOTTOM, strict=True))
        )
    picture = rows.resize((width, height))
    unit = UNIT * FINE
    left, top = (width - 32 * unit) / 2, (height - 32 * unit) / 2

    def at(*points: float) -> list[float]:
        return [(left, top)[i % 2] + point * unit for i, point in enumerate(points)]

    shade = Image.new("L", (width, height))
    ImageDraw.Draw(shade).rounded_rectangle(at(0, 1.2, 32, 33.2), 9 * unit, fill=90)
    picture.paste((12, 16, 24), mask=shade.filter(ImageFilter.GaussianBlur(1.6 * unit)))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle(at(0, 0, 32, 32), 9 * unit, fill=BLUE)
    pen.rounded_rectangle(at(6, 10, 19, 22), 3 * unit, fill="white")
    pen.polygon(at(21, 14.5, 26, 11, 26, 21, 21, 17.5), fill="white")
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    draw().save(TARGET, optimize=True)
    print(f"{TARGET} has {TARGET.stat().st_size} bytes")
