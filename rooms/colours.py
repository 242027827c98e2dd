"""Colours and their contrast (WCAG 2.2). Pure. Colours are ``#rrggbb``."""

from __future__ import annotations

import colorsys

RGB = tuple[float, float, float]

ENOUGH = 4.5
"WCAG 2.2, 1.4.3: contrast of text."


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parse(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    """1 (the same) to 21 (black on white)."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def on(colour: str) -> str:
    """Black or white, whichever is read better on ``colour``; one of them always has more than 4.5:1."""
    return max("#000000", "#ffffff", key=lambda text: contrast(text, colour))


def readable(colour: str, panel: str) -> str:
    """``colour``, made lighter or darker until it has ``ENOUGH`` contrast on ``panel``."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*parse(colour))
    step = -0.02 if luminance(panel) > 0.18 else 0.02
    while contrast(colour, panel) < ENOUGH and 0 <= lightness + step <= 1:
        lightness += step
        colour = render(colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour


def parse(colour: str) -> RGB:
    """Red, green and blue from 0 to 1. Raises ValueError for anything but ``#rrggbb``."""
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError("a colour is #rrggbb")
    r, g, b = bytes.fromhex(colour[1:])
    return r / 255, g / 255, b / 255


def render(rgb: RGB) -> str:
    return "#" + "".join(f"{round(c * 255):02x}" for c in rgb)


def accent(pixels: list[tuple[int, int, int]], fallback: str) -> str:
    """The colour that an image is remembered by: the hue with most saturated, mid-light pixels, calmed a little.

    ``pixels`` are a few thousand at most. A grey image has none: then it is ``fallback``.
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
