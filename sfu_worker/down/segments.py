"""How the numbers of an outgoing stream map to those of the layers that feed it. Pure."""

from __future__ import annotations

from sfu_worker.up.layer import UpLayer
from sfu_worker.up.origin import Origin

# Segments remembered for retransmission: with temporal layers dropped, one begins after each
# dropped picture.
KEPT = 256

# Packets this far behind the newest are not forwarded: far less than half of the sequence numbers,
# far more than any reordering.
OLDEST = 4096


class Segment:
    """A stretch of one layer's packets that goes out with the same offsets.

    It holds the incoming numbers ``first_in`` to ``last_in`` (None while it goes on); ``seq``,
    ``timestamp``, ``picture_id`` and ``tl0`` are added to what comes in, each modulo the size of
    its field.
    """

    __slots__ = ("first_in", "last_in", "layer", "picture_id", "seq", "timestamp", "tl0")

    def __init__(
        self, layer: UpLayer, first_in: int, seq: int, timestamp: int, picture_id: int, tl0: int
    ) -> None:
        self.layer = layer
        self.first_in = first_in
        self.last_in: int | None = None
        self.seq = seq & 0xFFFF
        self.timestamp = timestamp & 0xFFFFFFFF
        self.picture_id = picture_id & 0x7FFF
        self.tl0 = tl0 & 0xFF

    def following(self, first_in: int) -> Segment:
        """Another one from ``first_in`` on, with the same offsets."""
        return Segment(self.layer, first_in, self.seq, self.timestamp, self.picture_id, self.tl0)

    def holds(self, seq: int) -> bool:
        """Whether an incoming sequence number belongs here."""
        if (seq - self.first_in) & 0x8000:
            return False
        return self.last_in is None or not (self.last_in - seq) & 0x8000

    def advance(self, top: int) -> None:
        """Keep the beginning within half of the numbers behind the newest, before 16 bits wrap."""
        if (top - self.first_in) & 0xFFFF > 2 * OLDEST:
            self.first_in = (top - OLDEST) & 0xFFFF


class Segments:
    """The segments of one outgoing stream, oldest first."""

    __slots__ = ("_list",)

    def __init__(self) -> None:
        self._list: list[Segment] = []

    def add(self, segment: Segment, last_in: int | None) -> None:
        """Begin a segment; the one before ends with ``last_in``."""
        if self._list and self._list[-1].last_in is None:
            self._list[-1].last_in = last_in
        self._list.append(segment)
        if len(self._list) > KEPT:
            del self._list[: KEPT // 4]

    def end(self, last_in: int) -> None:
        """Nothing feeds the stream any more."""
        if self._list and self._list[-1].last_in is None:
            self._list[-1].last_in = last_in

    def forget(self, origin: Origin, *, ended: bool) -> None:
        """Nothing of a track is sent again, or nothing of its layers that have ``ended``.

        Those are not kept alive by what was sent of them.
        """
        self._list = [
            s for s in self._list if s.layer.origin is not origin or (ended and not s.layer.closed)
        ]

    @property
    def last(self) -> Segment | None:
        return self._list[-1] if self._list else None

    def outgoing(self, seq: int) -> Segment | None:
        """The segment that an outgoing number came from.

        None for one that never left or is forgotten.
        """
        for segment in reversed(self._list):
            if segment.holds((seq - segment.seq) & 0xFFFF):
                return segment
        return None

    def incoming(self, layer: UpLayer, seq: int) -> Segment | None:
        """The segment in which a late packet of ``layer`` would have gone out."""
        for segment in reversed(self._list):
            if segment.layer is not layer:
                # A switch lies between: what came before it is over.
                return None
            if segment.holds(seq):
                return segment
        return None
