"""One RTP packet on its way through the worker."""

from __future__ import annotations


class Packet:
    """A parsed packet. One instance is reused for every packet: nobody keeps it, or its payload, after the call.

    ``marker`` is 0 or 0x80. ``payload`` has no header, extensions or padding. For VP8 ``picture_id_at`` and ``tl0_at`` are the
    places of these fields in the payload (0: not there) and ``picture_id_bits`` is 7 or 15.
    """

    __slots__ = (
        "begins_frame",
        "keyframe",
        "marker",
        "payload",
        "picture_id",
        "picture_id_at",
        "picture_id_bits",
        "seq",
        "size",
        "timestamp",
        "tl0",
        "tl0_at",
    )

    def __init__(self) -> None:
        self.seq = 0
        self.timestamp = 0
        self.marker = 0
        self.payload = memoryview(b"")
        self.size = 0
        self.begins_frame = False
        self.keyframe = False
        self.picture_id = 0
        self.picture_id_at = 0
        self.picture_id_bits = 15
        self.tl0 = 0
        self.tl0_at = 0
