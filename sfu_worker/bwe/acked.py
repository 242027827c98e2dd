"""The acknowledged bitrate and the sent bitrate, from one entry per feedback message. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateWindows:
    """Over what time a bitrate is measured."""

    # Seconds of arrivals. libwebrtc's bitrate_estimator begins with 500 ms and goes on with 150 ms
    # and a Bayesian mean; bursts of 30 frames a second need the longer window.
    acked: float = 0.5
    # Seconds of sending.
    sent: float = 1.0
    # Seconds: with less there is no rate.
    least: float = 0.08
    # Seconds: packets that arrive no further apart belong to one frame.
    burst: float = 0.005
    # Messages kept at most, against a receiver that floods us with them.
    most_entries: int = 256


WINDOWS = RateWindows()


class AckedRate:
    """The acknowledged bitrate: at which packets arrive, by the receiver's clock."""

    def __init__(self) -> None:
        # (newest arrival, span, bytes) of each message.
        self._entries: deque[tuple[float, float, int]] = deque()
        self._span = 0.0
        self._size = 0
        self._newest = 0.0
        # bit/s; 0 while it is not known.
        self.rate = 0

    def add(self, arrivals: list[float], sizes: list[int], newest: float, continuous: bool) -> None:
        """Count packets: arrivals in s, sizes in bytes, the newest arrival.

        ``continuous``: no message is missing before them. The packets of a lost message are
        unknown, so the time that it covered does not count either.
        """
        if continuous and self._entries:
            span, size = newest - self._newest, sum(sizes)
        else:
            since, size = _after_first_burst(arrivals, sizes)
            span = newest - since
        if span < 0.0:
            # Reordered: this time was counted before.
            newest, span = self._newest, 0.0
        entries = self._entries
        entries.append((newest, span, size))
        self._span += span
        self._size += size
        self._newest = newest
        while newest - entries[0][0] > WINDOWS.acked or len(entries) > WINDOWS.most_entries:
            _, span, size = entries.popleft()
            self._span -= span
            self._size -= size
        if self._span >= WINDOWS.least:
            self.rate = int(8 * self._size / self._span)

    def reset(self) -> None:
        """Start anew: the receiver's clock has jumped."""
        self._entries.clear()
        self._span, self._size = 0.0, 0


class SentRate:
    """The bitrate at which we sent over the last second."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, int]] = deque(maxlen=WINDOWS.most_entries)
        self._since = 0.0
        self._total = 0
        # bit/s; 0 while it is not known.
        self.rate = 0

    def add(self, size: int, now: float) -> None:
        """Count bytes that have left since the last call."""
        entries = self._entries
        if not entries:
            self._since = now
        elif len(entries) == WINDOWS.most_entries:
            self._drop_oldest()
        entries.append((now, size))
        self._total += size
        while now - entries[0][0] > WINDOWS.sent:
            self._drop_oldest()
        span = now - self._since
        if span >= WINDOWS.least:
            self.rate = int(8 * self._total / span)

    def _drop_oldest(self) -> None:
        self._since, size = self._entries.popleft()
        self._total -= size


def _after_first_burst(arrivals: list[float], sizes: list[int]) -> tuple[float, int]:
    """Return when the first burst of packets ended, and the bytes after it.

    How long the burst itself took to arrive is not known.
    """
    end = arrivals[0]
    for number, arrival in enumerate(arrivals):
        if arrival > end + WINDOWS.burst:
            return end, sum(sizes[number:])
        end = max(end, arrival)
    return min(arrivals), sum(sizes[1:])
