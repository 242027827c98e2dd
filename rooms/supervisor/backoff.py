"""How long to wait before a dead child is restarted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 10.0
# A child that ran this long was healthy: its next death counts as its first.
HEALTHY_SECONDS = 30.0


@dataclass
class Backoff:
    """Doubles from ``FIRST_SECONDS`` to ``LONGEST_SECONDS``; ``HEALTHY_SECONDS`` reset it."""

    _next: float = FIRST_SECONDS

    def after(self, uptime: float) -> float:
        """The pause in seconds after a run of ``uptime`` seconds."""
        if uptime >= HEALTHY_SECONDS:
            self._next = FIRST_SECONDS
        pause = self._next
        self._next = min(self._next * 2, LONGEST_SECONDS)
        return pause
