"""Delay gradient: groups of packets, a trend line through their delays, an overuse detector with an adaptive threshold. Pure.

The scheme and its constants are those of draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4 and of libwebrtc's ``goog_cc``.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from operator import mul

BURST = 0.005
"Seconds: packets sent within so long are one group; a group also absorbs what a link releases in one burst."
MAX_BURST = 0.100
WINDOW = 20
"Groups in the trend line."
SMOOTHING = 0.9
GAIN = 4.0
MIN_DELTAS = 60
OVERUSE_TIME = 0.010
"Seconds above the threshold, over at least two groups, until it counts."
MAX_ADAPT_OFFSET = 15.0
K_UP, K_DOWN = 8.7, 39.0
"Per second: the threshold follows the trend slowly up and faster down, or a competing TCP flow would starve us."
MIN_THRESHOLD, MAX_THRESHOLD = 6.0, 600.0
CLOCK_JUMP = 3.0
"Seconds by which arrivals may run ahead of our clock before the receiver's clock must have been set."
REORDERED_RESET = 3
RENEW = 3600.0
MIN_VARIANCE = 1e-3


class Usage(Enum):
    NORMAL = 0
    OVERUSING = 1
    UNDERUSING = 2


class DelayDetector:
    """Tells from the one-way delay's trend whether the queue at the bottleneck grows. Only differences of times matter."""

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self._threshold = 12.5
        self.reset()

    def reset(self) -> None:
        """Forget the packets; the threshold, which describes the path's jitter, stays."""
        self._first_send = -1.0
        self._last_send = self._first_arrival = self._complete = 0.0
        self._previous: tuple[float, float] | None = None
        self._reordered = 0
        self._xs: deque[float] = deque(maxlen=WINDOW)
        self._ys: deque[float] = deque(maxlen=WINDOW)
        self._sends: deque[float] = deque((0.0,), maxlen=WINDOW)
        self._deltas = 0
        self._accumulated = self._smoothed = 0.0
        self._origin = 0.0
        self._trend = 0.0
        self._over_time = -1.0
        self._over_count = 0
        self._updated = -1.0
        self.usage = Usage.NORMAL

    def add(self, sends: list[float], arrivals: list[float]) -> bool:
        """Take packets in the order of sending; times in s. Whether overuse was seen at any of the groups they complete."""
        over = False
        first_send, last_send, first_arrival, complete = self._first_send, self._last_send, self._first_arrival, self._complete
        for send, arrival in zip(sends, arrivals, strict=True):
            if first_send < 0.0:
                first_send = last_send = send
                first_arrival = complete = arrival
                continue
            if send < first_send:
                continue
            if send - first_send > BURST:
                gap = arrival - complete
                released = gap < send - last_send and gap <= BURST and arrival - first_arrival < MAX_BURST
                if not released:
                    over |= self._close(last_send, complete)
                    first_send = last_send = send
                    first_arrival = complete = arrival
                    continue
            if send > last_send:
                last_send = send
            if arrival > complete:
                complete = arrival
        self._first_send, self._last_send, self._first_arrival, self._complete = first_send, last_send, first_arrival, complete
        return over

    @property
    def begins(self) -> float:
        """When the oldest packets in the trend were sent."""
        return self._sends[0]

    def _close(self, send: float, arrival: float) -> bool:
        previous = self._previous
        if previous is None:
            self._previous = (send, arrival)
            return False
        send_delta, arrival_delta = send - previous[0], arrival - previous[1]
        if arrival_delta < 0.0:
            self._reordered += 1
            if self._reordered >= REORDERED_RESET:
                self.reset()
            return False
        self._reordered = 0
        self._previous = (send, arrival)
        if arrival_delta - send_delta > CLOCK_JUMP:
            self.reset()
            return False
        self._update(send_delta, arrival_delta, arrival)
        return self.usage is Usage.OVERUSING

    def _update(self, send_delta: float, arrival_delta: float, arrival: float) -> None:
        self._deltas += 1
        if not self._xs or arrival - self._origin > RENEW:
            # Small numbers keep their digits.
            self._xs.clear()
            self._ys.clear()
            self._origin = arrival
        self._accumulated += (arrival_delta - send_delta) * 1000
        self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * self._accumulated
        self._xs.append((arrival - self._origin) * 1000)
        self._ys.append(self._smoothed)
        self._sends.append(self._previous[0] if self._previous else 0.0)
        trend = _slope(self._xs, self._ys, self._trend) if len(self._xs) == WINDOW else self._trend
        self._detect(trend, send_delta, arrival)

    def _detect(self, trend: float, send_delta: float, arrival: float) -> None:
        if self._deltas < 2:
            return
        modified = min(self._deltas, MIN_DELTAS) * trend * GAIN
        if modified > self._threshold:
            self._over_time = send_delta / 2 if self._over_time < 0.0 else self._over_time + send_delta
            self._over_count += 1
            if self._over_time > OVERUSE_TIME and self._over_count > 1 and trend >= self._trend:
                self._over_time = 0.0
                self._over_count = 0
                self.usage = Usage.OVERUSING
        else:
            self._over_time = -1.0
            self._over_count = 0
            self.usage = Usage.UNDERUSING if modified < -self._threshold else Usage.NORMAL
        self._trend = trend
        self._adapt(abs(modified), arrival)

    def _adapt(self, modified: float, arrival: float) -> None:
        elapsed = min(arrival - self._updated, 0.1) if self._updated >= 0.0 else 0.0
        self._updated = arrival
        if modified > self._threshold + MAX_ADAPT_OFFSET:
            # A sudden fall of the capacity is not jitter to get used to.
            return
        k = K_DOWN if modified < self._threshold else K_UP
        threshold = self._threshold + k * (modified - self._threshold) * max(0.0, elapsed)
        self._threshold = min(max(threshold, MIN_THRESHOLD), MAX_THRESHOLD)


def _slope(xs: deque[float], ys: deque[float], otherwise: float) -> float:
    """Least squares: ms of delay per ms of time. In sums that run in C: this is done for every group of packets."""
    n = len(xs)
    sum_x, sum_y = sum(xs), sum(ys)
    denominator: float = n * sum(map(mul, xs, xs)) - sum_x * sum_x
    if denominator < MIN_VARIANCE:
        return otherwise
    slope: float = (n * sum(map(mul, xs, ys)) - sum_x * sum_y) / denominator
    return slope
