"""NTP time for sender reports, from a clock that no one can set.

A change of the wall clock must not break lip sync.
"""

from __future__ import annotations

import time
from typing import NamedTuple

# Seconds from 1900 (RFC 3550 section 4) to 1970.
NTP_EPOCH = 2_208_988_800

_START = (time.time() + NTP_EPOCH) - time.monotonic()

# A quarter of a second in 32.32 fixed point. If a source's clock jumps further, start afresh.
SENDER_CLOCK_JUMP = 1 << 30


def ntp(now: float) -> int:
    """The 64-bit NTP time of a monotonic time in seconds."""
    return int((now + _START) * 4294967296)


class SourceReport(NamedTuple):
    """A source's last sender report. All NTP times have 64 bits.

    ``ntp`` and ``rtp`` are the source's own times, ``arrived`` is in our NTP time. ``offset`` is
    what to add to ``ntp`` to have ours. It stays with this report: after the sender's clock has
    jumped, the next report of each of its streams comes at a different moment.
    """

    ntp: int
    rtp: int
    arrived: int
    offset: int


class SenderClock:
    """The offset of one sender's NTP time from ours.

    A participant has one, which audio and video must share for lip sync.
    """

    __slots__ = ("offset",)

    def __init__(self) -> None:
        self.offset: int | None = None

    def report(self, sender_ntp: int, rtp: int, now: float) -> SourceReport:
        """Take a sender report that has just arrived."""
        arrived = ntp(now)
        offset = arrived - sender_ntp
        if self.offset is None or abs(offset - self.offset) > SENDER_CLOCK_JUMP:
            self.offset = offset
        return SourceReport(sender_ntp, rtp, arrived, self.offset)
