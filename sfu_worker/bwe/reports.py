"""Feedback messages that are studied together: as long as all is well, one says no more than four. Pure."""

from __future__ import annotations

from sfu_worker.rtp.rtcp.types import TransportFeedback

MOST_MESSAGES = 4
MOST_SECONDS = 0.25
"What waits at most: an estimate that might have grown by 8 % a second grows that much later."


class Reports:
    """Messages in a row of which nothing is missing, as one. ``base_seq`` and ``arrivals`` are as in a single message."""

    __slots__ = ("arrivals", "at", "base_seq", "messages", "since")

    def __init__(self) -> None:
        self.messages = 0
        self.base_seq = 0
        self.arrivals: list[int | None] = []
        self.since = self.at = 0.0
        "When the first and the last of them came."

    def add(self, packets: TransportFeedback, now: float) -> None:
        """Take one message more."""
        if self.messages:
            self.arrivals += packets.arrivals
        else:
            self.base_seq, self.arrivals, self.since = packets.base_seq, packets.arrivals, now
        self.messages += 1
        self.at = now

    @property
    def newest(self) -> int:
        """The arrival of the last packet, in ticks; 0 for none."""
        return (self.arrivals[-1] if self.arrivals else None) or 0

    @property
    def enough(self) -> bool:
        """Whether they should be studied even if all is well."""
        return self.messages >= MOST_MESSAGES or self.at - self.since >= MOST_SECONDS
