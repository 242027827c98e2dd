"""The round-trip time, measured by feedback and by receiver reports. Pure."""

from __future__ import annotations

from collections import deque

# Seconds. A sample from feedback includes the wait for the receiver's next message, so the
# smallest sample of this window counts as the round trip.
WINDOW = 2.0
# Seconds for which a receiver report counts.
REPORT_FRESH = 5.0
# Seconds, before anything is known (libwebrtc's aimd_rate_control).
DEFAULT = 0.2
# Seconds: limits against nonsense in reports.
MIN, MAX = 0.001, 5.0
# Samples kept at most, against a receiver that floods us with feedback.
MOST_SAMPLES = 65


class Rtt:
    """The round trip to one receiver.

    Receiver reports measure it exactly (RFC 3550, 6.4.1). Feedback measures it more often, but with
    the receiver's wait included.
    """

    def __init__(self) -> None:
        # Seconds; ``DEFAULT`` until it is ``known``.
        self.value = DEFAULT
        self.known = False
        # (when, seconds), each longer than the one before: the first is the smallest.
        self._samples: deque[tuple[float, float]] = deque()
        self._reported = 0.0
        self._reported_at = -REPORT_FRESH

    def sample(self, rtt: float, now: float) -> None:
        """Take a sample from feedback: from sending the newest packet in it to its arrival."""
        samples = self._samples
        while samples and (samples[-1][1] >= rtt or len(samples) >= MOST_SAMPLES):
            samples.pop()
        samples.append((now, rtt))
        while now - samples[0][0] > WINDOW:
            samples.popleft()
        self._settle(now)

    def reported(self, rtt: float, now: float) -> None:
        """Take the round trip that a receiver report gives."""
        self._reported, self._reported_at = rtt, now
        self._settle(now)

    def _settle(self, now: float) -> None:
        least = self._samples[0][1] if self._samples else self._reported
        if now - self._reported_at < REPORT_FRESH:
            least = min(least, self._reported)
        self.value = min(max(least, MIN), MAX)
        self.known = True
