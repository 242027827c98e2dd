"""What was sent, by transport-wide sequence number, until feedback says what became of it. Pure.

Written per packet, so two plain arrays; everything else is reckoned when feedback comes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from sfu_worker.bwe_probe import Prober
from sfu_worker.rtcp_types import TransportFeedback

RING = 8192
"Packets remembered: 8 s of 10 Mbit/s, a power of two."
MASK = RING - 1
WRAP = (1 << 24) * 0.064
"Seconds after which the receiver's reference time begins anew."

Arrived = tuple[list[float], list[float], list[int], int]
"(send times in s, arrivals in s, sizes in bytes, how many were lost)"


class PacketHistory:
    """The base of the estimator: ``sent`` is called per packet and must cost next to nothing."""

    def __init__(self) -> None:
        self._times = array("d", bytes(8 * RING))  # > 0: no feedback yet; < 0: reported lost; 0: done
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

    def _collect(self, packets: TransportFeedback) -> tuple[list[float], list[float], list[int], int]:
        """(send times, arrivals, sizes) of what arrived, in the order of sending; packets lost, less those that came late."""
        times, ring, last = self._times, self._sizes, self._last
        probing = self._prober.waiting
        sends: list[float] = []
        arrivals: list[float] = []
        sizes: list[int] = []
        lost = 0
        offset: float | None = None
        newest = -1
        for seq, at in packets.received:
            if (last - seq) & 0xFFFF >= RING:
                continue
            place = seq & MASK
            send = times[place]
            if at is None:
                if send > 0.0:
                    times[place] = -send
                    lost += 1
                    if probing:
                        self._prober.acked(seq, send, None, ring[place])
                continue
            if not send:
                continue
            if send < 0.0:
                # Reported lost by an earlier message, and come after all.
                send = -send
                lost -= 1
            times[place] = 0.0
            if offset is None:
                offset = self._unwrap(at)
            arrival = at / 1e6 + offset
            sends.append(send)
            arrivals.append(arrival)
            sizes.append(ring[place])
            newest = seq
            if probing:
                self._prober.acked(seq, send, arrival, ring[place])
        if newest >= 0 and (self._newest_acked < 0 or (newest - self._newest_acked) & 0xFFFF < 0x8000):
            self._newest_acked = newest
        return sends, arrivals, sizes, lost

    def _unwrap(self, at: int) -> float:
        """What to add to a message's arrival times so that they go on from those before, across the wrap."""
        seconds = at / 1e6
        if self._arrival is None:
            return 0.0
        return round((self._arrival - seconds) / WRAP) * WRAP

    def _bytes_between(self, after: int, until: int) -> int:
        """Bytes of the packets with numbers in (after, until]."""
        count = min((until - after) & 0xFFFF, RING)
        start = (until + 1 - count) & MASK
        end = start + count
        if end <= RING:
            return sum(self._sizes[start:end])
        return sum(self._sizes[start:]) + sum(self._sizes[: end - RING])
