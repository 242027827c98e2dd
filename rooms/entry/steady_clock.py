"""The time by which someone in a call keeps or loses their rights.

An invite expires, a room closes: moments that the owner set, compared with this server's clock. If
that clock is moved by an hour, no one in a call may lose their place. So a move is believed only
after a while. By then a mistake has been noticed, or the moment has really come.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

# A larger difference between the wall clock and the monotonic one is a move. Below it the wall
# clock is followed: it is always being corrected a little.
MOVED_SECONDS = 30.0

# A move is believed after this, which is longer than the largest one that a call must survive.
BELIEVED_SECONDS = 2 * 3600.0


class SteadyClock:
    """Follows a wall clock, but no sudden move of it. Pure: takes both clocks, in seconds."""

    def __init__(self, wall: float, monotonic: float) -> None:
        self._offset = wall - monotonic
        self._moved_at: float | None = None

    def read(self, wall: float, monotonic: float) -> float:
        """The time in Unix seconds."""
        if abs(wall - monotonic - self._offset) < MOVED_SECONDS:
            self._moved_at = None
        elif self._moved_at is None:
            self._moved_at = monotonic
        if self._moved_at is None or monotonic - self._moved_at > BELIEVED_SECONDS:
            self._offset, self._moved_at = wall - monotonic, None
        return monotonic + self._offset


_clock = SteadyClock(time.time(), time.monotonic())


def steady_now() -> datetime:
    """The time by this process' steady clock."""
    return datetime.fromtimestamp(_clock.read(time.time(), time.monotonic()), UTC)
