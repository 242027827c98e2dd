"""A pure model of a bad link: a rate with a bounded queue, loss, delay, jitter and reordering.

Time is a parameter.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

# IPv4 and UDP headers, which use up a link's rate too.
OVERHEAD = 28

# A packet of other traffic, which ends with the link. It is recognised by identity.
RIVAL = bytes(1200 - OVERHEAD)

# How often a wandering delay picks its next target. A queue elsewhere fills and drains in this
# time.
WANDER_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Conditions:
    """The state of a link in one direction.

    ``rate`` is in bit/s (None: no limit). ``queue`` is how many seconds a packet may wait; one that
    would wait longer is dropped. ``loss`` is a probability, ``delay`` and ``jitter`` are seconds.
    Without reordering the delay wanders within ±jitter and packets stay in order. ``reorder`` is
    the probability that a packet draws a delay of its own and may overtake others. ``rival`` is the
    bit/s of other traffic in the same queue, which does not yield; it needs a ``rate``.
    """

    rate: float | None = None
    queue: float = 0.3
    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    reorder: float = 0.0
    rival: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """From ``at`` seconds on, the link is like this."""

    at: float
    conditions: Conditions


def conditions_at(steps: Sequence[Step], t: float) -> Conditions:
    """The last step that has begun; a clean link before the first."""
    found = Conditions()
    for step in steps:
        if step.at <= t:
            found = step.conditions
    return found


class Link:
    """One direction of a link. Push datagrams in, pop those that have arrived."""

    def __init__(self, seed: int = 0) -> None:
        self.conditions = Conditions()
        # Packets, and bytes with headers. The rival counts in rival_bytes alone.
        self.passed = self.dropped = self.lost = 0
        self.bytes = self.rival_bytes = 0
        self._random = random.Random(seed)
        self._queue: deque[bytes] = deque()
        self._queued = 0
        # How many bytes of the queue's first datagram are on the wire.
        self._head_sent = 0.0
        self._clock = 0.0
        self._travelling: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._last_due = 0.0
        # When the rival's next packet enters.
        self._rival_at = 0.0
        self._wander = (0.0, 0.0, 0.0, 0.0)

    def change(self, conditions: Conditions, now: float) -> None:
        """Change the link from now on; what waits in the queue leaves at the new rate."""
        self._advance(now)
        self.conditions = conditions
        self._rival_at = now

    def push(self, data: bytes, now: float) -> None:
        """A datagram enters the link."""
        self._advance(now)
        c = self.conditions
        if c.loss and self._random.random() < c.loss:
            self.lost += 1
        elif c.rate is None and not self._queue:
            self._launch(data, now)
        elif c.rate is not None and self._queued * 8 / c.rate > c.queue:
            self.dropped += 1
        else:
            self._enter(data, now)

    def pop(self, now: float) -> list[bytes]:
        """The datagrams that have arrived by now, in the order of their arrival."""
        self._advance(now)
        arrived = []
        while self._travelling and self._travelling[0][0] <= now:
            arrived.append(heapq.heappop(self._travelling)[2])
        return arrived

    def next_due(self) -> float | None:
        """When the next ``pop`` will have something, or None."""
        due = self._travelling[0][0] if self._travelling else None
        if self._queue:
            rate = self.conditions.rate
            left = len(self._queue[0]) + OVERHEAD - self._head_sent
            leaves = self._clock + (left * 8 / rate if rate else 0.0)
            due = leaves if due is None else min(due, leaves)
        return due

    def _enter(self, data: bytes, now: float) -> None:
        self._queue.append(data)
        self._queued += len(data) + OVERHEAD
        self._drain(now)

    def _advance(self, now: float) -> None:
        """Bring the link to ``now``; the rival's packets enter in their turn."""
        c = self.conditions
        if c.rival and c.rate:
            while self._rival_at <= now:
                self._drain(self._rival_at)
                if self._queued * 8 / c.rate <= c.queue:
                    self._enter(RIVAL, self._rival_at)
                self._rival_at += 8 * (len(RIVAL) + OVERHEAD) / c.rival
        self._drain(now)

    def _drain(self, now: float) -> None:
        """Move what the rate has let through since the last call from the queue onto the way."""
        rate = self.conditions.rate
        while self._queue:
            size = len(self._queue[0]) + OVERHEAD
            leaves = self._clock + ((size - self._head_sent) * 8 / rate if rate else 0.0)
            if leaves > now and rate:
                self._head_sent += max(0.0, now - self._clock) * rate / 8
                break
            self._launch(self._queue.popleft(), leaves)
            self._queued -= size
            self._head_sent = 0.0
            self._clock = leaves
        self._clock = max(self._clock, now)

    def _launch(self, data: bytes, at: float) -> None:
        if data is RIVAL:
            self.rival_bytes += len(data) + OVERHEAD
            return
        c = self.conditions
        self.passed += 1
        self.bytes += len(data) + OVERHEAD
        self._count += 1
        if c.reorder and self._random.random() < c.reorder:
            due = at + max(0.0, c.delay + self._random.uniform(-c.jitter, c.jitter))
        else:
            due = max(self._last_due, at + max(0.0, c.delay + self._offset(at)))
            self._last_due = due
        heapq.heappush(self._travelling, (due, self._count, data))

    def _offset(self, at: float) -> float:
        """A delay that walks in straight lines between random points."""
        jitter = self.conditions.jitter
        if not jitter:
            return 0.0
        t0, v0, t1, v1 = self._wander
        if at >= t1:
            t0, v0 = (t1, v1) if at < t1 + WANDER_SECONDS else (at, v1)
            t1, v1 = t0 + WANDER_SECONDS, self._random.uniform(-jitter, jitter)
            self._wander = (t0, v0, t1, v1)
        return v0 + (v1 - v0) * (at - t0) / (t1 - t0)
