"""A worker's own health: how late it is, datagrams that its sockets dropped, CPU, memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from sfu_worker import VERSION
from sfu_worker.control.load import Load
from sfu_worker.numbers import Datagrams, WorkerNumbers, grown

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Lag:
    """How late a timer runs, in seconds: the event loop delays each packet by as much."""

    def __init__(self) -> None:
        self._worst = self._sum = 0.0
        self._count = 0

    def note(self, late: float) -> None:
        """The timer has run, ``late`` seconds after it was due."""
        self._worst = max(self._worst, late)
        self._sum += max(late, 0.0)
        self._count += 1

    def take(self) -> tuple[float, float]:
        """The worst and the mean delay since the last call."""
        found = self._worst, self._sum / self._count if self._count else 0.0
        self._worst = self._sum = 0.0
        self._count = 0
        return found


class WorkerMeter:
    """Measures the process: its load at each tick, its numbers once a second."""

    def __init__(self, worker: str) -> None:
        self.lag = Lag()
        self._worker = worker
        self._since = self._at = time.monotonic()
        self.load = Load(self._since, time.process_time())
        self._waited = 0.0
        self._before = Datagrams()

    def tick(
        self, late: float, waited: float, datagrams: Callable[[], Datagrams], now: float
    ) -> bool:
        """The timer has run ``late``, and a datagram lay in its socket for ``waited`` seconds.

        Returns whether the worker has become busy, or is so no longer.
        """
        self.lag.note(late)
        self._waited = max(self._waited, waited)
        self.load.note(now, max(late, waited))
        if not self.load.due(now):
            return False
        counted = datagrams()
        return self.load.step(now, time.process_time(), counted.received, counted.overflowed)

    def measure(self, rooms: list[str], datagrams: Datagrams, now: float) -> WorkerNumbers:
        """The worker's numbers. ``datagrams`` is as of now; ``rooms`` are slugs."""
        worst, mean = self.lag.take()
        waited, self._waited = self._waited, 0.0
        seconds = now - self._at if now > self._at else 1.0
        last = grown(datagrams, self._before)
        self._before, self._at = datagrams, now
        return WorkerNumbers(
            worker=self._worker,
            version=VERSION,
            uptime=now - self._since,
            memory=resident(),
            lag_max=worst,
            lag_mean=mean,
            wait_max=waited,
            late=round(self.load.shares.late, 3),
            cpu=round(self.load.shares.cpu, 3),
            rooms=rooms,
            total=datagrams,
            last=last,
            seconds=seconds,
        )


def resident() -> int:
    """Resident memory of this process in bytes; 0 if the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0
