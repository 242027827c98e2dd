"""VP9 in RTP: the payload descriptor (RFC 9628), key frames and picture sizes.

It never raises.
"""

from __future__ import annotations

from sfu_worker.rtp.vp8 import Buffer

_PICTURE_ID, _INTER, _LAYERS, _FLEXIBLE, _BEGIN, _STRUCTURE = 0x80, 0x40, 0x20, 0x10, 0x08, 0x02

_SYNC_CODE = b"\x49\x83\x42"

# (offset of the picture id or 0, picture id, its bits 7 or 15, offset of TL0PICIDX or 0, TL0PICIDX,
# temporal layer or -1, switching up point, begins a picture, begins one that refers to no earlier
# picture)
Descriptor = tuple[int, int, int, int, int, int, bool, bool, bool]

# Octets of a descriptor up to TL0PICIDX, and one of the payload.
_LONGEST = 6


def descriptor(buf: Buffer, start: int, end: int) -> Descriptor | None:
    """Read the descriptor at ``buf[start:end]``; None when it is malformed.

    Offsets count from the beginning of ``buf``.

    A picture has one temporal layer, however many spatial layers it has, and begins with the lowest
    one.
    """
    if end > len(buf) or end - start < 2:
        return None
    first = buf[start]
    if end - start < _LONGEST and _structure_at(buf, start, end) >= end:
        return None
    at = start + 1
    picture_id_at = picture_id = tl0_at = tl0 = spatial = 0
    bits, tid, up = 7, -1, False
    if first & _PICTURE_ID:
        picture_id_at = at
        picture_id = buf[at]
        at += 1
        if picture_id & 0x80:
            picture_id = (picture_id & 0x7F) << 8 | buf[at]
            bits = 15
            at += 1
    if first & _LAYERS:
        layers = buf[at]
        tid, up, spatial = layers >> 5, layers & 0x10 != 0, layers >> 1 & 7
        if not first & _FLEXIBLE:
            tl0_at = at + 1
            tl0 = buf[tl0_at]
    begins = first & _BEGIN != 0 and not spatial
    return (
        picture_id_at,
        picture_id,
        bits,
        tl0_at,
        tl0,
        tid,
        up,
        begins,
        begins and not first & _INTER,
    )


def starts_keyframe(buf: Buffer, start: int, end: int) -> bool:
    """Whether the packet begins a key frame in its lowest spatial layer.

    The descriptor must say that the picture refers to no earlier one. FFmpeg says so for every
    frame, so the frame's own header must agree.
    """
    at = _first_frame(buf, start, end)
    return at > 0 and _is_key(buf, at)


def picture_size(buf: Buffer, start: int, end: int) -> tuple[int, int] | None:
    """(width, height) in pixels from a packet that begins a key frame, else None.

    It is the largest layer of the scalability structure if there is one, else the size in the frame
    header (profiles 0 and 2).
    """
    at = _first_frame(buf, start, end)
    if at <= 0 or not _is_key(buf, at):
        return None
    if buf[start] & _STRUCTURE:
        structure = _structure_at(buf, start, end)
        if structure < end and buf[structure] & 0x10:
            largest = structure + 1 + 4 * (buf[structure] >> 5)
            if largest + 4 <= end:
                return buf[largest] << 8 | buf[largest + 1], buf[largest + 2] << 8 | buf[
                    largest + 3
                ]
    return _frame_size(bytes(buf[at : min(end, at + 12)]))


def _first_frame(buf: Buffer, start: int, end: int) -> int:
    """Where the VP9 frame begins in a packet that may begin a key frame.

    0 in any other packet, and if the descriptor is cut off.
    """
    if end - start < 2:
        return 0
    first = buf[start]
    if first & _INTER or not first & _BEGIN:
        return 0
    at = _after_picture_id(buf, start, end)
    if first & _LAYERS:
        # The upper layers of a key picture refer to no earlier picture either, but a decoder must
        # start with layer 0.
        if at >= end or buf[at] >> 1 & 7:
            return 0
        at = _structure_at(buf, start, end)
    if first & _STRUCTURE:
        at = _after_structure(buf, at, end)
    return at if at < end else 0


def _after_picture_id(buf: Buffer, start: int, end: int) -> int:
    at = start + 1
    if buf[start] & _PICTURE_ID and at < end:
        at += 2 if buf[at] & 0x80 else 1
    return at


def _structure_at(buf: Buffer, start: int, end: int) -> int:
    """Where the scalability structure begins in a packet without references.

    It comes after the picture id, the layer indices and TL0PICIDX.
    """
    at = _after_picture_id(buf, start, end)
    if buf[start] & _LAYERS:
        at += 1 if buf[start] & _FLEXIBLE else 2
    return at


def _after_structure(buf: Buffer, at: int, end: int) -> int:
    """The offset after the scalability structure (RFC 9628, 4.2.1); ``end`` if it is cut off."""
    if at >= end:
        return end
    head = buf[at]
    at += 1
    if head & 0x10:
        at += 4 * ((head >> 5) + 1)
    if head & 0x08:
        if at >= end:
            return end
        pictures = buf[at]
        at += 1
        for _ in range(pictures):
            if at >= end:
                return end
            at += 1 + (buf[at] >> 2 & 3)
    return min(at, end)


def _is_key(buf: Buffer, at: int) -> bool:
    """Whether a frame's first bits are those of a key frame.

    They are: marker 10, profile, a reserved bit in profile 3, show_existing_frame 0, frame_type 0.
    """
    first = buf[at]
    if first & 0xC0 != 0x80:
        return False
    shift = 1 if first & 0x30 == 0x30 else 2
    return first >> shift & 3 == 0


def _frame_size(header: bytes) -> tuple[int, int] | None:
    """The size in the uncompressed header of a key frame (VP9 bitstream specification, 6.2)."""
    if len(header) < 12 or header[1:4] != _SYNC_CODE or header[0] & 0x20:
        return None
    bits = int.from_bytes(header[4:12], "big")
    left = 64
    if header[0] & 0x10:
        left -= 1  # bit depth, profile 2
    left -= 3
    if bits >> left & 7 != 7:
        left -= 1  # colour range
    return (bits >> left - 16 & 0xFFFF) + 1, (bits >> left - 32 & 0xFFFF) + 1
