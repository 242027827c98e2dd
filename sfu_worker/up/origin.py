"""Where media comes from: what a layer, and whoever receives it, knows of the track."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """One published track: there is one of these for each, and its layers share it."""

    id: str
    participant: str
    source: str
    kind: str
