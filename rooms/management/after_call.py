"""Chores of the keeper: who is in a call, what is stored at its end, what is deleted later."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from rooms.models import Call
from rooms.posts import attendance
from rooms.posts.attendance import InCall

logger = logging.getLogger("rooms.keeper")


class AfterCall:
    """Remembers which calls have ended and are not completed."""

    def __init__(self) -> None:
        self._in_calls: list[InCall] = []
        self._ended: set[int] | None = None

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

    def finish(self, now: datetime) -> None:
        """Complete the calls that have ended, once each."""
        if self._ended is None:
            self._ended = set(attendance.unfinished(now))
        if not self._ended:
            return
        for call in Call.objects.filter(pk__in=self._ended, ended__isnull=False).select_related(
            "room"
        ):
            attendance.finish(call)
        self._ended = set()
