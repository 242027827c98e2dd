"""The queue at the bottleneck: how long it is, and how fast it is served. Pure.

A trend needs several groups of packets. When a link falls from 10 Mbit/s to 500 kbit/s these take a
second to arrive, while the sender adds ten seconds to the queue. The queueing delay, and the
spacing of packets within one frame, show it with the first feedback.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from operator import sub


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """How the queueing delay is told from the path's own delay and its jitter."""

    # Seconds over which the smallest delay is the path's own, and in how many parts it is kept.
    # Clocks that drift by 200 ppm move 2 ms in it.
    base_window: float = 10.0
    buckets: int = 10
    # Seconds above the path's own delay from which a packet has met a queue; jitter is added.
    queued: float = 0.025
    # The queueing delay is the least of this many packets in a row: jitter rarely delays them all.
    recent: int = 3
    # Seconds of jitter that one message may show at most.
    most_jitter: float = 0.05
    # Messages over which jitter is averaged.
    averaged: int = 8


@dataclass(frozen=True, slots=True)
class RunConfig:
    """The packets in a row that met a queue; their spacing is the rate of service."""

    # Seconds of arrivals that are looked at.
    window: float = 0.5
    # Seconds and packets that it takes to name a rate.
    least: float = 0.030
    packets: int = 5


QUEUE = QueueConfig()
RUN = RunConfig()


class QueueLevel:
    """Follows one-way delays: the receiver's clock less ours, with any constant offset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: another path, or the receiver's clock has jumped."""
        # Seconds that the newest packets stood in the queue.
        self.delay = 0.0
        # Seconds by which half of the packets are later than the quickest, without a queue.
        self.jitter = 0.0
        # Seconds of delay above the path's own that count as a queue here.
        self.threshold = QUEUE.queued
        # bit/s at which our packets leave a busy queue, over the last 500 ms; 0 if there is no
        # queue or there are too few packets.
        self.capacity = 0
        # bit/s at which we sent those packets. If that is no more, nothing held them up.
        self.offered = 0
        self._spreads = 0
        # (from when, the least delay) of each part of the window.
        self._base: deque[tuple[float, float]] = deque()
        self._least = 0.0
        self._recent: deque[float] = deque(maxlen=QUEUE.recent)
        # (arrival, bytes, sent) of the packets of the busy run.
        self._run: deque[tuple[float, int, float]] = deque()
        self._run_bytes = 0

    def add(
        self,
        sends: list[float],
        arrivals: list[float],
        sizes: list[int],
        continuous: bool,
        now: float,
    ) -> None:
        """Take packets in sending order. ``continuous``: no feedback is missing before them."""
        delays = list(map(sub, arrivals, sends))
        least = min(delays)
        self._follow_base(least, now)
        base = self._least
        self._recent.extend(delays[-QUEUE.recent :])
        self.delay = min(self._recent) - base
        if self.delay < self.threshold and len(delays) >= RUN.packets:
            spread = sorted(delays)[len(delays) // 2] - least
            self._spreads = min(self._spreads + 1, QUEUE.averaged)
            self.jitter += (min(spread, QUEUE.most_jitter) - self.jitter) / self._spreads
            self.threshold = QUEUE.queued + self.jitter
        queued = base + self.threshold
        if delays[-1] < queued or not continuous:
            self._run.clear()
            self._run_bytes = 0
        if delays[-1] >= queued:
            self._extend_run(queued, zip(delays, arrivals, sizes, sends, strict=True))
        self._serve()

    @property
    def occupied(self) -> bool:
        """Whether the newest packets met a queue."""
        return self.delay > self.threshold

    def above(self, delay: float) -> float:
        """Seconds by which a one-way delay exceeds the path's own; infinite if that is unknown."""
        return delay - self._least if self._base else inf

    def _extend_run(
        self, queued: float, packets: Iterable[tuple[float, float, int, float]]
    ) -> None:
        """Add packets. The run begins after the last packet that met no queue."""
        run = self._run
        for delay, arrival, size, send in packets:
            if delay < queued:
                if run:
                    run.clear()
                    self._run_bytes = 0
            else:
                run.append((arrival, size, send))
                self._run_bytes += size

    def _follow_base(self, least: float, now: float) -> None:
        base = self._base
        if not base or now - base[-1][0] >= QUEUE.base_window / QUEUE.buckets:
            base.append((now, least))
            while now - base[0][0] > QUEUE.base_window:
                base.popleft()
            self._least = min(entry[1] for entry in base)
        elif least < base[-1][1]:
            base[-1] = (base[-1][0], least)
            self._least = min(self._least, least)

    def _serve(self) -> None:
        run = self._run
        self.capacity = self.offered = 0
        if not run:
            return
        newest = run[-1][0]
        while newest - run[0][0] > RUN.window:
            self._run_bytes -= run.popleft()[1]
        span = newest - run[0][0]
        if len(run) < RUN.packets or span < RUN.least:
            return
        bits = 8 * (self._run_bytes - run[0][1])
        self.capacity = int(bits / span)
        self.offered = int(bits / max(run[-1][2] - run[0][2], 0.001))
