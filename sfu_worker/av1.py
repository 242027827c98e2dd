"""AV1 in RTP: the aggregation header (AV1 RTP payload format 1.0, section 4.4)."""

from __future__ import annotations

from sfu_worker.vp8 import Buffer

OBU_SEQUENCE_HEADER = 1


def starts_keyframe(buf: Buffer, start: int, end: int) -> bool:
    """Whether the packet begins a coded video sequence, which is what a receiver can join at.

    N says so; encoders that leave N out are known by a sequence header as the first OBU. A packet that continues an OBU (Z)
    begins nothing.
    """
    if end - start < 2 or buf[start] & 0x80:
        return False
    if buf[start] & 0x08:
        return True
    at = start + 1
    if buf[start] >> 4 & 3 != 1:
        # Each OBU is preceded by its length in leb128 (at most 8 bytes), but for the last when W says how many there are.
        for _ in range(8):
            if at >= end:
                return False
            at += 1
            if not buf[at - 1] & 0x80:
                break
    return at < end and buf[at] >> 3 & 15 == OBU_SEQUENCE_HEADER
