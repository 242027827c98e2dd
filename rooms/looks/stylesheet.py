"""A room's background and colour as custom properties.

The Content-Security-Policy forbids inline styles, so each background has a tiny stylesheet of its
own. Its address contains a hash of its content, so it may be cached for ever.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.urls import reverse

from rooms.looks.colours import apart, on, readable
from rooms.models import Background

# The panels behind an accent, in light and in dark mode. The translucent panels over an image are
# never lighter or darker than these.
LIGHT_PANEL, DARK_PANEL = "#ffffff", "#14171c"

# As in static/rooms/css/tokens.css: the colours of what ends or removes something.
LIGHT_DANGER, DARK_DANGER = "#b3261e", "#ff8a80"


@dataclass(frozen=True, slots=True)
class Look:
    """What a template needs to know about a background."""

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
    """``--accent``, its ``--accent-text``, ``--background-image`` and ``--focal`` on ``:root``."""
    light = accent(background.accent, LIGHT_PANEL, LIGHT_DANGER)
    dark = accent(background.accent, DARK_PANEL, DARK_DANGER)
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


def accent(colour: str, panel: str, danger: str) -> str:
    """An image's colour for our buttons: 4.5:1 on the panel, and distinct from ``danger``."""
    return readable(apart(colour, danger), panel)


def fingerprint(background: Background) -> str:
    return hashlib.sha256(stylesheet(background).encode()).hexdigest()[:12]
