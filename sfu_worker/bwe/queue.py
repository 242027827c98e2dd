"""The queue at the bottleneck as a level: how long it is, and at which rate it is served while it is there. Pure.

A trend needs several groups of packets. When a link falls from 10 Mbit/s to 500 kbit/s these take a second to arrive, while
the sender adds ten seconds to the queue; the level and the spacing of packets within one frame tell it with the first report.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf
from operator import sub

BASE_WINDOW = 10.0
"Seconds over which the smallest delay is the path's own. Clocks that drift by 200 ppm move 2 ms in it."
BUCKETS = 10
QUEUED = 0.025
"Seconds above the base from which on a packet has stood in a queue; jitter is added to it."
RECENT = 3
"The level is the least delay of so many packets in a row: jitter rarely hits them all in the same way."
MAX_JITTER = 0.05
RUN_WINDOW = 0.5
MIN_RUN = 0.030
"Seconds and packets of a busy run that it takes to name the rate of service."
MIN_RUN_PACKETS = 5


class QueueLevel:
    """Follows one-way delays (receiver's clock less ours, any offset)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: another path, or the receiver's clock has jumped."""
        self.delay = 0.0
        "Seconds that the newest packets stood in the queue."
        self.capacity = 0
        "bit/s at which our packets leave a busy queue, of the last 500 ms; 0 when there is no queue or too few packets."
        self._spreads = 0
        self._base: deque[tuple[float, float]] = (
            deque()
        )  # (from when, the least delay of that second)
        self._least = 0.0
        self._recent: deque[float] = deque(maxlen=RECENT)
        self.offered = 0
        "bit/s at which the packets that ``capacity`` is about were sent; when that is no more, nothing held them up."
        self._run: deque[tuple[float, int, float]] = deque()  # (arrival, bytes, sent)
        self._run_bytes = 0
        self.jitter = 0.0
        "Seconds by which half of the packets are later than the quickest, without a queue."
        self.threshold = QUEUED
        "Seconds of delay above the base that count as a queue on this path: jitter is no queue."

    def add(
        self,
        sends: list[float],
        arrivals: list[float],
        sizes: list[int],
        continuous: bool,
        now: float,
    ) -> None:
        """Take packets in the order of sending; ``continuous``: no feedback message is missing before this one."""
        delays = list(map(sub, arrivals, sends))
        least = min(delays)
        self._follow_base(least, now)
        base = self._least
        self._recent.extend(delays[-RECENT:])
        self.delay = min(self._recent) - base
        if self.delay < self.threshold and len(delays) >= MIN_RUN_PACKETS:
            spread = sorted(delays)[len(delays) // 2] - least
            self._spreads = min(self._spreads + 1, 8)
            self.jitter += (min(spread, MAX_JITTER) - self.jitter) / self._spreads
            self.threshold = QUEUED + self.jitter
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
        """Seconds by which a one-way delay is longer than the path's own; without end while that is not known."""
        return delay - self._least if self._base else inf

    def _extend_run(
        self, queued: float, packets: Iterable[tuple[float, float, int, float]]
    ) -> None:
        """Only what comes after the last packet that did not wait is in the run."""
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
        if not base or now - base[-1][0] >= BASE_WINDOW / BUCKETS:
            base.append((now, least))
            while now - base[0][0] > BASE_WINDOW:
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
        while newest - run[0][0] > RUN_WINDOW:
            self._run_bytes -= run.popleft()[1]
        span = newest - run[0][0]
        if len(run) < MIN_RUN_PACKETS or span < MIN_RUN:
            return
        bits = 8 * (self._run_bytes - run[0][1])
        self.capacity = int(bits / span)
        self.offered = int(bits / max(run[-1][2] - run[0][2], 0.001))
