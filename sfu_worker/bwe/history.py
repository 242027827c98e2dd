"""What was sent, by transport-wide sequence number, until feedback says what became of it. Pure.

Written per packet, so two plain arrays; everything else is reckoned when feedback comes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TypeVar, cast

from sfu_worker.bwe.probe import Prober
from sfu_worker.rtp.rtcp.types import TICK_US

RING = 8192
"Packets remembered: 8 s of 10 Mbit/s, a power of two."
MASK = RING - 1
WRAP = (1 << 24) * 0.064
"Seconds after which the receiver's reference time begins anew."
TICKS_PER_SECOND = 1_000_000 // TICK_US

DONE = array("d", bytes(8 * RING))

Number = TypeVar("Number", int, float)
Arrived = tuple[list[float], list[float], list[int], int]
"(send times in s, arrivals in s, sizes in bytes) of what arrived, and how many were lost less those that came late."


class PacketHistory:
    """The base of the estimator: ``sent`` is called per packet and must cost next to nothing."""

    def __init__(self) -> None:
        self._times = array(
            "d", bytes(8 * RING)
        )  # > 0: no feedback yet; < 0: reported lost; 0: done
        self._sizes = array("H", bytes(2 * RING))
        self._last = -1
        self._newest_acked = -1
        self._arrival: float | None = None  # the newest, on a time line without wrap
        self._prober = Prober()

    def sent(self, seq16: int, size: int, now: float, probe: int = 0) -> None:
        """A packet of ``size`` bytes (< 65536) leaves with this transport-wide number; ``probe`` is the id of its probe."""
        at = seq16 & MASK
        self._times[at] = now
        self._sizes[at] = size
        self._last = seq16
        if probe:
            self._prober.sent(seq16, size, probe)

    def sent_batch(self, first_seq: int, sizes: Sequence[int], now: float, probe: int = 0) -> None:
        """Packets with consecutive numbers, at most ``RING``, leave together."""
        count = len(sizes)
        if not count:
            return
        at = first_seq & MASK
        if at + count <= RING and not probe:
            self._times[at : at + count] = array("d", (now,)) * count
            self._sizes[at : at + count] = array("H", sizes)
            self._last = (first_seq + count - 1) & 0xFFFF
        else:
            for offset, size in enumerate(sizes):
                self.sent((first_seq + offset) & 0xFFFF, size, now, probe)

    def fate(self, seq16: int) -> bool | None:
        """Whether a packet sent within the last seconds has arrived, as far as the receiver has said."""
        send = self._times[seq16 & MASK]
        return None if send > 0.0 else send == 0.0

    def collect(self, base_seq: int, ticks: list[int | None]) -> Arrived:
        """What feedback from ``base_seq`` on says of packets that were on their way, in the order of sending."""
        # What has left the ring, and what never left us, is passed over.
        age = (self._last - base_seq) & 0xFFFF
        skip, end = max(0, age - RING + 1), min(len(ticks), age + 1)
        ticks, first, count = ticks[skip:end], (base_seq + skip) & 0xFFFF, end - skip
        if count <= 0:
            return [], [], [], 0
        offset = self._unwrap(next((at for at in ticks if at is not None), 0))
        place = first & MASK
        sent = _part(self._times, first, count)
        if None in ticks or min(sent) <= 0.0 or place + count > RING or self._prober.waiting:
            return self._sift(first, sent, ticks, offset)
        # As nearly always, everything has come, and only now.
        self._times[place : place + count] = DONE[:count]
        self._reached((first + count - 1) & 0xFFFF)
        arrivals = [at / TICKS_PER_SECOND + offset for at in cast("list[int]", ticks)]
        return sent.tolist(), arrivals, self._sizes[place : place + count].tolist(), 0

    def _sift(
        self, first: int, sent: array[float], ticks: list[int | None], offset: float
    ) -> Arrived:
        """The same one by one: some are lost, or known already, or a probe's. ``first`` is the number of the first."""
        times, sizes, prober = self._times, self._sizes, self._prober
        probing = prober.waiting
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
                    # Reported lost by an earlier message, and come after all.
                    send = -send
                    lost -= 1
                times[place] = 0.0
                arrival = at / TICKS_PER_SECOND + offset
                sends.append(send)
                arrivals.append(arrival)
                known.append(sizes[place])
                newest = seq
            if probing:
                prober.acked(seq, send, arrival, sizes[place])
        if newest >= 0:
            self._reached(newest)
        return sends, arrivals, known, lost

    def _reached(self, seq: int) -> None:
        if self._newest_acked < 0 or (seq - self._newest_acked) & 0xFFFF < 0x8000:
            self._newest_acked = seq

    def _unwrap(self, at: int) -> float:
        """What to add to a message's arrival times so that they go on from those before, across the wrap."""
        seconds = at / TICKS_PER_SECOND
        if self._arrival is None:
            return 0.0
        return round((self._arrival - seconds) / WRAP) * WRAP

    def _bytes_between(self, after: int, until: int) -> int:
        """Bytes of the packets with numbers in (after, until]."""
        count = min((until - after) & 0xFFFF, RING)
        return sum(_part(self._sizes, until + 1 - count, count))


def _part(ring: array[Number], first: int, count: int) -> array[Number]:
    """``count`` entries from number ``first`` on, across the ring's end; none when there are less than one."""
    start = first & MASK
    end = start + count
    return ring[start:end] if end <= RING else ring[start:] + ring[: end - RING]
