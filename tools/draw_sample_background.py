"""Draw rooms/sample/dusk.jpg, the background that comes with the project: hills at dusk.

    python tools/draw_sample_background.py [FILE]

It needs Pillow only. The picture is the same each time: the random numbers have a seed.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 2560, 1440
SEED = 20

Colour = tuple[int, int, int]

# From the top of the sky to the horizon.
SKY: list[tuple[float, Colour]] = [
    (0.00, (20, 26, 58)),
    (0.22, (44, 48, 96)),
    (0.42, (104, 80, 132)),
    (0.56, (184, 110, 130)),
    (0.66, (236, 154, 118)),
    (0.74, (250, 198, 142)),
    (1.00, (252, 214, 164)),
]
# Far hills take the colour of the air in front of them; near ones keep their own.
FAR, NEAR = (196, 122, 132), (17, 20, 38)
HILLS = 7
MOON = (1840, 330, 46)


def mix(a: Colour, b: Colour, t: float) -> Colour:
    red, green, blue = (round(x + (y - x) * t) for x, y in zip(a, b, strict=True))
    return red, green, blue


def gradient(stops: list[tuple[float, Colour]], t: float) -> Colour:
    for (low, a), (high, b) in itertools.pairwise(stops):
        if t <= high:
            x = (t - low) / (high - low)
            return mix(a, b, x * x * (3 - 2 * x))
    return stops[-1][1]


def sky() -> Image.Image:
    column = Image.new("RGB", (1, HEIGHT))
    for y in range(HEIGHT):
        column.putpixel((0, y), gradient(SKY, y / HEIGHT))
    return column.resize((WIDTH, HEIGHT))


def glow(
    image: Image.Image, centre: tuple[int, int], radius: int, colour: Colour, strength: float
) -> Image.Image:
    """Light added around a point, fading to nothing at ``radius``."""
    mask = Image.radial_gradient("L").point(
        lambda v: round(max(0.0, 1 - v / 180) ** 2.2 * 255 * strength)
    )
    mask = mask.resize((2 * radius, 2 * radius), Image.Resampling.BICUBIC)
    light = Image.new("RGB", image.size)
    light.paste(colour, (centre[0] - radius, centre[1] - radius), mask)
    return ImageChops.screen(image, light)


def stars(image: Image.Image, rng: random.Random) -> Image.Image:
    layer = Image.new("RGB", image.size)
    draw = ImageDraw.Draw(layer)
    for _ in range(260):
        x, y = rng.randrange(WIDTH), int(abs(rng.gauss(0, 0.2)) * HEIGHT)
        light = int(rng.uniform(30, 190) * max(0.0, 1 - y / (0.5 * HEIGHT)))
        size = rng.choice((0.8, 0.8, 1.0, 1.5))
        draw.ellipse(
            (x - size, y - size, x + size, y + size), fill=(light, light, min(255, light + 14))
        )
    return ImageChops.screen(image, layer.filter(ImageFilter.GaussianBlur(0.7)))


def moon(image: Image.Image) -> Image.Image:
    """A thin crescent with a breath of earthshine, drawn four times as large for smooth edges."""
    x, y, r = MOON
    image = glow(image, (x, y), 420, (120, 118, 170), 0.55)
    side, scale = 3 * r, 4
    disc = Image.new("L", (side * scale, side * scale))
    c, big = side * scale // 2, r * scale
    ImageDraw.Draw(disc).ellipse((c - big, c - big, c + big, c + big), fill=255)
    shadow = Image.new("L", disc.size)
    dx, dy = int(0.4 * big), int(-0.22 * big)
    ImageDraw.Draw(shadow).ellipse(
        (c - big + dx, c - big + dy, c + big + dx, c + big + dy), fill=255
    )
    crescent = ImageChops.subtract(disc, shadow).filter(ImageFilter.GaussianBlur(3))
    crescent = ImageChops.lighter(crescent, disc.point(lambda v: v // 16))
    mask = crescent.resize((side, side), Image.Resampling.LANCZOS)
    image.paste((255, 246, 226), (x - side // 2, y - side // 2), mask)
    return image


def ridge(rng: random.Random, depth: float) -> Callable[[float], float]:
    """A skyline: height above its base line, in pixels, over x from 0 to 1.

    Far ones are long and soft.
    """
    waves = []
    frequency, size = rng.uniform(0.7, 1.3), 0.085 * HEIGHT * (0.65 + 0.6 * depth)
    for _ in range(9):
        waves.append((frequency, size, rng.uniform(0, 2 * math.pi)))
        frequency *= rng.uniform(1.7, 2.3)
        size *= 0.44 + 0.05 * depth
    return lambda x: sum(
        size * math.sin(2 * math.pi * frequency * x + phase) for frequency, size, phase in waves
    )


def hill(image: Image.Image, rng: random.Random, index: int) -> Image.Image:
    depth = index / (HILLS - 1)
    base = HEIGHT * (0.60 + 0.36 * depth**1.15)
    height = ridge(rng, depth)
    scale = 2
    mask = Image.new("L", (WIDTH * scale, HEIGHT * scale))
    line = [
        (x, scale * (base - height(x / (WIDTH * scale)))) for x in range(0, WIDTH * scale + 1, 4)
    ]
    ImageDraw.Draw(mask).polygon(
        [*line, (WIDTH * scale, HEIGHT * scale), (0, HEIGHT * scale)], fill=255
    )
    mask = mask.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    own = mix(FAR, NEAR, depth**0.72)
    mist = mix(own, (226, 138, 150), 0.36 * (1 - depth) ** 0.8)
    column = Image.new("RGB", (1, HEIGHT))
    for y in range(HEIGHT):
        t = min(1.0, max(0.0, (y - base + 0.08 * HEIGHT) / (0.22 * HEIGHT)))
        column.putpixel((0, y), mix(own, mist, t))
    image.paste(column.resize((WIDTH, HEIGHT)), (0, 0), mask)
    return image


def grain(image: Image.Image, rng: random.Random) -> Image.Image:
    """Fine noise: it breaks the bands that eight bits leave in a soft sky."""
    noise = Image.frombytes("L", (WIDTH // 2, HEIGHT // 2), rng.randbytes(WIDTH * HEIGHT // 4))
    noise = noise.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).point(
        lambda v: 128 + (v - 128) // 22
    )
    return ImageChops.add(image, noise.convert("RGB"), scale=1, offset=-128)


def draw() -> Image.Image:
    rng = random.Random(SEED)
    image = stars(sky(), rng)
    image = moon(image)
    image = glow(image, (820, 960), 1100, (255, 170, 110), 0.5)
    for index in range(HILLS):
        image = hill(image, rng, index)
    return grain(image, rng)


def main() -> None:
    default = Path(__file__).resolve().parent.parent / "rooms" / "sample" / "dusk.jpg"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    draw().save(target, "JPEG", quality=84, optimize=True, progressive=True)
    print(f"{target}: {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
