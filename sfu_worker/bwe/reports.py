"""Feedback messages that are studied together, since while all is well each says little. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sfu_worker.rtp.rtcp.types import TransportFeedback


@dataclass(frozen=True, slots=True)
class ReportsConfig:
    """Which feedback may wait, and for how long."""

    # Messages kept at most.
    most_messages: int = 4
    # Seconds that the first of them waits at most. An estimate that may grow by 8 % a second grows
    # that much later.
    most_seconds: float = 0.25
    # Packets in a message that may wait: four of these leave the history far from full.
    most_packets: int = 1000
    # A packet met no queue if its delay is below this share of what counts as a queue: below 10 ms
    # on a path without jitter.
    calm_share: float = 0.4


REPORTS = ReportsConfig()


class Reports:
    """Consecutive messages as one. ``base_seq`` and ``arrivals`` are as in a single message."""

    __slots__ = ("arrivals", "at", "base_seq", "messages", "since")

    def __init__(self) -> None:
        self.messages = 0
        self.base_seq = 0
        self.arrivals: list[int | None] = []
        # When the first and the last of them came.
        self.since = self.at = 0.0

    def add(self, packets: TransportFeedback, now: float) -> None:
        """Take one more message."""
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
        return (
            self.messages >= REPORTS.most_messages or self.at - self.since >= REPORTS.most_seconds
        )
