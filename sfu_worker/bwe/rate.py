"""Additive increase, multiplicative decrease of the rate (draft-ietf-rmcat-gcc-02, 5.5). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

# bit/s: the limits of the estimate, and where it begins.
MIN_RATE, MAX_RATE = 30_000, 100_000_000
START_RATE = 300_000


@dataclass(frozen=True, slots=True)
class DecreaseConfig:
    """How far overuse brings the rate down."""

    # Share of what the queue is served at, or of what arrives (libwebrtc's aimd_rate_control).
    back_off: float = 0.85
    # The same after a sudden fall: the rate of service is known and the queue drains on purpose, so
    # less need be given away.
    fallen_back_off: float = 0.92
    # If we send less than this share of the rate of service, the queue drains as it is. To go lower
    # would cost a layer for nothing.
    sustainable: float = 0.95
    # Without a rate of service, one decrease goes no lower than this share of the rate: what
    # arrived may be all that was sent.
    least_unmeasured: float = 0.7
    # Seconds between two decreases while everything that we send is served.
    limited_interval: float = 1.0


@dataclass(frozen=True, slots=True)
class IncreaseConfig:
    """How fast the rate grows, and how far beyond what arrives."""

    # Factor per second while the link's capacity is not known (aimd_rate_control).
    growth: float = 1.08
    # The rate grows to this many times what arrives, plus so many bit/s: beyond that nothing has
    # shown that it would fit (aimd_rate_control).
    headroom: float = 1.5
    headroom_floor: int = 10_000
    # The same where the link's capacity is known.
    near_headroom: float = 1.1
    # But this share of a known capacity may always be used.
    known_share: float = 0.95
    # Seconds over which what arrives is averaged. Frames differ in size, so half a second proves no
    # higher capacity.
    steady: float = 1.0
    # Seconds of growth at once, after a time without feedback.
    max_step: float = 1.0
    # Factor by which a probe that filled a link of known capacity may raise the rate: a burst takes
    # more than its share from the flows beside it.
    saturated_gain: float = 1.15


@dataclass(frozen=True, slots=True)
class CapacityConfig:
    """The link's capacity as seen at overuse (libwebrtc's link_capacity_estimator)."""

    # Weight of a new sample.
    weight: float = 0.05
    # Limits of the variance in kbit/s, as a multiple of the mean, and the start. They are 14 and
    # 35 kbit/s of deviation at 500 kbit/s.
    least_variance: float = 0.4
    most_variance: float = 2.5
    # Deviations from the mean within which a rate is near it.
    reach: float = 3.0


DECREASE = DecreaseConfig()
INCREASE = IncreaseConfig()
CAPACITY = CapacityConfig()


class LinkCapacity:
    """Mean and deviation of the delivered rate at overuse: is a rate near the link's capacity?"""

    def __init__(self) -> None:
        # kbit/s; 0 when there is no estimate.
        self._mean = 0.0
        # Variance as a multiple of the mean.
        self._deviation = CAPACITY.least_variance

    @property
    def rate(self) -> float:
        """bit/s; 0 when there is no estimate."""
        return 1000 * self._mean

    def forget(self) -> None:
        """Drop the estimate."""
        self._mean = 0.0

    def around(self, rate: int) -> int:
        """-1, 0 or 1 as ``rate`` (bit/s) is below, near or above the estimate; 0 without one."""
        if not self._mean:
            return 0
        reach = CAPACITY.reach * sqrt(self._deviation * self._mean)
        return (rate / 1000 > self._mean + reach) - (rate / 1000 < self._mean - reach)

    def overused_at(self, rate: int) -> None:
        """Take the rate in bit/s that came through at overuse."""
        sample = rate / 1000
        if self.around(rate):
            self.forget()
        keep = 1 - CAPACITY.weight
        self._mean = keep * self._mean + CAPACITY.weight * sample if self._mean else sample
        error = (self._mean - sample) ** 2 / max(self._mean, 1.0)
        deviation = keep * self._deviation + CAPACITY.weight * error
        self._deviation = min(max(deviation, CAPACITY.least_variance), CAPACITY.most_variance)


