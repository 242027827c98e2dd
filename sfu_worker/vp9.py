"""The VP9 payload descriptor (RFC 9628), as far as key frames and sizes go."""

from __future__ import annotations

from sfu_worker.vp8 import Buffer

_PICTURE_ID, _INTER, _LAYERS, _FLEXIBLE, _BEGIN, _STRUCTURE = 0x80, 0x40, 0x20, 0x10, 0x08, 0x02


def starts_keyframe(buf: Buffer, start: int, end: int) -> bool:
    """Whether the packet begins a frame that refers to no earlier picture, in its lowest spatial layer."""
    if end - start < 2:
        return False
    first = buf[start]
    if first & _INTER or not first & _BEGIN:
        return False
    at = _after_picture_id(buf, start, end)
    if not first & _LAYERS:
        return at < end
    if at >= end:
        return False
    # The upper layers of a key picture say "not inter-predicted" as well; a decoder starts with layer 0.
    return buf[at] >> 1 & 7 == 0


def picture_size(buf: Buffer, start: int, end: int) -> tuple[int, int] | None:
    """(width, height) of the largest spatial layer in the scalability structure, which key frames carry; else None."""
    if end - start < 2 or not buf[start] & _STRUCTURE:
        return None
    first = buf[start]
    at = _after_picture_id(buf, start, end)
    if first & _LAYERS:
        at += 1 if first & _FLEXIBLE else 2
    if first & _FLEXIBLE and first & _INTER:
        for _ in range(3):
            if at >= end:
                return None
            at += 1
            if not buf[at - 1] & 1:
                break
    if at >= end or not buf[at] & 0x10:
        return None
    layers = (buf[at] >> 5) + 1
    at += 1 + 4 * (layers - 1)
    if at + 4 > end:
        return None
    return buf[at] << 8 | buf[at + 1], buf[at + 2] << 8 | buf[at + 3]


def _after_picture_id(buf: Buffer, start: int, end: int) -> int:
    at = start + 1
    if buf[start] & _PICTURE_ID and at < end:
        at += 2 if buf[at] & 0x80 else 1
    return at
