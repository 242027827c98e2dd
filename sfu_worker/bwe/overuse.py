"""Overuse: do our packets fill the queue at the bottleneck? Pure.

GCC answers from the trend of the delay alone (draft-ietf-rmcat-gcc-02, 5.4). Here the queue must
also be long enough to be more than jitter, and two cases count without any trend: a link whose
capacity has fallen, and a queue that has been standing for a while.
"""

from __future__ import annotations

from dataclasses import dataclass

from sfu_worker.bwe.delay import DelayDetector
from sfu_worker.bwe.measurements import Measurements


@dataclass(frozen=True, slots=True)
class OveruseConfig:
    """When a queue counts as overuse."""

    # Seconds of queue below which a trend is taken for jitter. With 0.01 a path whose delay
    # wanders by ±30 ms never settled (tests/sfu_worker/bwe/test_wander.py).
    delay: float = 0.065
    # A queue served at less than this share of what we send: the link's capacity has fallen, and no
    # trend need confirm it.
    fallen_share: float = 0.35
    # Seconds of queue from which that counts. In a shorter one, the burst of another flow may have
    # taken half of the link for just as long.
    fallen_delay: float = 0.050
    # Seconds of queue, and for how long it must stay, to count without a trend: such a queue is
    # full, or is fed as fast as it is served.
    standing_delay: float = 0.150
    standing_seconds: float = 0.6
    # If queued packets are served at this share of the rate at which we sent them, we are not the
    # ones who fill the queue.
    harmless_share: float = 0.95


OVERUSE = OveruseConfig()


class OveruseDetector:
    """Judges the queue that ``measured`` shows. Call ``add`` after each study of feedback."""

    def __init__(self, measured: Measurements) -> None:
        self._queue = measured.queue
        self._sent = measured.sent
        self._delay = DelayDetector()
        self._trend = False
        self._standing_since = 0.0
        # The last feedback reported more packets lost than received, with a queue: it is full.
        self._flooded = False

    def add(self, sends: list[float], arrivals: list[float], lost: int, jumped: bool) -> None:
        """Follow the delay trend. Packets that met no queue are only kept."""
        if jumped:
            self._delay.reset()
        self._trend = False
        if self._queue.delay > OVERUSE.delay / 2:
            self._trend = self._delay.add(sends, arrivals)
        elif sends:
            self._delay.keep(sends, arrivals)
        self._flooded = self._queue.occupied and lost > len(sends)

    @property
    def trend_begins(self) -> float:
        """When the oldest packets in the trend were sent."""
        return self._delay.begins

    @property
    def grows(self) -> bool:
        """Whether there is a queue and it grows."""
        return self._trend and self._queue.delay > OVERUSE.delay + self._queue.jitter

    @property
    def harmless(self) -> bool:
        """Whether everything that we send comes through, so that any queue is not ours."""
        return self._queue.capacity > OVERUSE.harmless_share * self._queue.offered

    def stands(self, decreased_at: float, now: float) -> bool:
        """Whether a long queue has stayed for a while, since it began or the rate was cut."""
        if self._queue.delay < OVERUSE.standing_delay + 2 * self._queue.jitter:
            self._standing_since = now
            return False
        return now - max(self._standing_since, decreased_at) > OVERUSE.standing_seconds

    def fallen(self, rate: int) -> bool:
        """Whether the queue is served so slowly that the link's capacity must have fallen.

        ``rate`` is the estimate in bit/s: a capacity above it is no fall.
        """
        queue = self._queue
        if queue.delay < OVERUSE.fallen_delay + 2 * queue.jitter or not 0 < queue.capacity < rate:
            return False
        # ``offered`` lacks the packets that were dropped: a queue that overflows serves all that
        # it accepts.
        sent = self._sent.rate
        return queue.capacity < OVERUSE.fallen_share * (
            sent if self._flooded else min(sent, queue.offered)
        )
