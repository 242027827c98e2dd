"""How an outgoing stream's numbers and its time go on from one layer to the next, without a hole.

Pure.
"""

from __future__ import annotations

import random

from sfu_worker.down.segments import Segment, Segments
from sfu_worker.up.batch import Packet
from sfu_worker.up.layer import UpLayer


class Numbering:
    """Where a stream stands when nothing feeds it.

    ``begin`` and ``end`` cost nothing per packet between them.
    """

    __slots__ = ("_at", "_picture_id", "_segments", "_seq", "_timestamp", "_tl0")

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        # RFC 3550 section 5.1: a random start.
        self._seq = random.getrandbits(15)
        self._timestamp = random.getrandbits(31)
        self._picture_id = random.getrandbits(14)
        self._tl0 = random.getrandbits(7)
        self._at = 0.0

    @property
    def next_seq(self) -> int:
        """The next sequence number, while nothing feeds the stream."""
        return (self._seq + 1) & 0xFFFF

    def begin(self, layer: UpLayer, p: Packet, now: float) -> Segment:
        """Go on with ``layer`` from packet ``p`` on."""
        segment = Segment(
            layer,
            first_in=p.seq,
            seq=self._seq + 1 - p.seq,
            timestamp=self._time_of(p, now, layer),
            picture_id=self._picture_id + 1 - p.picture_id,
            tl0=self._tl0 + 1 - p.tl0,
        )
        self._segments.add(segment, None)
        return segment

    def end(self, segment: Segment, now: float) -> None:
        """Nothing of the segment's layer leaves any more; its newest packet was the last."""
        layer = segment.layer
        self._seq = (layer.top.seq + segment.seq) & 0xFFFF
        self._timestamp = (layer.top.timestamp + segment.timestamp) & 0xFFFFFFFF
        self._picture_id = (layer.top.picture_id + segment.picture_id) & 0x7FFF
        self._tl0 = (layer.top.tl0 + segment.tl0) & 0xFF
        self._at = layer.last_at if layer.last_at > 0 else now
        self._segments.end(layer.top.seq)

    def rewind(self, p: Packet, segment: Segment) -> None:
        """After the end: ``p`` and what came after it have not left. Time stays where it was."""
        self._seq = (p.seq + segment.seq - 1) & 0xFFFF
        self._picture_id = (p.picture_id + segment.picture_id) & 0x7FFF
        self._tl0 = (p.tl0 + segment.tl0) & 0xFF

    def resume(self, segment: Segment, first_in: int, last_in: int) -> Segment:
        """Go on with ``first_in`` after a silence of the layer, in which nothing was lost.

        ``last_in`` was the last packet to leave before it.
        """
        shift = segment.seq + last_in + 1 - first_in
        resumed = Segment(
            segment.layer, first_in, shift, segment.timestamp, segment.picture_id, segment.tl0
        )
        self._segments.add(resumed, last_in)
        return resumed

    def _time_of(self, p: Packet, now: float, layer: UpLayer) -> int:
        """The offset with which RTP time advances as much as real time has.

        Simulcast layers of one source share their RTP clock in browsers: then the previous
        offset is exact and stays.
        """
        if not self._at:
            return self._timestamp + 1 - p.timestamp
        before = self._segments.last
        expected = (self._timestamp + max(1, int((now - self._at) * layer.clock))) & 0xFFFFFFFF
        if before is not None and before.layer.origin is layer.origin:
            drift = (p.timestamp + before.timestamp - expected) & 0xFFFFFFFF
            if min(drift, 0x100000000 - drift) < layer.clock // 2:
                return before.timestamp
        return expected - p.timestamp
