"""The packets sent, by transport-wide sequence number, until feedback tells their fate. Pure.

The packet path writes here, so the storage is two plain arrays. Everything else is computed when
feedback comes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import TypeVar, cast

from sfu_worker.rtp.rtcp.types import TICK_US

# Packets remembered: 8 s at 10 Mbit/s. A power of two, so that a mask finds a packet's place.
RING = 8192
MASK = RING - 1
TICKS_PER_SECOND = 1_000_000 // TICK_US

DONE = array("d", bytes(8 * RING))

Number = TypeVar("Number", int, float)
# Send times in s, arrivals in s and sizes in bytes of the packets that arrived, then the number of
# lost packets, less those that were reported lost earlier and arrived after all.
Arrived = tuple[list[float], list[float], list[int], int]
# Is told a packet's number, its send time, its arrival (None when it was lost) and its size.
Follow = Callable[[int, float, float | None, int], None]


def _nobody(_seq: int, _size: int, _probe: int) -> None:
    """No probes are sent, so nobody is told of their packets."""


class PacketHistory:
    """The packets of one connection. ``sent`` is called for each and must cost next to nothing.

    ``marked`` is told the number, the size and the probe of each packet that belongs to one.
    """

    __slots__ = ("_marked", "_sizes", "_times", "last", "newest_acked")

    def __init__(self, marked: Callable[[int, int, int], None] = _nobody) -> None:
        # The send time while nothing is known of a packet, negative once it was reported lost,
        # 0 once it has arrived.
        self._times = array("d", bytes(8 * RING))
        self._sizes = array("H", bytes(2 * RING))
        self._marked = marked
        # Numbers of the newest packet sent and of the newest that arrived; -1 before the first.
        self.last = -1
        self.newest_acked = -1

    def sent(self, seq16: int, size: int, now: float, probe: int = 0) -> None:
        """A packet of ``size`` bytes (< 65536) leaves; ``probe`` is its probe's id, or 0."""
        at = seq16 & MASK
        self._times[at] = now
        self._sizes[at] = size
        self.last = seq16
        if probe:
            self._marked(seq16, size, probe)

    def fate(self, seq16: int) -> bool | None:
        """Whether a packet of the last seconds has arrived; None while there is no feedback."""
        send = self._times[seq16 & MASK]
        return None if send > 0.0 else send == 0.0

    def pending_since(self, seq16: int) -> float | None:
        """When a packet was sent, if nothing is known of its fate; None otherwise."""
        send = self._times[seq16 & MASK]
        return send if send > 0.0 else None

    def collect(
        self,
        base_seq: int,
        ticks: list[int | None],
        offset: float = 0.0,
        follow: Follow | None = None,
    ) -> Arrived:
        """Return what feedback from ``base_seq`` on says of packets in flight, in sending order.

        ``ticks`` are arrivals in the feedback's units, ``offset`` the seconds to add to them.
        ``follow`` is told of each packet.
        """
        # Pass over packets that have left the ring, and numbers that were never sent.
        age = (self.last - base_seq) & 0xFFFF
        skip, end = max(0, age - RING + 1), min(len(ticks), age + 1)
        ticks, first, count = ticks[skip:end], (base_seq + skip) & 0xFFFF, end - skip
        if count <= 0:
            return [], [], [], 0
        place = first & MASK
        sends = _part(self._times, first, count).tolist()
        if None in ticks or min(sends) <= 0.0 or place + count > RING or follow is not None:
            return self._sift(first, sends, ticks, offset, follow)
        # The usual case: everything has arrived, and is reported for the first time.
        self._times[place : place + count] = DONE[:count]
        self.reached((first + count - 1) & 0xFFFF)
        arrivals = [at / TICKS_PER_SECOND + offset for at in cast("list[int]", ticks)]
        return sends, arrivals, self._sizes[place : place + count].tolist(), 0

    def _sift(
        self,
        first: int,
        sent: list[float],
        ticks: list[int | None],
        offset: float,
        follow: Follow | None,
    ) -> Arrived:
        """Do the same packet by packet: some are lost, known already, or part of a probe."""
        times, sizes = self._times, self._sizes
        sends: list[float] = []
        arrivals: list[float] = []
        known: list[int] = []
        lost, newest = 0, -1
        for number, (send, at) in enumerate(zip(sent, ticks, strict=True), first):
            seq, place = number & 0xFFFF, number & MASK
            if send == 0.0 or (send < 0.0 and at is None):
                continue
            arrival = None
            if at is None:
                times[place] = -send
                lost += 1
            else:
                if send < 0.0:
                    # An earlier message reported it lost, but it was only late.
                    send = -send
                    lost -= 1
                times[place] = 0.0
                arrival = at / TICKS_PER_SECOND + offset
                sends.append(send)
                arrivals.append(arrival)
                known.append(sizes[place])
                newest = seq
            if follow is not None:
                follow(seq, send, arrival, sizes[place])
        if newest >= 0:
            self.reached(newest)
        return sends, arrivals, known, lost

    def reached(self, seq: int) -> None:
        """The receiver has this packet."""
        if self.newest_acked < 0 or (seq - self.newest_acked) & 0xFFFF < 0x8000:
            self.newest_acked = seq

    @property
    def in_doubt(self) -> bool:
        """Whether the newest packet is not known to have arrived."""
        return self.newest_acked != self.last

    @property
    def in_flight(self) -> int:
        """Bytes sent since the newest packet that arrived; 0 before the first."""
        if self.newest_acked < 0:
            return 0
        return self.bytes_between(self.newest_acked, self.last)

    def bytes_between(self, after: int, until: int) -> int:
        """Bytes of the packets with numbers in (after, until]."""
        count = min((until - after) & 0xFFFF, RING)
        return sum(_part(self._sizes, until + 1 - count, count))


def _part(ring: array[Number], first: int, count: int) -> array[Number]:
    """Return ``count`` entries from number ``first`` on, across the ring's end; may be empty."""
    start = first & MASK
    end = start + count
    return ring[start:end] if end <= RING else ring[start:] + ring[: end - RING]
