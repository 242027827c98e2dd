"""Chores of the keeper: who is in a call, what is stored at its end, what is deleted later."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError

from rooms.models import Call
from rooms.notes import store, versions
from rooms.posts import attendance, keeping
from rooms.posts.attendance import InCall
from rooms.posts.notes_text import NotesUnavailable, notes_html

logger = logging.getLogger("rooms.keeper")

# When to try to read the notes of a call that has ended, in seconds from then.
NOTES_AFTER = (0.0, 30.0, 120.0, 600.0)

FORGET_SECONDS = 10 * 60.0


class AfterCall:
    """Remembers which calls have ended and are not completed."""

    def __init__(self) -> None:
        self._in_calls: list[InCall] = []
        self._ended: set[int] | None = None
        # The calls whose notes are not stored: since when, and how often it was tried.
        self._without_notes: dict[int, tuple[float, int]] = {}
        self._forgot: float | None = None

    def seen(self, in_calls: list[InCall]) -> None:
        """What the workers report in this round."""
        self._in_calls = in_calls

    def ended(self, calls: Iterable[int]) -> None:
        """These calls have ended. Before the first round of ``finish`` it looks for itself."""
        if self._ended is not None:
            self._ended |= set(calls)

    def write_attendances(self, now: datetime) -> None:
        """Write who is in. Nothing is reported while Redis is away, so nobody leaves then."""
        in_calls, self._in_calls = self._in_calls, []
        attendance.update(in_calls, now)

    def finish(self, now: datetime, at: float) -> None:
        """Complete the attendances of the calls that have ended, once each."""
        if self._ended is None:
            self._ended = set(attendance.unfinished(now))
        if not self._ended:
            return
        for call in Call.objects.filter(pk__in=self._ended, ended__isnull=False).select_related(
            "room"
        ):
            attendance.finish(call)
            with contextlib.suppress(store.BadUpdate):  # then there is nothing to go back to
                versions.keep(call.room_id, now, after=timedelta(0))
            if not call.notes_html:
                self._without_notes.setdefault(call.pk, (at, 0))
        self._ended = set()

    def store_notes(self, at: float) -> None:
        """Store the notes of a call that has ended.

        One call in each round: Etherpad may need seconds to answer, or not to answer.
        """
        due = (
            pk
            for pk, (since, tried) in self._without_notes.items()
            if at - since >= NOTES_AFTER[tried]
        )
        pk = next(due, None)
        if pk is None:
            return
        since, tried = self._without_notes.pop(pk)
        try:
            _store_notes(pk)
        except (OperationalError, InterfaceError):
            # The database is away, so this was no attempt.
            self._without_notes[pk] = since, tried
            raise
        except NotesUnavailable as exc:
            if tried + 1 < len(NOTES_AFTER):
                self._without_notes[pk] = since, tried + 1
            else:
                logger.warning("x the notes of call %d were not stored: %s", pk, exc)

    def forget(self, now: datetime, at: float) -> None:
        """Delete what is old, now and then; in every round while there is more of it."""
        if (self._forgot is None or at - self._forgot >= FORGET_SECONDS) and keeping.forget(now):
            self._forgot = at


def _store_notes(pk: int) -> None:
    """Raises NotesUnavailable."""
    call = Call.objects.select_related("room").filter(pk=pk).first()
    if call is not None and (html := notes_html(call.room)):
        Call.objects.filter(pk=pk).update(notes_html=html)
