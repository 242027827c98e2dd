"""The delay gradient: does the queue at the bottleneck grow? Pure.

Packets are grouped, a trend line is fitted to the delays of the groups, and its slope is compared
with an adaptive threshold. The scheme and its constants are those of draft-ietf-rmcat-gcc-02, 5.2
to 5.4, and of libwebrtc's goog_cc.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sfu_worker.bwe.clock import CLOCK_JUMP


@dataclass(frozen=True, slots=True)
class GroupConfig:
    """Which packets are a group, and which are remembered (libwebrtc's inter_arrival_delta)."""

    # Seconds: packets sent within this time are one group. A group also absorbs what a link
    # releases in one burst.
    burst: float = 0.005
    # Seconds that such a burst lasts at most.
    max_burst: float = 0.100
    # Groups in a row that arrive before the one before them, until everything starts anew.
    reordered_reset: int = 3
    # While there is no queue, at least this many seconds and packets are kept. That is more than
    # the trend line's groups of any flow that fills a link.
    kept_seconds: float = 2.0
    kept_packets: int = 256


@dataclass(frozen=True, slots=True)
class TrendConfig:
    """The line through the delays of the last groups (libwebrtc's trendline_estimator)."""

    # Groups in the line.
    window: int = 20
    # Weight of the past in the smoothed delay.
    smoothing: float = 0.9
    # Seconds until the running sums are taken anew from smaller numbers, to keep their precision.
    renew: float = 60.0
    # ms² times groups²: (20 groups times 50 µs)². Packets that arrived at once have no trend.
    # It is above the rounding errors of the sums.
    min_variance: float = 1.0


@dataclass(frozen=True, slots=True)
class ThresholdConfig:
    """When the slope counts as overuse (draft-ietf-rmcat-gcc-02, 5.4; trendline_estimator)."""

    # The slope is multiplied by this and by the number of groups so far, up to ``max_groups``.
    gain: float = 4.0
    max_groups: int = 60
    # Seconds above the threshold, over at least two groups, until it counts.
    overuse_time: float = 0.010
    # Where the threshold begins, and its limits.
    start: float = 12.5
    least: float = 6.0
    most: float = 600.0
    # Per second. The threshold follows the slope slowly up and faster down; otherwise a competing
    # TCP flow would starve us.
    up: float = 8.7
    down: float = 39.0
    # It does not follow a slope that is further above it: the fall of a link's capacity is not
    # jitter to get used to.
    max_offset: float = 15.0
    # Seconds of adapting at once.
    max_elapsed: float = 0.1


GROUPS = GroupConfig()
TREND = TrendConfig()
THRESHOLD = ThresholdConfig()


class DelayDetector:
    """Tells from the trend of the one-way delay whether the queue at the bottleneck grows.

    Only differences of times matter. While there is hardly a queue the trend is not needed: those
    packets are only kept, and followed once it is.
    """

    def __init__(self) -> None:
        self._threshold = THRESHOLD.start
        self.reset()

    def reset(self) -> None:
        """Forget the packets. The threshold stays, since it describes the path's jitter."""
        self._kept: deque[tuple[list[float], list[float]]] = deque()
        self._kept_packets = 0
        self._deltas = 0
        self._reordered = 0
        self._updated = -1.0
        self._begin()

    def _begin(self) -> None:
        """Begin a new line: the next packets do not continue the earlier ones."""
        self._gap = False
        self._first_send = -1.0
        self._last_send = self._first_arrival = self._complete = 0.0
        self._previous: tuple[float, float] | None = None
        self._line = TrendLine()
        self._sends: deque[float] = deque((0.0,), maxlen=TREND.window)
        self._accumulated = self._smoothed = 0.0
        self._trend = 0.0
        self._over_time = -1.0
        self._over_count = 0
        self._over = False

    def keep(self, sends: list[float], arrivals: list[float]) -> None:
        """Keep packets that met no queue, in sending order; times in s.

        The lists belong to the detector from now on.
        """
        kept = self._kept
        kept.append((sends, arrivals))
        self._kept_packets += len(sends)
        while (
            self._kept_packets - len(kept[0][0]) >= GROUPS.kept_packets
            and sends[-1] - kept[0][0][-1] > GROUPS.kept_seconds
        ):
            self._kept_packets -= len(kept.popleft()[0])
            self._gap = True

    def add(self, sends: list[float], arrivals: list[float]) -> bool:
        """Follow packets as in ``keep``. Returns whether any group that they complete overuses."""
        if self._kept:
            if self._gap:
                self._begin()
            kept, self._kept, self._kept_packets = self._kept, deque(), 0
            for before in kept:
                self._follow(*before)
        return self._follow(sends, arrivals)

    def _follow(self, sends: list[float], arrivals: list[float]) -> bool:
        over = False
        burst, max_burst = GROUPS.burst, GROUPS.max_burst
        first_send, last_send, first_arrival, complete = (
            self._first_send,
            self._last_send,
            self._first_arrival,
            self._complete,
        )
        for send, arrival in zip(sends, arrivals, strict=True):
            if send == last_send:
                # Sent together with the packet before it.
                if arrival > complete:
                    complete = arrival
                continue
            if first_send < 0.0:
                first_send = last_send = send
                first_arrival = complete = arrival
                continue
            if send < first_send:
                continue
            if send - first_send > burst:
                gap = arrival - complete
                released = (
                    gap < send - last_send and gap <= burst and arrival - first_arrival < max_burst
                )
                if not released:
                    over |= self._close(last_send, complete)
                    first_send = last_send = send
                    first_arrival = complete = arrival
                    continue
            if send > last_send:
                last_send = send
            if arrival > complete:
                complete = arrival
        self._first_send, self._last_send, self._first_arrival, self._complete = (
            first_send,
            last_send,
            first_arrival,
            complete,
        )
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
            if self._reordered >= GROUPS.reordered_reset:
                self.reset()
            return False
        self._reordered = 0
        self._previous = (send, arrival)
        if arrival_delta - send_delta > CLOCK_JUMP:
            self.reset()
            return False
        self._sends.append(send)
        self._accumulated += (arrival_delta - send_delta) * 1000
        self._smoothed = (
            TREND.smoothing * self._smoothed + (1 - TREND.smoothing) * self._accumulated
        )
        trend = self._line.add(arrival, self._smoothed, self._trend)
        if self._deltas < THRESHOLD.max_groups:
            self._deltas += 1
        if self._deltas > 1:
            self._detect(trend, send_delta, arrival)
        return self._over

    def _detect(self, trend: float, send_delta: float, arrival: float) -> None:
        threshold, modified = self._threshold, self._deltas * trend * THRESHOLD.gain
        if modified > threshold:
            self._over_time = (
                send_delta / 2 if self._over_time < 0.0 else self._over_time + send_delta
            )
            self._over_count += 1
            if (
                self._over_time > THRESHOLD.overuse_time
                and self._over_count > 1
                and trend >= self._trend
            ):
                self._over_time = 0.0
                self._over_count = 0
                self._over = True
        else:
            self._over_time = -1.0
            self._over_count = 0
            self._over = False
        self._trend = trend
        above = abs(modified) - threshold
        if above <= THRESHOLD.max_offset and self._updated >= 0.0:
            elapsed = min(arrival - self._updated, THRESHOLD.max_elapsed)
            threshold += (THRESHOLD.down if above < 0.0 else THRESHOLD.up) * above * elapsed
            self._threshold = min(max(threshold, THRESHOLD.least), THRESHOLD.most)
        self._updated = arrival


class TrendLine:
    """Least squares through the last groups, in running sums: it is updated every few packets."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()
        self._origin = 0.0
        self._x = self._y = self._xx = self._xy = 0.0

    def add(self, arrival: float, delay: float, otherwise: float) -> float:
        """Take a group: arrival in s, delay in ms.

        Returns the slope in ms per ms, or ``otherwise`` while there is none.
        """
        x = (arrival - self._origin) * 1000
        if not self._points or x > TREND.renew * 1000:
            self._renew(arrival)
            x = 0.0
        points, window = self._points, TREND.window
        if len(points) == window:
            old_x, old_y = points.popleft()
            self._x -= old_x
            self._y -= old_y
            self._xx -= old_x * old_x
            self._xy -= old_x * old_y
        points.append((x, delay))
        self._x = sum_x = self._x + x
        self._y = sum_y = self._y + delay
        self._xx += x * x
        self._xy += x * delay
        variance = window * self._xx - sum_x * sum_x
        if len(points) < window or variance < TREND.min_variance:
            return otherwise
        return (window * self._xy - sum_x * sum_y) / variance

    def _renew(self, origin: float) -> None:
        shift = (origin - self._origin) * 1000
        points = self._points = deque((x - shift, y) for x, y in self._points)
        self._origin = origin
        self._x, self._y = sum(x for x, _ in points), sum(y for _, y in points)
        self._xx, self._xy = sum(x * x for x, _ in points), sum(x * y for x, y in points)
