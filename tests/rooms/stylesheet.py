"""The colours of the call page, read from its stylesheet."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOKENS = (ROOT / "static/rooms/css/tokens.css").read_text()


def tokens(scheme: str) -> dict[str, str]:
    """The custom properties of a colour scheme; the dark ones extend the light ones."""
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    values = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", light))
    if scheme == "dark":
        values |= dict(re.findall(r"(--[\w-]+):\s*([^;]+);", dark.split("@media")[0]))
    return values