@dataclass(frozen=True, slots=True)
class Overuse:
    """The evidence of overuse. Rates in bit/s."""

    # The rate that comes through; 0 if it is not known.
    served: int
    sent: int
    # ``served`` is the rate of service of a busy queue, not just what arrived.
    measured: bool
    # Everything that we sent was served.
    limited: bool
    # The service is suddenly far below what we sent.
    fallen: bool


class RateControl:
    """The delay-based rate. All rates in bit/s."""

    def __init__(self, start: int = START_RATE) -> None:
        self.rate = start
        self.link = LinkCapacity()
        # When the rate was last cut; negative before.
        self.decreased_at = -1.0
        # The delivered rate, averaged.
        self._steady = 0.0
        self._updated = -1.0

    def decrease(self, overuse: Overuse, now: float) -> None:
        """Overuse: go below what comes through."""
        if not overuse.served:
            return
        self._steady = min(self._steady, overuse.served)
        rate = (DECREASE.fallen_back_off if overuse.fallen else DECREASE.back_off) * overuse.served
        if overuse.measured and overuse.sent < DECREASE.sustainable * overuse.served:
            rate = max(rate, overuse.sent)
        if not overuse.measured:
            rate = max(rate, DECREASE.least_unmeasured * self.rate)
        if overuse.limited:
            # Everything that we sent came through: the queue is another flow's, and how much we
            # could have is not known.
            if now - self.decreased_at > DECREASE.limited_interval:
                self.rate = _clamp(min(max(rate, DECREASE.back_off * self.rate), self.rate))
                self.decreased_at = self._updated = now
            return
        self.link.overused_at(overuse.served)
        self.rate = _clamp(min(rate, self.rate))
        self.decreased_at = self._updated = now

    def increase(self, delivered: int, rtt: float, now: float) -> None:
        """Grow, since nothing speaks against it.

        ``delivered`` is the acknowledged bitrate plus what the path loses at any rate.
        """
        elapsed = min(now - self._updated, INCREASE.max_step) if self._updated >= 0.0 else 0.0
        self._updated = now
        self._steady += (delivered - self._steady) * min(1.0, elapsed / INCREASE.steady)
        if self.link.around(int(self._steady)) > 0:
            self.link.forget()
        limit = INCREASE.headroom * delivered + INCREASE.headroom_floor
        if self.link.rate:
            # Sending less than the known capacity shows nothing about more.
            limit = min(limit, max(INCREASE.near_headroom * self._steady, self.link.rate))
            # But what the link was seen to carry may be used again. Otherwise a paused picture
            # would stay paused for lack of its own traffic.
            limit = max(limit, INCREASE.known_share * self.link.rate)
        if self.rate >= limit:
            return
        if self.link.rate:
            grown = self.rate + max(1000.0, self._additive(rtt) * elapsed)
        else:
            grown = self.rate * INCREASE.growth**elapsed + 1000 * elapsed
        self.rate = _clamp(min(grown, limit))

    def hold(self, now: float) -> None:
        """Stay: a queue drains, or packets are lost."""
        self._updated = now

    def probed(self, rate: int, saturated: bool, now: float) -> None:
        """A probe has shown that ``rate`` fits; ``saturated``: and that no more does."""
        if rate <= self.rate:
            return
        if saturated and self.link.rate:
            rate = min(rate, int(INCREASE.saturated_gain * self.rate))
        self.rate = _clamp(rate)
        self.link.forget()
        if saturated:
            self.link.overused_at(rate)
        self._updated = now

    def limited(self, rate: int, delivered: int, now: float) -> None:
        """Probes have shown that no more than ``rate`` fits, but ``delivered`` does."""
        self.link.forget()
        self.link.overused_at(rate)
        self.rate = _clamp(min(self.rate, max(rate, delivered)))
        self._updated = now

    def cap(self, rate: float) -> None:
        """Go down to ``rate`` if that is less."""
        if rate < self.rate:
            self.rate = _clamp(rate)

    def _additive(self, rtt: float) -> float:
        """bit/s per second: one more packet per response time (draft-ietf-rmcat-gcc-02, 5.5).

        It does not depend on the rate, so that flows approach equal shares.
        """
        return 1200 * 8 / (rtt + 0.1)


def _clamp(rate: float) -> int:
    return int(min(max(rate, MIN_RATE), MAX_RATE))
