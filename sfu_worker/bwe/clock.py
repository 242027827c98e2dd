"""The receiver's clock, as its feedback shows it. Pure."""

from __future__ import annotations

from sfu_worker.bwe.history import TICKS_PER_SECOND

# Seconds after which the receiver's reference time begins anew: 24 bits of 64 ms each
# (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1).
WRAP = (1 << 24) * 0.064
# Seconds by which arrivals may run ahead of our clock before the receiver's clock must have been
# set (libwebrtc's inter_arrival_delta).
CLOCK_JUMP = 3.0


class ReceiverClock:
    """Puts arrivals on a time line without wraps, and notices when the clock was set."""

    def __init__(self) -> None:
        self._arrival: float | None = None
        self._arrived_at = 0.0

    def offset(self, tick: int) -> float:
        """Seconds to add to a message's arrivals so that they continue those before."""
        if self._arrival is None:
            return 0.0
        return round((self._arrival - tick / TICKS_PER_SECOND) / WRAP) * WRAP

    def jumped(self, newest: float, now: float) -> bool:
        """Note the newest arrival of a message. Returns whether the clock was set before it."""
        before, elapsed = self._arrival, now - self._arrived_at
        self._arrival, self._arrived_at = newest, now
        return before is not None and abs(newest - before - elapsed) > CLOCK_JUMP + elapsed
