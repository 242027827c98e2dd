"""AV1 in RTP: where key frames begin, and the picture size.

Reads the aggregation header (AV1 RTP payload format 1.0, section 4.4) and the sequence header.
"""

from __future__ import annotations

from sfu_worker.rtp.bits import BitReader
from sfu_worker.rtp.vp8 import Buffer

OBU_SEQUENCE_HEADER = 1

_MAX_LEB128 = 8
# Octets to read. Even with 32 operating points the size is in the first 250.
_MAX_SEQUENCE_HEADER = 256


def starts_keyframe(buf: Buffer, start: int, end: int) -> bool:
    """Whether the packet begins a coded video sequence, where a receiver can join.

    The N bit says so. Some encoders omit it; their first OBU is a sequence header. A packet that
    continues an OBU (Z) begins nothing.
    """
    if end - start < 2 or buf[start] & 0x80:
        return False
    if buf[start] & 0x08:
        return True
    at = start + 1
    if buf[start] >> 4 & 3 != 1:
        # A length in leb128 precedes each OBU, except the last one if W gives their number.
        at = _after_leb128(buf, at, end)
    return at < end and buf[at] >> 3 & 15 == OBU_SEQUENCE_HEADER


def picture_size(buf: Buffer, start: int, end: int) -> tuple[int, int] | None:
    """(width, height) in pixels, the largest of the sequence.

    None unless the packet's first OBU is a sequence header.
    """
    if end - start < 2 or buf[start] & 0x80:
        return None
    at = start + 1
    if buf[start] >> 4 & 3 != 1:
        at = _after_leb128(buf, at, end)
    if at >= end or buf[at] >> 3 & 15 != OBU_SEQUENCE_HEADER:
        return None
    header = buf[at]
    at += 2 if header & 0x04 else 1  # an extension byte
    if header & 0x02:
        at = _after_leb128(buf, at, end)
    try:
        return _sequence_size(BitReader(bytes(buf[at : min(end, at + _MAX_SEQUENCE_HEADER)])))
    except ValueError:
        return None


def _after_leb128(buf: Buffer, at: int, end: int) -> int:
    """The offset after a leb128 number of at most 8 bytes; ``end`` if it is cut off or longer."""
    for after in range(at + 1, min(at + _MAX_LEB128, end) + 1):
        if not buf[after - 1] & 0x80:
            return after
    return end


def _sequence_size(bits: BitReader) -> tuple[int, int]:
    """Read a sequence header up to the size (AV1 bitstream specification, 5.5.1).

    Raises ValueError.
    """
    bits.read(4)  # profile, still picture
    if bits.read(1):
        bits.read(5)  # reduced_still_picture_header: only a level
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(width_bits) + 1, bits.read(height_bits) + 1


def _skip_operating_points(bits: BitReader) -> None:
    delay_bits = 0
    if bits.read(1):
        bits.read(64)  # timing_info: the length of a tick
        if bits.read(1):
            bits.read(bits.zeros())  # num_ticks_per_picture_minus_1, uvlc
        if bits.read(1):
            delay_bits = bits.read(5) + 1  # decoder_model_info
            bits.read(42)
    display_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) > 7:
            bits.read(1)  # tier
        if delay_bits and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if display_delay and bits.read(1):
            bits.read(4)
