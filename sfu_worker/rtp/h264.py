"""H264 in RTP (RFC 6184): where key frames begin, and the picture size.

The size is in the sequence parameter set.
"""

from __future__ import annotations

from sfu_worker.rtp.bits import BitReader
from sfu_worker.rtp.vp8 import Buffer

NAL_IDR, NAL_SPS, STAP_A, FU_A = 5, 7, 24, 28

# NAL units to read in one aggregation packet. Parameter sets come first.
_MAX_NALS = 16

_MAX_SPS = 128
_HIGH_PROFILES = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134)


def starts_keyframe(buf: Buffer, start: int, end: int) -> bool:
    """Whether the packet holds a sequence parameter set or begins an IDR picture.

    In calls the parameter set precedes the picture.
    """
    if end - start < 2:
        return False
    kind = buf[start] & 0x1F
    if kind == FU_A:
        return buf[start + 1] & 0x80 != 0 and buf[start + 1] & 0x1F in (NAL_IDR, NAL_SPS)
    return any(buf[at] & 0x1F in (NAL_IDR, NAL_SPS) for at, _ in _nals(buf, start, end))


def picture_size(buf: Buffer, start: int, end: int) -> tuple[int, int] | None:
    """(width, height) after cropping if the packet holds a sequence parameter set, else None."""
    if end - start < 2:
        return None
    for at, stop in _nals(buf, start, end):
        if buf[at] & 0x1F == NAL_SPS:
            try:
                return _sps_size(bytes(buf[at + 1 : min(stop, at + 1 + _MAX_SPS)]))
            except ValueError:
                return None
    return None


def _nals(buf: Buffer, start: int, end: int) -> list[tuple[int, int]]:
    """(start, end) of the complete NAL units in a packet."""
    if buf[start] & 0x1F != STAP_A:
        return [(start, end)]
    found: list[tuple[int, int]] = []
    at = start + 1
    while at + 2 < end and len(found) < _MAX_NALS:
        size = buf[at] << 8 | buf[at + 1]
        at += 2
        if size == 0 or at + size > end:
            break
        found.append((at, at + size))
        at += size
    return found


class _Bits(BitReader):
    """Reads a raw byte sequence payload bit by bit. Raises ValueError at its end."""

    def __init__(self, data: bytes) -> None:
        super().__init__(
            data.replace(b"\0\0\3", b"\0\0")
        )  # emulation prevention, ITU-T H.264 section 7.4.1

    def unsigned(self) -> int:
        """An Exp-Golomb code, ue(v)."""
        zeros = self.zeros()
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """A signed Exp-Golomb code, se(v)."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _sps_size(sps: bytes) -> tuple[int, int]:
    """Read a sequence parameter set up to the cropping rectangle (ITU-T H.264, 7.3.2.1.1)."""
    bits = _Bits(sps)
    profile = bits.read(8)
    bits.read(16)
    bits.unsigned()  # id
    chroma = _read_chroma(bits) if profile in _HIGH_PROFILES else 1
    bits.unsigned()  # log2_max_frame_num
    _skip_picture_order(bits)
    bits.unsigned()  # reference frames
    bits.read(1)
    width = 16 * (bits.unsigned() + 1)
    height_units = bits.unsigned() + 1
    frames_only = bits.read(1)
    height = 16 * height_units * (2 - frames_only)
    if not frames_only:
        bits.read(1)
    bits.read(1)
    if bits.read(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (2 - frames_only)
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise ValueError("H264: the picture size makes no sense")
    return width, height


def _read_chroma(bits: _Bits) -> int:
    chroma = bits.unsigned()
    if chroma == 3:
        bits.read(1)
    bits.unsigned()  # bit depths
    bits.unsigned()
    bits.read(1)
    if bits.read(1):
        for matrix in range(12 if chroma == 3 else 8):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if matrix < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) & 0xFF
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.read(1)
        bits.signed()
        bits.signed()
        count = bits.unsigned()
        if count > 255:
            raise ValueError("H264: too many reference frames")
        for _ in range(count):
            bits.signed()
