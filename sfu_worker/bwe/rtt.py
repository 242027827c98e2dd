"""The round trip from feedback and reports. Pure."""

from __future__ import annotations

from collections import deque

WINDOW = 2.0
"Seconds: the least sample of so long is the round trip; the others contain the wait for the receiver's next message."
REPORT_FRESH = 5.0
DEFAULT = 0.2
"Before anything is known (libwebrtc)."
MIN, MAX = 0.001, 5.0


class Rtt:
    """Receiver reports say it exactly (RFC 3550 6.4.1); feedback says it more often, with the wait for the message in it."""

    def __init__(self) -> None:
        self.value = DEFAULT
        "Seconds."
        self._samples: deque[tuple[float, float]] = deque()
        self._reported = 0.0
        self._reported_at = -REPORT_FRESH

    def sample(self, rtt: float, now: float) -> None:
        """From the send time of the newest packet in a feedback message to the message."""
        samples = self._samples
        while samples and (samples[-1][1] >= rtt or len(samples) > 64):
            samples.pop()
        samples.append((now, rtt))
        while now - samples[0][0] > WINDOW:
            samples.popleft()
        self._settle(now)

    def reported(self, rtt: float, now: float) -> None:
        """From a receiver report."""
        self._reported, self._reported_at = rtt, now
        self._settle(now)

    def _settle(self, now: float) -> None:
        least = self._samples[0][1] if self._samples else self._reported
        if now - self._reported_at < REPORT_FRESH:
            least = min(least, self._reported)
        self.value = min(max(least, MIN), MAX)
