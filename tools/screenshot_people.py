"""Draw the people of the screenshots: short calm clips for fake cameras, and their sound."""

from __future__ import annotations

import math
import random
import wave
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

SIZE = (960, 540)
RATE = 10
# Two seconds, then from the start: every movement is a whole number of turns in that time.
FRAMES = 20

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Sitter:
    """How someone looks.

    ``wall`` goes from the upper to the lower colour; ``hair`` is short, long or a bun.
    """

    name: str
    wall: tuple[Colour, Colour]
    lights: Colour
    skin: Colour
    hair_colour: Colour
    hair: str
    clothes: Colour
    speaks: bool = False


SITTERS = [
    Sitter(
        "Ann Becker",
        ((236, 214, 190), (176, 128, 104)),
        (255, 236, 200),
        (236, 188, 156),
        (92, 54, 36),
        "long",
        (64, 98, 128),
    ),
    Sitter(
        "Ben Okafor",
        ((120, 158, 168), (44, 74, 92)),
        (250, 226, 170),
        (122, 78, 54),
        (34, 26, 24),
        "short",
        (214, 168, 88),
        True,
    ),
    Sitter(
        "Cleo Marin",
        ((206, 214, 190), (108, 134, 108)),
        (255, 250, 226),
        (214, 160, 124),
        (46, 34, 32),
        "bun",
        (150, 70, 74),
    ),
    Sitter(
        "Dan Ito",
        ((92, 92, 136), (36, 38, 70)),
        (255, 196, 150),
        (240, 202, 170),
        (28, 28, 34),
        "short",
        (232, 230, 224),
    ),
]


def write_clip(sitter: Sitter, path: Path) -> None:
    """A clip in YUV4MPEG2, as Chromium's ``--use-file-for-fake-video-capture`` takes it."""
    wall = _wall(sitter)
    with path.open("wb") as out:
        out.write(b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n" % (*SIZE, RATE))
        for number in range(FRAMES):
            y, cb, cr = _frame(sitter, wall, number / FRAMES * math.tau).convert("YCbCr").split()
            half = (SIZE[0] // 2, SIZE[1] // 2)
            out.write(b"FRAME\n" + y.tobytes())
            out.write(
                b"".join(plane.resize(half, Image.Resampling.BOX).tobytes() for plane in (cb, cr))
            )


def write_sound(sitter: Sitter, path: Path) -> None:
    """Ten seconds of someone who speaks, or of a quiet room."""
    noise = random.Random(sitter.name)
    samples = bytearray()
    for n in range(48_000 * 10):
        loud = 9000 * max(0.0, math.sin(n / 48_000 * 5)) if sitter.speaks else 0
        value = int(
            loud * math.sin(n / 48_000 * math.tau * 140) * math.sin(n / 48_000 * 17)
            + noise.randint(-2, 2)
        )
        samples += value.to_bytes(2, "little", signed=True)
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 48_000, 0, "NONE", ""))
        out.writeframes(bytes(samples))


def _wall(sitter: Sitter) -> Image.Image:
    """The room behind them: a soft gradient, lights out of focus, something on a shelf."""
    width, height = SIZE
    gradient = Image.linear_gradient("L").resize(SIZE)
    image = Image.composite(
        Image.new("RGB", SIZE, sitter.wall[1]), Image.new("RGB", SIZE, sitter.wall[0]), gradient
    )
    chance = random.Random(sitter.name)
    for _ in range(9):
        x, y, r = (
            chance.randint(0, width),
            chance.randint(0, height * 2 // 3),
            chance.randint(24, 70),
        )
        light = Image.new("L", SIZE, 0)
        ImageDraw.Draw(light).ellipse((x - r, y - r, x + r, y + r), fill=chance.randint(30, 90))
        image.paste(sitter.lights, mask=light.filter(ImageFilter.GaussianBlur(6)))
    shelf = Image.new("L", SIZE, 0)
    draw = ImageDraw.Draw(shelf)
    left, top = (40, 190) if chance.random() < 0.5 else (690, 190)
    draw.rectangle((left, top, left + 230, top + 10), fill=150)
    for k in range(6):
        draw.rectangle(
            (left + 16 + k * 26, top - 60 - (k * 37) % 41, left + 36 + k * 26, top),
            fill=90 + k * 22,
        )
    image.paste(sitter.wall[1], mask=shelf.filter(ImageFilter.GaussianBlur(5)))
    return image


def _frame(sitter: Sitter, wall: Image.Image, turn: float) -> Image.Image:
    """Someone in front of the wall, at one moment of the two seconds."""
    image = wall.resize((SIZE[0] * 2, SIZE[1] * 2))
    draw = ImageDraw.Draw(image)
    nod = math.sin(turn * (2 if sitter.speaks else 1)) * 8
    x, y = 960 + math.sin(turn) * 10, 470 + nod
    shade: Colour = (
        int(sitter.skin[0] * 0.86),
        int(sitter.skin[1] * 0.82),
        int(sitter.skin[2] * 0.8),
    )
    if sitter.hair == "long":
        draw.rounded_rectangle((x - 205, y - 220, x + 205, y + 330), 190, fill=sitter.hair_colour)
    if sitter.hair == "bun":
        draw.ellipse((x - 85, y - 350, x + 85, y - 190), fill=sitter.hair_colour)
    draw.rounded_rectangle((x - 78, y + 90, x + 78, y + 330), 60, fill=shade)
    draw.rounded_rectangle((960 - 430, 740 + nod / 4, 960 + 430, 1500), 250, fill=sitter.clothes)
    draw.pieslice((x - 120, 632 + nod / 4, x + 120, 844 + nod / 4), 0, 180, fill=shade)
    for side in (-1, 1):
        draw.ellipse((x + side * 168 - 30, y - 40, x + side * 168 + 30, y + 50), fill=shade)
    draw.rounded_rectangle((x - 168, y - 220, x + 168, y + 200), 165, fill=sitter.skin)
    draw.chord((x - 182, y - 250, x + 182, y + 130), 180, 360, fill=sitter.hair_colour)
    draw.ellipse((x - 120, y - 110, x + 162, y + 60), fill=sitter.skin)
    _face(draw, sitter, x, y, turn)
    return image.resize(SIZE, Image.Resampling.LANCZOS)


def _face(draw: ImageDraw.ImageDraw, sitter: Sitter, x: float, y: float, turn: float) -> None:
    dark: Colour = (44, 32, 30)
    for side in (-1, 1):
        draw.ellipse((x + side * 66 - 13, y - 18, x + side * 66 + 13, y + 10), fill=dark)
        draw.arc(
            (x + side * 66 - 36, y - 64, x + side * 66 + 36, y - 8),
            215,
            325,
            fill=sitter.hair_colour,
            width=9,
        )
    draw.arc((x - 22, y + 18, x + 22, y + 62), 40, 140, fill=dark, width=5)
    if sitter.speaks:
        opened = 14 + 12 * math.sin(turn * 4)
        draw.ellipse((x - 40, y + 110 - opened, x + 40, y + 110 + opened), fill=(120, 52, 50))
    else:
        draw.arc((x - 58, y + 60, x + 58, y + 132), 25, 155, fill=(120, 60, 56), width=9)
