"""The duration of an Opus packet, without decoding it (RFC 6716 section 3.1). Pure."""

from __future__ import annotations

_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)

# Samples of a frame at 48 kHz, which is Opus' RTP clock, by the configuration in the first five
# bits (table 2).
FRAME_SAMPLES = _SILK * 3 + _HYBRID * 2 + _CELT * 4

# 120 ms, the most that a packet may hold (section 3.4, R5).
MAX_SAMPLES = 5760


def duration(data: bytes | memoryview, start: int, end: int) -> int:
    """The duration of ``data[start:end]`` in samples at 48 kHz; 0 if it is not an Opus packet."""
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
