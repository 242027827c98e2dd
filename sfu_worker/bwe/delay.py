"""Delay gradient: groups of packets, a trend line through their delays, an overuse detector with an adaptive threshold. Pure.

The scheme and its constants are those of draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4 and of libwebrtc's ``goog_cc``.
"""

from __future__ import annotations

from collections import deque

from sfu_worker.bwe.clock import CLOCK_JUMP

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
MAX_ADAPT_OFFSET, MAX_ADAPT_TIME = 15.0, 0.1
K_UP, K_DOWN = 8.7, 39.0
"Per second: the threshold follows the trend slowly up and faster down, or a competing TCP flow would starve us."
MIN_THRESHOLD, MAX_THRESHOLD = 6.0, 600.0
REORDERED_RESET = 3
KEPT_SECONDS, KEPT_PACKETS = 2.0, 256
"At least so much of a time without a queue is kept: more than ``WINDOW`` groups of anything that fills a link."
RENEW = 60.0
"Seconds until the running sums are taken anew, from smaller numbers: so they keep their digits."
MIN_VARIANCE = 1.0
"(20 groups times 50 µs)²: packets that came all at once have no trend. Above what the sums lose in digits."


class DelayDetector:
    """Tells from the one-way delay's trend whether the queue at the bottleneck grows. Only differences of times matter.

    Where there is no queue to speak of nobody asks: such packets are only kept, and looked at when a trend is wanted.
    """

    def __init__(self) -> None:
        self._threshold = 12.5
        self.reset()

    def reset(self) -> None:
        """Forget the packets; the threshold, which describes the path's jitter, stays."""
        self._kept: deque[tuple[list[float], list[float]]] = deque()
        self._kept_packets = 0
        self._deltas = 0
        self._reordered = 0
        self._updated = -1.0
        self._begin()

    def _begin(self) -> None:
        """Begin a new line: what comes next does not follow on what came before."""
        self._gap = False
        self._first_send = -1.0
        self._last_send = self._first_arrival = self._complete = 0.0
        self._previous: tuple[float, float] | None = None
        self._line = TrendLine()
        self._sends: deque[float] = deque((0.0,), maxlen=WINDOW)
        self._accumulated = self._smoothed = 0.0
        self._trend = 0.0
        self._over_time = -1.0
        self._over_count = 0
        self._over = False

    def keep(self, sends: list[float], arrivals: list[float]) -> None:
        """Packets that found no queue, in the order of sending; times in s. The lists belong to the detector from now on."""
        kept = self._kept
        kept.append((sends, arrivals))
        self._kept_packets += len(sends)
        while (
            self._kept_packets - len(kept[0][0]) >= KEPT_PACKETS
            and sends[-1] - kept[0][0][-1] > KEPT_SECONDS
        ):
            self._kept_packets -= len(kept.popleft()[0])
            self._gap = True

    def add(self, sends: list[float], arrivals: list[float]) -> bool:
        """Packets as for ``keep``. Whether overuse was seen at any of the groups that they complete."""
        if self._kept:
            if self._gap:
                self._begin()
            kept, self._kept, self._kept_packets = self._kept, deque(), 0
            for before in kept:
                self._follow(*before)
        return self._follow(sends, arrivals)

    def _follow(self, sends: list[float], arrivals: list[float]) -> bool:
        over = False
        first_send, last_send, first_arrival, complete = (
            self._first_send,
            self._last_send,
            self._first_arrival,
            self._complete,
        )
        for send, arrival in zip(sends, arrivals, strict=True):
            if send == last_send:
                # Left in one go with the packet before.
                if arrival > complete:
                    complete = arrival
                continue
            if first_send < 0.0:
                first_send = last_send = send
                first_arrival = complete = arrival
                continue
            if send < first_send:
                continue
            if send - first_send > BURST:
                gap = arrival - complete
                released = (
                    gap < send - last_send and gap <= BURST and arrival - first_arrival < MAX_BURST
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
            if self._reordered >= REORDERED_RESET:
                self.reset()
            return False
        self._reordered = 0
        self._previous = (send, arrival)
        if arrival_delta - send_delta > CLOCK_JUMP:
            self.reset()
            return False
        self._sends.append(send)
        self._accumulated += (arrival_delta - send_delta) * 1000
        self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * self._accumulated
        trend = self._line.add(arrival, self._smoothed, self._trend)
        if self._deltas < MIN_DELTAS:
            self._deltas += 1
        if self._deltas > 1:
            self._detect(trend, send_delta, arrival)
        return self._over

    def _detect(self, trend: float, send_delta: float, arrival: float) -> None:
        threshold, modified = self._threshold, self._deltas * trend * GAIN
        if modified > threshold:
            self._over_time = (
                send_delta / 2 if self._over_time < 0.0 else self._over_time + send_delta
            )
            self._over_count += 1
            if self._over_time > OVERUSE_TIME and self._over_count > 1 and trend >= self._trend:
                self._over_time = 0.0
                self._over_count = 0
                self._over = True
        else:
            self._over_time = -1.0
            self._over_count = 0
            self._over = False
        self._trend = trend
        above = abs(modified) - threshold
        # A sudden fall of the capacity is not jitter to get used to.
        if above <= MAX_ADAPT_OFFSET and self._updated >= 0.0:
            elapsed = min(arrival - self._updated, MAX_ADAPT_TIME)
            threshold += (K_DOWN if above < 0.0 else K_UP) * above * elapsed
            self._threshold = min(max(threshold, MIN_THRESHOLD), MAX_THRESHOLD)
        self._updated = arrival


class TrendLine:
    """Least squares through the last ``WINDOW`` groups, in running sums: it moves with every few packets of every receiver."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()
        self._origin = 0.0
        self._x = self._y = self._xx = self._xy = 0.0

    def add(self, arrival: float, delay: float, otherwise: float) -> float:
        """Take a group: arrival in s, delay in ms. The slope in ms per ms; ``otherwise`` while there is none."""
        x = (arrival - self._origin) * 1000
        if not self._points or x > RENEW * 1000:
            self._renew(arrival)
            x = 0.0
        points = self._points
        if len(points) == WINDOW:
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
        variance = WINDOW * self._xx - sum_x * sum_x
        if len(points) < WINDOW or variance < MIN_VARIANCE:
            return otherwise
        return (WINDOW * self._xy - sum_x * sum_y) / variance

    def _renew(self, origin: float) -> None:
        shift = (origin - self._origin) * 1000
        points = self._points = deque((x - shift, y) for x, y in self._points)
        self._origin = origin
        self._x, self._y = sum(x for x, _ in points), sum(y for _, y in points)
        self._xx, self._xy = sum(x * x for x, _ in points), sum(x * y for x, y in points)
