"""A chore of the keeper: keeps versions of notes that somebody writes in."""

from __future__ import annotations

import logging
from datetime import datetime

from rooms.notes import store, versions

logger = logging.getLogger("rooms.keeper")

LOOK_SECONDS = 30.0


class KeptVersions:
    """Remembers what was looked at, so that each change is read once."""

    def __init__(self) -> None:
        self._looked: float | None = None
        self._seen: dict[int, datetime] = {}

    def keep(self, now: datetime, at: float) -> None:
        """Keep a version of the notes that have changed, now and then."""
        if self._looked is not None and at - self._looked < LOOK_SECONDS:
            return
        self._looked = at
        due = versions.due(now)
        for room, last in due.items():
            if self._seen.get(room) == last:
                continue
            self._seen[room] = last
            try:
                versions.keep(room, now)
            except store.BadUpdate as exc:
                logger.warning("x no version was kept of the notes of room %d: %s", room, exc)
