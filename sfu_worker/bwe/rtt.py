"""The round-trip time, measured by feedback and by receiver reports. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RttConfig:
    """Which samples are the round trip. Seconds, but for ``most_samples``."""

    # A sample from feedback includes the wait for the receiver's next message, so the smallest of
    # this window counts.
    window: float = 2.0
    # How long a receiver report counts.
    report_fresh: float = 5.0
    # Before anything is known (libwebrtc's aimd_rate_control).
    default: float = 0.2
    # Limits against nonsense in reports.
    least: float = 0.001
    most: float = 5.0
    # Samples kept at most, against a receiver that floods us with feedback.
    most_samples: int = 65


RTT = RttConfig()


class Rtt:
    """The round trip to one receiver.

    Receiver reports measure it exactly (RFC 3550, 6.4.1). Feedback measures it more often, but with
    the receiver's wait included.
    """

    def __init__(self) -> None:
        # Seconds; ``RTT.default`` until it is ``known``.
        self.value = RTT.default
        self.known = False
        # (when, seconds), each longer than the one before: the first is the smallest.
        self._samples: deque[tuple[float, float]] = deque()
        self._reported = 0.0
        self._reported_at = -RTT.report_fresh

    def sample(self, rtt: float, now: float) -> None:
        """Take a sample from feedback: from sending the newest packet in it to its arrival."""
        samples = self._samples
        while samples and (samples[-1][1] >= rtt or len(samples) >= RTT.most_samples):
            samples.pop()
        samples.append((now, rtt))
        while now - samples[0][0] > RTT.window:
            samples.popleft()
        self._settle(now)

    def reported(self, rtt: float, now: float) -> None:
        """Take the round trip that a receiver report gives."""
        self._reported, self._reported_at = rtt, now
        self._settle(now)

    def _settle(self, now: float) -> None:
        least = self._samples[0][1] if self._samples else self._reported
        if now - self._reported_at < RTT.report_fresh:
            least = min(least, self._reported)
        self.value = min(max(least, RTT.least), RTT.most)
        self.known = True
