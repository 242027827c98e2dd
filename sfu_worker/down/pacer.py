"""How much may leave at once: leaky buckets, filled when somebody looks into them. Pure.

Bytes, bit/s, seconds.

Frames pass as they come while they are no more than the link takes in a moment. What is more than
that (a key frame, or what still comes for a link that has just become narrow) is spread over the
next ticks, so that sound passes between and short queues on the way do not overflow.
Retransmissions have a bucket of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

from sfu_worker.down.segments import Segment
from sfu_worker.up.batch import Packet

# Sends or holds back a packet in its segment, at a time in seconds.
Put = Callable[[Packet, Segment, float], None]

TICK = 0.025
# Media may leave at this many times the budget (libwebrtc's pacing factor): more is spread over the
# next ticks.
PACING = 2.5
# Seconds at that rate that may leave at once after a silence: two ticks.
MEDIA_BURST = 0.05
# Bytes: five packets, less than the first flight of a TCP connection (RFC 6928), pass on any link.
LEAST_BURST = 6_000
# Seconds that a packet waits at most; a decoder that waits longer shows a freeze.
MAX_WAIT = 0.25
# Seconds of the share of the budget that retransmissions may take at once.
REPAIR_BURST = 0.1
# Of the budget, for retransmissions; a link that loses more needs less media, not more repair.
REPAIR_SHARE = 0.5


class Pacer:
    """One receiver's buckets.

    Call ``tick`` when the budget may have changed, and every 25 ms while something waits.
    """

    def __init__(self) -> None:
        # The queues that hold packets back.
        self.waiting: list[PacedQueue] = []
        # Nothing is known of the link before the first tick.
        self._media = inf
        self._repair = 0.0
        self._at = -1.0
        self._resize(0)

    def tick(self, budget_bps: int, now: float) -> None:
        """Go by this budget from now on, and let go what may leave by now."""
        if budget_bps != self._budget:
            self._resize(budget_bps)
        self._fill(now)
        if self.waiting:
            self.waiting = [queue for queue in self.waiting if not queue.release(now)]

    def _fill(self, now: float) -> None:
        elapsed = now - self._at if self._at >= 0.0 else TICK
        self._at = now
        media, repair = (
            self._media + self._media_rate * elapsed,
            self._repair + self._repair_rate * elapsed,
        )
        self._media = media if media < self._media_room else self._media_room
        self._repair = repair if repair < self._repair_room else self._repair_room

    def _resize(self, budget_bps: int) -> None:
        """Reckoned when the estimate moves, not whenever the buckets are filled."""
        self._budget = budget_bps
        self._media_rate = budget_bps / 8 * PACING
        self._media_room = max(self._media_rate * MEDIA_BURST, LEAST_BURST)
        self._repair_rate = budget_bps / 8 * REPAIR_SHARE
        self._repair_room = self._repair_rate * REPAIR_BURST

    def passes(self, size: int, now: float) -> bool:
        """Whether so many bytes of media may leave now; if so, they are counted as sent."""
        if size > self._media:
            self._fill(now)
            if size > self._media:
                return False
        self._media -= size
        return True

    def repair_room(self, now: float) -> int:
        """Bytes of retransmissions that may leave now."""
        self._fill(now)
        return max(0, int(self._repair))

    def repaired(self, size: int) -> None:
        """Retransmissions have left."""
        self._repair -= size


class PacedQueue:
    """What one slot holds back, in the order of its numbers. ``write`` sends one packet."""

    def __init__(self, pacer: Pacer, write: Put) -> None:
        self._pacer = pacer
        self._write = write
        self._packets: deque[tuple[Packet, Segment, float]] = deque()

    def __bool__(self) -> bool:
        return bool(self._packets)

    def hold(self, p: Packet, segment: Segment, now: float) -> None:
        """Keep a packet for later. It is copied: the batch that it came in is over by then."""
        if not self._packets:
            self._pacer.waiting.append(self)
        self._packets.append((p.copy(), segment, now))

    def release(self, now: float) -> bool:
        """Send what may leave by now. Returns whether nothing is left."""
        packets = self._packets
        while packets:
            p, segment, since = packets[0]
            if not self._pacer.passes(p.size, now) and now - since < MAX_WAIT:
                return False
            packets.popleft()
            self._write(p, segment, now)
        return True

    def close(self) -> None:
        """Nothing is held back or written any more."""
        self.drop()
        self._pacer = Pacer()
        self._write = _nowhere

    def drop(self) -> tuple[Packet, Segment] | None:
        """Forget everything. Returns the first packet that will not be sent, if there was one."""
        first = self._packets[0][:2] if self._packets else None
        self._packets.clear()
        if self in self._pacer.waiting:
            self._pacer.waiting.remove(self)
        return first


def _nowhere(_packet: Packet, _segment: Segment, _now: float) -> None:
    """Where a queue that has ended writes."""
