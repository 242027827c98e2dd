"""The frame numbers in the clip, and the clip itself."""

from __future__ import annotations

import itertools
import random

import pytest

from bench.clip import NUMBERS, Size, generate, read_stamp, stamp

HD = Size(1280, 720)


def noise(size: Size, seed: int = 1) -> bytearray:
    return bytearray(random.Random(seed).randbytes(size.frame_bytes))


@pytest.mark.parametrize("size", [HD, Size(960, 540), Size(640, 360)])
@pytest.mark.parametrize("number", [0, 1, 479, 0b101010101010, NUMBERS - 1])
def test_a_stamp_is_read_back(size: Size, number: int) -> None:
    frame = noise(size)
    stamp(frame, size, number)
    assert read_stamp(frame, size) == number


def test_a_number_wraps_around() -> None:
    frame = noise(HD)
    stamp(frame, HD, NUMBERS + 5)
    assert read_stamp(frame, HD) == 5


def test_a_frame_without_a_stamp_is_nearly_always_noticed() -> None:
    read = [read_stamp(noise(Size(320, 180), seed), Size(320, 180)) for seed in range(64)]
    # One word in sixteen fits its check bits by chance.
    assert sum(number is None for number in read) > 48


def test_a_blurred_and_scaled_stamp_is_read() -> None:
    frame = noise(HD)
    stamp(frame, HD, 1234)
    half = Size(640, 360)
    small = bytearray(half.frame_bytes)
    for y in range(half.height):
        for x in range(half.width):
            at = 2 * y * HD.width + 2 * x
            corners = frame[at] + frame[at + 1] + frame[at + HD.width] + frame[at + HD.width + 1]
            # Coarse quantisation on top, as a starved encoder does it.
            small[y * half.width + x] = corners // 4 // 48 * 48
    assert read_stamp(small, half) == 1234


def test_every_frame_of_the_clip_differs_and_is_numbered() -> None:
    size = Size(320, 180)
    frames = list(generate(size, 5))
    assert [read_stamp(f, size) for f in frames] == [0, 1, 2, 3, 4]
    for a, b in itertools.pairwise(frames):
        changed = sum(x != y for x, y in zip(a, b, strict=True))
        assert changed > len(a) // 3
