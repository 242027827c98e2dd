"""Colours and their contrast (WCAG 2.2). Pure. Colours are ``#rrggbb``."""

from __future__ import annotations

import colorsys
import math

RGB = tuple[float, float, float]

# WCAG 2.2, 1.4.3: contrast of text.
ENOUGH = 4.5

# Degrees of hue (OKLCH) from the danger colour to an accent: orange is just far enough from red.
APART = 40.0
# A colour with less chroma than this has no hue to speak of.
GREY = 0.03


def luminance(colour: str) -> float:
    """Relative luminance, from 0 (black) to 1 (white)."""
    r, g, b = (_linear(c) for c in parse(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _linear(c: float) -> float:
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def _gamma(c: float) -> float:
    return c * 12.92 if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055


def contrast(a: str, b: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def on(colour: str) -> str:
    """Black or white, whichever reads better on ``colour``; it has at least 4.5:1 contrast."""
    return max("#000000", "#ffffff", key=lambda text: contrast(text, colour))


def readable(colour: str, panel: str) -> str:
    """``colour``, made lighter or darker until it is readable on ``panel``; the hue stays."""
    step = -0.01 if luminance(panel) > 0.18 else 0.01
    lightness, chroma, hue = oklch(colour)
    while contrast(colour, panel) < ENOUGH and 0 <= lightness + step <= 1:
        lightness += step
        colour = from_oklch(lightness, chroma, hue)
    return colour


def apart(colour: str, danger: str) -> str:
    """``colour``, turned away from ``danger``, the colour of buttons that end a call.

    Greys stay as they are. A red becomes amber, and a pink becomes purple.

    """
    lightness, chroma, _hue = oklch(colour)
    distance = hue_distance(colour, danger)
    if chroma < GREY or abs(distance) >= APART:
        return colour
    turned = oklch(danger)[2] + (APART if distance > -APART / 2 else -APART)
    return from_oklch(lightness, chroma, turned)


def hue_distance(colour: str, other: str) -> float:
    """Degrees from ``other``'s hue to ``colour``'s, -180 to 180, in OKLCH."""
    return (oklch(colour)[2] - oklch(other)[2] + 180) % 360 - 180


def oklch(colour: str) -> tuple[float, float, float]:
    """Lightness (0 to 1), chroma (0 to about 0.4) and hue in degrees, see CSS Color 4."""
    r, g, b = (_linear(c) for c in parse(colour))
    long, medium, short = (math.cbrt(cone) for cone in _times(_TO_CONES, (r, g, b)))
    lightness, a, b = _times(_TO_LAB, (long, medium, short))
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """The colour, with as much of its chroma as sRGB can show."""
    low, high = 0.0, chroma
    if (rgb := _rgb(lightness, chroma, hue)) is not None:
        return render(rgb)
    for _step in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if _rgb(lightness, middle, hue) is None else (middle, high)
    return render(_rgb(lightness, low, hue) or (lightness > 0.5,) * 3)


def _rgb(lightness: float, chroma: float, hue: float) -> RGB | None:
    """None if the colour is outside sRGB."""
    angle = math.radians(hue)
    lab = (lightness, chroma * math.cos(angle), chroma * math.sin(angle))
    long, medium, short = (cone**3 for cone in _times(_FROM_LAB, lab))
    linear = _times(_FROM_CONES, (long, medium, short))
    if not all(-1e-4 <= c <= 1 + 1e-4 for c in linear):
        return None
    r, g, b = (_gamma(min(max(c, 0.0), 1.0)) for c in linear)
    return r, g, b


def _times(matrix: tuple[RGB, RGB, RGB], vector: RGB) -> RGB:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


# https://bottosson.github.io/posts/oklab/
_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_FROM_LAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_FROM_CONES = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


def parse(colour: str) -> RGB:
    """Red, green and blue from 0 to 1. Raises ValueError for anything but ``#rrggbb``."""
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError("a colour is #rrggbb")
    r, g, b = bytes.fromhex(colour[1:])
    return r / 255, g / 255, b / 255


def render(rgb: RGB) -> str:
    return "#" + "".join(f"{round(c * 255):02x}" for c in rgb)


def accent(pixels: list[tuple[int, int, int]], fallback: str) -> str:
    """The colour that people remember of an image: its most common vivid hue, slightly muted.

    ``pixels`` holds a few thousand at most. ``fallback`` is returned for a grey image.
    """
    bins: list[list[float]] = [[0.0, 0.0, 0.0, 0.0] for _ in range(24)]
    for pixel in pixels:
        r, g, b = (c / 255 for c in pixel)
        hue, lightness, saturation = colorsys.rgb_to_hls(r, g, b)
        weight = (
            saturation * max(0.0, 1 - abs(lightness - 0.55) * 1.8) if saturation > 0.15 else 0.0
        )
        slot = bins[int(hue * 24) % 24]
        for index, value in enumerate((weight, r * weight, g * weight, b * weight)):
            slot[index] += value
    weight, red, green, blue = max(bins)
    if weight < len(pixels) * 0.005:
        return fallback
    hue, lightness, saturation = colorsys.rgb_to_hls(red / weight, green / weight, blue / weight)
    return render(
        colorsys.hls_to_rgb(hue, min(max(lightness, 0.45), 0.65), min(max(saturation, 0.45), 0.75))
    )
