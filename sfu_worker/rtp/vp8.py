"""The VP8 payload descriptor (RFC 7741).

It is read for every packet: plain numbers, no objects, and it never raises.
"""

from __future__ import annotations

Buffer = bytes | bytearray | memoryview

# (offset of the picture id or 0, picture id, its bits 7 or 15, offset of TL0PICIDX or 0, TL0PICIDX,
# temporal layer or -1, layer sync, begins a frame, begins a key frame, offset of the payload
# proper)
Descriptor = tuple[int, int, int, int, int, int, bool, bool, bool, int]


# One function, although long: it runs for every packet.
def descriptor(buf: Buffer, start: int, end: int) -> Descriptor | None:
    """Read the descriptor at ``buf[start:end]``; None when it is malformed.

    Offsets count from the beginning of ``buf``.

    An offset of 0 means that the field is missing; fields begin at the third byte, so 0 is free for
    that. Only the first byte of a frame has the key frame bit, so it is known only for packets that
    begin a frame.
    """
    if end > len(buf) or end - start < 2:
        return None
    first = buf[start]
    at = start + 1
    picture_id_at = picture_id = tl0_at = tl0 = 0
    bits, tid, sync = 7, -1, False
    if first & 0x80:
        extra = buf[at]
        at += 1
        # At most 4 more bytes: one check here instead of one per field. Only short packets need
        # the exact size.
        if end - at < 5 and end - at <= _extra_size(extra, buf, at, end):
            return None
        if extra & 0x80:
            picture_id_at = at
            picture_id = buf[at]
            at += 1
            if picture_id & 0x80:
                picture_id = (picture_id & 0x7F) << 8 | buf[at]
                bits = 15
                at += 1
        if extra & 0x40:
            tl0_at = at
            tl0 = buf[at]
            at += 1
        if extra & 0x30:
            if extra & 0x20:
                tid = buf[at] >> 6
                sync = buf[at] & 0x20 != 0
            at += 1
    begins = first & 0x1F == 0x10
    return (
        picture_id_at,
        picture_id,
        bits,
        tl0_at,
        tl0,
        tid,
        sync,
        begins,
        begins and not buf[at] & 1,
        at,
    )


def _extra_size(extra: int, buf: Buffer, at: int, end: int) -> int:
    """The number of extension bytes after the byte that announces them."""
    size = (extra >> 7) + (extra >> 6 & 1) + (1 if extra & 0x30 else 0)
    if extra & 0x80 and at < end and buf[at] & 0x80:
        size += 1
    return size


def keyframe_size(buf: Buffer, start: int, end: int) -> tuple[int, int] | None:
    """(width, height) in pixels if the packet begins a key frame (RFC 6386, 9.1), else None."""
    found = descriptor(buf, start, end)
    if found is None or not found[8]:
        return None
    at = found[9]
    if end - at < 10 or bytes(buf[at + 3 : at + 6]) != b"\x9d\x01\x2a":
        return None
    # The upper two bits of each are a scaling factor for the display, which no one uses.
    return (buf[at + 6] | buf[at + 7] << 8) & 0x3FFF, (buf[at + 8] | buf[at + 9] << 8) & 0x3FFF
