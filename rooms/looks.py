"""A room's background and colour as custom properties.

The Content-Security-Policy forbids inline styles, so each background has a tiny stylesheet of its own. Its
address holds a hash of what is in it, and it may be cached for ever.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.urls import reverse

from rooms.colours import on, readable
from rooms.models import Background

LIGHT_PANEL, DARK_PANEL = "#ffffff", "#14171c"
"The panels that an accent stands on, in light and in dark; the panels over the image are never lighter or darker than these."


@dataclass(frozen=True, slots=True)
class Look:
    """What a template needs of a background."""

    url: str
    alt: str
    credit: str
    credit_url: str
    stylesheet: str


def look(background: Background | None) -> Look | None:
    if background is None or not background.image:
        return None
    address = reverse("look", args=[background.pk, fingerprint(background)])
    return Look(
        background.image.url, background.alt, background.credit, background.credit_url, address
    )


def stylesheet(background: Background) -> str:
    """``--accent`` (4.5:1 on our panels), ``--accent-text`` on it, ``--background-image`` and ``--focal`` on ``:root``."""
    light, dark = readable(background.accent, LIGHT_PANEL), readable(background.accent, DARK_PANEL)
    return (
        ":root {\n"
        f"  --accent: {light};\n  --accent-text: {on(light)};\n"
        f'  --background-image: url("{background.image.url}");\n'
        f"  --focal: {background.focal_x}% {background.focal_y}%;\n"
        "}\n"
        "@media (prefers-color-scheme: dark) {\n"
        f"  :root {{ --accent: {dark}; --accent-text: {on(dark)}; }}\n"
        "}\n"
    )


def fingerprint(background: Background) -> str:
    return hashlib.sha256(stylesheet(background).encode()).hexdigest()[:12]
