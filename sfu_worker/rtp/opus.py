"""What an Opus packet says of itself without being decoded (RFC 6716 section 3.1). Pure."""

from __future__ import annotations

_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)

FRAME_SAMPLES = _SILK * 3 + _HYBRID * 2 + _CELT * 4
"Samples of a frame at 48 kHz, which is Opus' RTP clock, by the configuration in the first five bits (table 2)."

MAX_SAMPLES = 5760
"120 ms: a packet holds no more (section 3.4, R5)."


def duration(data: bytes | memoryview, start: int, end: int) -> int:
    """How long ``data[start:end]`` plays, in samples at 48 kHz; 0 for what is no Opus packet."""
    if not 0 <= start < end <= len(data):
        return 0
    toc = data[start]
    code = toc & 3
    if code == 3:
        if end - start < 2:
            return 0
        frames = data[start + 1] & 0x3F
    else:
        frames = 2 if code else 1
    samples = frames * FRAME_SAMPLES[toc >> 3]
    return samples if samples <= MAX_SAMPLES else 0
