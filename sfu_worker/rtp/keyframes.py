"""Where a receiver can start to decode: packets that begin a key frame, by codec.

Never raises, whatever the bytes are.
"""

from __future__ import annotations

from sfu_worker.rtp import av1, h264, vp8, vp9
from sfu_worker.rtp.vp8 import Buffer

AUDIO = ("opus",)


def starts_keyframe(codec_name: str, buf: Buffer, start: int, end: int) -> bool:
    """Whether the RTP payload ``buf[start:end]`` begins a key frame.

    Audio can be joined at any packet.
    """
    name = codec_name.upper()
    if end > len(buf) or end <= start:
        return False
    if name == "VP8":
        found = vp8.descriptor(buf, start, end)
        return found is not None and found[8]
    if name == "VP9":
        return vp9.starts_keyframe(buf, start, end)
    if name == "H264":
        return h264.starts_keyframe(buf, start, end)
    if name == "AV1":
        return av1.starts_keyframe(buf, start, end)
    return codec_name.lower() in AUDIO


def picture_size(codec_name: str, buf: Buffer, start: int, end: int) -> tuple[int, int] | None:
    """(width, height) in pixels where the payload says so, which key frames do."""
    name = codec_name.upper()
    if end > len(buf) or end <= start:
        return None
    if name == "VP8":
        return vp8.keyframe_size(buf, start, end)
    if name == "VP9":
        return vp9.picture_size(buf, start, end)
    if name == "H264":
        return h264.picture_size(buf, start, end)
    if name == "AV1":
        return av1.picture_size(buf, start, end)
    return None
