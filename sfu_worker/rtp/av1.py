"""AV1 in RTP: the aggregation header (AV1 RTP payload format 1.0, section 4.4) and the sequence header's picture size."""

from __future__ import annotations

from sfu_worker.rtp.bits import BitReader
from sfu_worker.rtp.vp8 import Buffer

OBU_SEQUENCE_HEADER = 1

_MAX_LEB128 = 8
_MAX_SEQUENCE_HEADER = 256
"Octets looked at: with 32 operating points the size comes within the first 250."


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
        # Each OBU is preceded by its length in leb128, but for the last when W says how many there are.
        at = _after_leb128(buf, at, end)
    return at < end and buf[at] >> 3 & 15 == OBU_SEQUENCE_HEADER


def picture_size(buf: Buffer, start: int, end: int) -> tuple[int, int] | None:
    """(width, height) in pixels, the largest of the sequence, when the packet's first OBU is a sequence header, else None."""
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
    """Behind a number in leb128, which has at most 8 bytes; ``end`` when it is cut off or longer."""
    for after in range(at + 1, min(at + _MAX_LEB128, end) + 1):
        if not buf[after - 1] & 0x80:
            return after
    return end


def _sequence_size(bits: BitReader) -> tuple[int, int]:
    """Read a sequence header (AV1 bitstream specification, section 5.5.1) as far as the size. Raises ValueError."""
    bits.read(4)  # profile, still picture
    if bits.read(1):
        bits.read(5)  # reduced_still_picture_header: nothing but a level
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
