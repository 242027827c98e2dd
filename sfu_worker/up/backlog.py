"""Sound that was just held back, so that it can be sent when someone begins to speak. Pure."""

from __future__ import annotations

from sfu_worker.up.batch import Packet
from sfu_worker.up.cache import PacketCache

# Seconds sent with the first loud packet, since a word begins softer than what counts as loud. A
# jitter buffer takes as much in one burst.
BACKLOG_SECONDS = 0.15

# At most, for senders of very short packets; browsers send 20 ms in each.
BACKLOG_PACKETS = 16


class Backlog:
    """The newest packets since ``begin``.

    They lie in the layer's cache, with those that were sent.
    """

    __slots__ = ("_cache", "_clock", "_count", "_newest", "withheld", "withheld_octets")

    def __init__(self, cache: PacketCache, clock: int) -> None:
        self._cache = cache
        self._clock = clock
        self._count = 0
        self._newest = 0
        # Packets that were held back and never sent, and their octets of payload.
        self.withheld = 0
        self.withheld_octets = 0

    def begin(self) -> None:
        """Nothing is held back yet."""
        self._count = 0

    def keep(self, p: Packet, last_sent: int) -> None:
        """Hold a packet back. ``last_sent``: the newest number that was sent, -1 for none."""
        self.withheld += 1
        self.withheld_octets += p.size
        count = self._count
        ahead = (p.seq - (self._newest if count else last_sent)) & 0xFFFF < 0x8000
        if not (count or ahead) and last_sent >= 0:
            # Late, from before the silence: its place among the numbers sent is no longer open.
            return
        self._cache.put(p.seq, p.timestamp, p.marker, bytes(p.payload))
        if ahead or not count:
            self._newest = p.seq
        self._count = count + 1

    def give_back(self, packets: list[Packet]) -> None:
        """These are sent after all."""
        self.withheld -= len(packets)
        self.withheld_octets -= sum([p.size for p in packets])

    def packets(self) -> list[Packet]:
        """The last ``BACKLOG_SECONDS``, oldest first, as packets outside of any batch."""
        backlog: list[Packet] = []
        newest = None
        for seq in range(self._newest, self._newest - min(self._count, BACKLOG_PACKETS), -1):
            found = self._cache.get(seq & 0xFFFF)
            if found is None:
                # Lost on the way here.
                continue
            timestamp, marker, payload = found
            newest = timestamp if newest is None else newest
            if (newest - timestamp) & 0xFFFFFFFF > BACKLOG_SECONDS * self._clock:
                break
            p = Packet()
            p.seq, p.timestamp, p.marker = seq & 0xFFFF, timestamp, marker
            p.payload, p.size = memoryview(payload), len(payload)
            backlog.append(p)
        return backlog[::-1]
