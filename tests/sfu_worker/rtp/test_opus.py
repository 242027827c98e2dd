"""How long an Opus packet plays."""

from __future__ import annotations

import pytest

from sfu_worker.rtp import opus


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"\xfc\0", 960),  # CELT, 20 ms, stereo, one frame
        (b"\xe0\0", 120),  # CELT, 2.5 ms
        (b"\x79\0", 1920),  # hybrid, 20 ms, two frames
        (b"\x18\0", 2880),  # SILK, 60 ms
        (b"\xff\x03", 2880),  # three frames of 20 ms, counted in the second byte
        (b"\xff\x86", 5760),  # six, with padding and of varying size: 120 ms
    ],
)
def test_the_first_bytes_tell_the_duration(packet: bytes, samples: int) -> None:
    assert opus.duration(packet, 0, len(packet)) == samples
    assert opus.duration(b"xx" + packet, 2, 2 + len(packet)) == samples


@pytest.mark.parametrize("packet", [b"", b"\xff", b"\xff\x07", b"\x1b\x03"])
def test_what_is_no_opus_packet_has_no_duration(packet: bytes) -> None:
    assert opus.duration(packet, 0, len(packet)) == 0


def test_a_place_outside_the_data_has_no_duration() -> None:
    assert opus.duration(b"\xfc\0", 0, 3) == 0
    assert opus.duration(b"\xfc\0", 2, 2) == 0
