"""Additive increase, multiplicative decrease of a send rate (draft-ietf-rmcat-gcc-02 section 5.5). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

MIN_RATE, MAX_RATE = 30_000, 100_000_000
START_RATE = 300_000
BACK_OFF = 0.85
FALLEN_BACK_OFF = 0.92
"After a sudden fall the rate of service is known and the queue is drained on purpose: less need be given away."
GROWTH = 1.08
"Per second, while the capacity is not known."
HEADROOM = 1.5
HEADROOM_FLOOR = 10_000
"A rate grows to 1.5 times what was delivered and 10 kbit/s, no further: beyond that nothing has shown that it would fit."
LIMITED_INTERVAL = 1.0
SUSTAINABLE = 0.95
SATURATED_GAIN = 1.15
KNOWN_SHARE = 0.95
STEADY = 1.0
"Seconds: frames differ in size, so what is delivered in half a second proves no higher capacity."
NEAR_HEADROOM = 1.1
"The same where the capacity is known."
UNKNOWN_FALL = 0.7
"Without a queue that tells its rate of service one decrease goes no lower than this share: delivered may be all that was sent."
MAX_STEP = 1.0
"Seconds of growth at once, after a time without feedback."


class LinkCapacity:
    """Mean and deviation of the delivered rate at moments of overuse: is the rate near what the link takes?"""

    def __init__(self) -> None:
        self._mean = 0.0
        self._deviation = 0.4

    @property
    def rate(self) -> float:
        """bit/s; 0 when there is no estimate."""
        return 1000 * self._mean

    def forget(self) -> None:
        self._mean = 0.0

    def around(self, rate: int) -> int:
        """-1, 0 or 1 as ``rate`` (bit/s) is below, near or above the estimate; 0 when there is none."""
        if not self._mean:
            return 0
        reach = 3 * sqrt(self._deviation * self._mean)
        return (rate / 1000 > self._mean + reach) - (rate / 1000 < self._mean - reach)

    def overused_at(self, rate: int) -> None:
        sample = rate / 1000
        if self.around(rate):
            self.forget()
        self._mean = sample if not self._mean else 0.95 * self._mean + 0.05 * sample
        error = (self._mean - sample) ** 2 / max(self._mean, 1.0)
        # 0.4 and 2.5 are 14 and 35 kbit/s of deviation at 500 kbit/s (libwebrtc's link_capacity_estimator).
        self._deviation = min(max(0.95 * self._deviation + 0.05 * error, 0.4), 2.5)


@dataclass(frozen=True, slots=True)
class Overuse:
    """What is known when the queue grows. Rates in bit/s; ``served`` 0 when not known."""

    served: int
    sent: int
    measured: bool
    "``served`` is the rate of service of a busy queue, not just what arrived."
    limited: bool
    "Everything that was offered was served."
    fallen: bool
    "The service is suddenly far below what was sent."


class RateControl:
    """The delay-based rate. All rates in bit/s."""

    def __init__(self, start: int = START_RATE) -> None:
        self.rate = start
        self.link = LinkCapacity()
        self.decreased_at = -1.0
        self._steady = 0.0
        self._updated = -1.0

    def decrease(self, overuse: Overuse, now: float) -> None:
        """The queue grows: go below what comes through."""
        if not overuse.served:
            return
        self._steady = min(self._steady, overuse.served)
        rate = (FALLEN_BACK_OFF if overuse.fallen else BACK_OFF) * overuse.served
        if overuse.measured and overuse.sent < SUSTAINABLE * overuse.served:
            # What is sent drains the queue as it is: to go lower would cost a layer for nothing.
            rate = max(rate, overuse.sent)
        if not overuse.measured:
            rate = max(rate, UNKNOWN_FALL * self.rate)
        if overuse.limited:
            # All that we sent came through: the queue is somebody else's, and how much we could have is not known.
            if now - self.decreased_at > LIMITED_INTERVAL:
                self.rate = _clamp(min(max(rate, BACK_OFF * self.rate), self.rate))
                self.decreased_at = self._updated = now
            return
        self.link.overused_at(overuse.served)
        self.rate = _clamp(min(rate, self.rate))
        self.decreased_at = self._updated = now

    def increase(self, delivered: int, rtt: float, now: float) -> None:
        """Nothing speaks against more."""
        elapsed = min(now - self._updated, MAX_STEP) if self._updated >= 0.0 else 0.0
        self._updated = now
        self._steady += (delivered - self._steady) * min(1.0, elapsed / STEADY)
        if self.link.around(int(self._steady)) > 0:
            self.link.forget()
        limit = HEADROOM * delivered + HEADROOM_FLOOR
        if self.link.rate:
            # Sending less than a link that is known to be so wide shows nothing about more.
            limit = min(limit, max(NEAR_HEADROOM * self._steady, self.link.rate))
            # But what it was seen to take may be used again, or a paused picture would stay so for want of its own traffic.
            limit = max(limit, KNOWN_SHARE * self.link.rate)
        if self.rate >= limit:
            return
        if self.link.rate:
            grown = self.rate + max(1000.0, self._additive(rtt) * elapsed)
        else:
            grown = self.rate * GROWTH**elapsed + 1000 * elapsed
        self.rate = _clamp(min(grown, limit))

    def hold(self, now: float) -> None:
        """Wait, while a queue drains."""
        self._updated = now

    def probed(self, rate: int, saturated: bool, now: float) -> None:
        """A probe has shown that ``rate`` fits; ``saturated``: and that no more does."""
        if rate <= self.rate:
            return
        if saturated and self.link.rate:
            # A burst takes more than its share from the flows beside it.
            rate = min(rate, int(SATURATED_GAIN * self.rate))
        self.rate = _clamp(rate)
        self.link.forget()
        if saturated:
            self.link.overused_at(rate)
        self._updated = now

    def limited(self, rate: int, delivered: int, now: float) -> None:
        """Probes have shown that no more than ``rate`` fits; what is ``delivered`` fits all the same."""
        self.link.forget()
        self.link.overused_at(rate)
        self.rate = _clamp(min(self.rate, max(rate, delivered)))
        self._updated = now

    def cap(self, rate: float) -> None:
        if rate < self.rate:
            self.rate = _clamp(rate)

    def _additive(self, rtt: float) -> float:
        """bit/s per second: one packet more per response time, whatever the rate, so that flows come to equal shares."""
        return 1200 * 8 / (rtt + 0.1)


def _clamp(rate: float) -> int:
    return int(min(max(rate, MIN_RATE), MAX_RATE))
