"""NTP time for sender reports, from a clock that nobody sets (a changed wall clock must not tear lips from voices)."""

from __future__ import annotations

import time

NTP_EPOCH = 2_208_988_800
"Seconds from 1900 (RFC 3550 section 4) to 1970."

_START = (time.time() + NTP_EPOCH) - time.monotonic()

SENDER_CLOCK_JUMP = 1 << 30
"A quarter of a second in 32.32 fixed point: a source whose clock moved more than this is taken anew."


def ntp(now: float) -> int:
    """The 64-bit NTP time of a monotonic time in seconds."""
    return int((now + _START) * 4294967296)


class SenderClock:
    """How far one sender's NTP time is from ours. One for a participant: its sound and its pictures must share it."""

    __slots__ = ("offset",)

    def __init__(self) -> None:
        self.offset: int | None = None

    def report(self, sender_ntp: int, now: float) -> None:
        """A sender report has arrived."""
        offset = ntp(now) - sender_ntp
        if self.offset is None or abs(offset - self.offset) > SENDER_CLOCK_JUMP:
            self.offset = offset
