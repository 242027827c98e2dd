"""How long to wait before a worker that died is replaced. Pure: time is a parameter.

A single death is made good at once, since people wait. Something that kills every worker must not
keep the machine busy.
"""

from __future__ import annotations

from collections import deque

# Deaths within so many seconds belong together.
WINDOW_SECONDS = 60.0
# So many of them cost no pause.
FREE = 4
FIRST_SECONDS = 0.5
LONGEST_SECONDS = 10.0


class Pauses:
    """Doubles from ``FIRST_SECONDS`` with each death beyond ``FREE`` within the window."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=32)

    def after(self, now: float) -> float:
        """The pause in seconds after a death at ``now``."""
        self._deaths.append(now)
        recent = sum(now - at <= WINDOW_SECONDS for at in self._deaths)
        if recent <= FREE:
            return 0.0
        return min(FIRST_SECONDS * 2.0 ** (recent - FREE - 1), LONGEST_SECONDS)
