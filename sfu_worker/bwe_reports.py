"""Feedback messages that are studied together: as long as all is well, one says no more than four. Pure."""

from __future__ import annotations

MOST_MESSAGES = 4
MOST_SECONDS = 0.25
"What waits at most: an estimate that might have grown by 8 % a second grows that much later."


class Reports:
    """What messages in a row say of packets, in the order of sending. Times in s, sizes in bytes."""

    __slots__ = ("arrivals", "at", "continuous", "lost", "messages", "sends", "since", "sizes")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Everything has been studied."""
        self.sends: list[float] = []
        self.arrivals: list[float] = []
        self.sizes: list[int] = []
        self.lost = 0
        "Packets lost, less those that came late."
        self.continuous = True
        "No message is missing before the first of these."
        self.messages = 0
        self.since = self.at = 0.0
        "When the first and the last of them came."

    def add(self, sends: list[float], arrivals: list[float], sizes: list[int], lost: int, continuous: bool, now: float) -> None:
        """Take one message more; all but the first must be ``continuous``."""
        if self.messages:
            self.sends += sends
            self.arrivals += arrivals
            self.sizes += sizes
            self.lost += lost
        else:
            self.sends, self.arrivals, self.sizes, self.lost = sends, arrivals, sizes, lost
            self.continuous, self.since = continuous, now
        self.messages += 1
        self.at = now

    @property
    def enough(self) -> bool:
        """Whether they should be studied even if all is well."""
        return self.messages >= MOST_MESSAGES or self.at - self.since >= MOST_SECONDS
