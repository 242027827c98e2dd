"""Which temporal layers of a stream leave, and how numbers close up behind dropped pictures."""

from __future__ import annotations

from sfu_worker.down.pacer import Put
from sfu_worker.down.segments import Segment, Segments
from sfu_worker.rtp.dependency import ALL_TEMPORAL
from sfu_worker.up.batch import Packet


class Thinning:
    """The temporal layers of one output. ``segments`` are the output's own."""

    __slots__ = (
        "_dropped_in",
        "_dropped_picture",
        "_segments",
        "_temporal",
        "_top_in",
        "octets",
        "packets",
        "wanted",
    )

    def __init__(self, segments: Segments) -> None:
        # Dropped so far, and their octets of payload.
        self.packets = 0
        self.octets = 0
        # The highest temporal layer that is wanted, and the highest that leaves now.
        self.wanted = ALL_TEMPORAL
        self._temporal = ALL_TEMPORAL
        self._segments = segments
        # The newest packet that came in, and the newest that was dropped; -1 when the numbers have
        # closed up behind it.
        self._top_in = 0
        self._dropped_in = -1
        self._dropped_picture = -1

    @property
    def active(self) -> bool:
        """Whether packets have to go through ``forward``."""
        return self.wanted != ALL_TEMPORAL or self._temporal != ALL_TEMPORAL

    def want(self, temporal: int, newest: int) -> None:
        """Let at most this temporal layer leave; ``newest`` is the newest number that came in.

        Fewer leave from the next picture on, more from one that allows it.
        """
        if not self.active:
            # Since the switch nobody has kept this, and numbers may have gone round by now.
            self._top_in = newest
        self.wanted = temporal

    def begin(self, p: Packet) -> None:
        """Another layer feeds the output from ``p`` on, which begins a key frame."""
        self._temporal = self.wanted
        self._top_in = (p.seq - 1) & 0xFFFF
        self._dropped_in = -1

    def forward(self, packets: list[Packet], segment: Segment, put: Put, now: float) -> Segment:
        """Hand to ``put`` what leaves. Returns the segment that the next packets belong to."""
        for p in packets:
            if (p.seq - self._top_in) & 0x8000 or p.seq == self._top_in:
                late = self._segments.incoming(segment.layer, p.seq)
                if late is not None and p.temporal <= self._temporal:
                    put(p, late, now)
                continue
            self._top_in = p.seq
            if p.begins_frame:
                self._change(p)
            if p.temporal > self._temporal:
                segment = self._drop(p, segment)
                continue
            if self._dropped_in >= 0:
                segment.first_in = (self._dropped_in + 1) & 0xFFFF
                self._segments.add(segment, None)
                self._dropped_in = -1
            put(p, segment, now)
        return segment

    def _change(self, p: Packet) -> None:
        """Go down at once, and up where no later picture refers to one that was dropped.

        A key frame qualifies. So does VP8's first picture of a layer that depends only on the base
        layer (RFC 7741 section 4.2, Y), and a picture of a layer that leaves already, if it says
        that higher layers may be taken up behind it (RFC 9628 section 4.2, U; switch indications).
        """
        if self.wanted < self._temporal or p.keyframe:
            self._temporal = self.wanted
        elif p.layer_sync:
            # One at a time: the layers between may refer to their own pictures that were dropped.
            if p.temporal == self._temporal + 1 <= self.wanted:
                self._temporal = p.temporal
        elif p.temporal <= self._temporal < p.switch_up:
            self._temporal = min(p.switch_up, self.wanted)

    def _drop(self, p: Packet, segment: Segment) -> Segment:
        if self._dropped_in < 0:
            # The offsets change from here on. They are gathered in a segment that has not begun.
            segment.last_in = (p.seq - 1) & 0xFFFF
            segment = segment.following(p.seq)
        segment.seq = (segment.seq - 1) & 0xFFFF
        self.packets += 1
        self.octets += p.size
        # VP8's picture ids tell a decoder that a picture is missing. VP9's say which pictures are
        # referred to, so they keep their gaps.
        if segment.layer.is_vp8 and p.picture_id != self._dropped_picture:
            self._dropped_picture = p.picture_id
            segment.picture_id = (segment.picture_id - 1) & 0x7FFF
        self._dropped_in = p.seq
        return segment
