"""Rates of what was delivered and of what was sent, from entries per feedback message rather than per packet. Pure."""

from __future__ import annotations

from collections import deque

ACKED_WINDOW = 0.5
"Seconds: libwebrtc begins with 500 ms and goes on with 150 ms and a Bayesian mean; bursts of 30 frames a second want the longer."
BURST = 0.005
"Seconds: packets that come no further apart are a frame."
MIN_SPAN = 0.08
"Seconds of arrivals below which there is no rate."
SENT_WINDOW = 1.0
MAX_ENTRIES = 256
"Messages kept at most, against a receiver that floods with them."


class AckedRate:
    """The rate at which packets arrive, in bit/s of the receiver's time."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, float, int]] = deque()  # (newest arrival, span, bytes)
        self._span = 0.0
        self._size = 0
        self._newest = 0.0
        self.rate = 0
        "bit/s; 0 while not known."

    def add(self, arrivals: list[float], sizes: list[int], newest: float, continuous: bool) -> None:
        """Note packets: arrivals in s and the newest of them, bytes; ``continuous``: no message is missing before them.

        What was in a lost message is unknown, so the time that it was about does not count either.
        """
        if continuous and self._entries:
            span, size = newest - self._newest, sum(sizes)
        else:
            since, size = _after_first_burst(arrivals, sizes)
            span = newest - since
        if span < 0.0:
            # Reordered: belongs to time that was counted before.
            newest, span = self._newest, 0.0
        entries = self._entries
        entries.append((newest, span, size))
        self._span += span
        self._size += size
        self._newest = newest
        while newest - entries[0][0] > ACKED_WINDOW or len(entries) > MAX_ENTRIES:
            _, span, size = entries.popleft()
            self._span -= span
            self._size -= size
        if self._span >= MIN_SPAN:
            self.rate = int(8 * self._size / self._span)

    def reset(self) -> None:
        """The receiver's clock has jumped."""
        self._entries.clear()
        self._span, self._size = 0.0, 0


class SentRate:
    """The rate of sending over the last second, in bit/s."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, int]] = deque(maxlen=MAX_ENTRIES)
        self._since = 0.0
        self._total = 0
        self.rate = 0

    def add(self, size: int, now: float) -> None:
        """Note bytes that have left since the last call."""
        entries = self._entries
        if not entries:
            self._since = now
        elif len(entries) == MAX_ENTRIES:
            self._drop_oldest()
        entries.append((now, size))
        self._total += size
        while now - entries[0][0] > SENT_WINDOW:
            self._drop_oldest()
        span = now - self._since
        if span >= MIN_SPAN:
            self.rate = int(8 * self._total / span)

    def _drop_oldest(self) -> None:
        self._since, size = self._entries.popleft()
        self._total -= size


def _after_first_burst(arrivals: list[float], sizes: list[int]) -> tuple[float, int]:
    """The end of the first burst of packets, and the bytes after it: how long the burst took to come is not known."""
    end = arrivals[0]
    for number, arrival in enumerate(arrivals):
        if arrival > end + BURST:
            return end, sum(sizes[number:])
        end = max(end, arrival)
    return min(arrivals), sum(sizes[1:])
