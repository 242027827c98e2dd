"""A thread of the keeper: looks once a second whose session in Etherpad must end."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, close_old_connections, connection

from rooms.entry import pad_rights
from rooms.entry.steady_clock import steady_now
from rooms.notes import pads
from rooms.notes.pads import PadUnavailable

logger = logging.getLogger("rooms.keeper")

STEP_SECONDS = 1.0


class PadWatch:
    """Runs while Etherpad keeps the notes."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pads", daemon=True)
        self._trouble = ""

    def start(self) -> None:
        """Start it, if there is an Etherpad."""
        if isinstance(pads.provider(), pads.Etherpad):
            self._thread.start()

    def stop(self) -> None:
        """Wait for its end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(STEP_SECONDS):
            try:
                close_old_connections()
                pad_rights.step(steady_now())
            except (PadUnavailable, DatabaseError, OSError) as exc:
                self._failed(exc)
            except Exception:
                logger.exception("x unexpected error; the sessions in Etherpad are checked again")
            else:
                if self._trouble:
                    logger.info("- the sessions in Etherpad are checked again")
                self._trouble = ""
        connection.close()

    def _failed(self, exc: Exception) -> None:
        """Once: Etherpad may be away for long."""
        trouble = type(exc).__name__
        level = logging.DEBUG if trouble == self._trouble else logging.WARNING
        logger.log(level, "x the sessions in Etherpad were not checked: %s", exc)
        self._trouble = trouble
