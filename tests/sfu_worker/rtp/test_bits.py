"""Numbers that do not end at a byte."""

from __future__ import annotations

import pytest

from sfu_worker.rtp.bits import BitReader


def test_numbers_are_read_from_the_highest_bit_on() -> None:
    bits = BitReader(b"\xa5\x80")
    assert [bits.read(count) for count in (1, 3, 4, 0, 1)] == [1, 2, 5, 0, 1]


def test_zeros_are_counted_up_to_the_next_one() -> None:
    bits = BitReader(b"\x11\xff")
    assert [bits.zeros(), bits.zeros(), bits.zeros()] == [3, 3, 0]


def test_the_end_of_the_data_and_too_many_zeros_are_errors() -> None:
    with pytest.raises(ValueError, match="cut off"):
        BitReader(b"\xff").read(9)
    with pytest.raises(ValueError, match="cut off"):
        BitReader(b"\0").zeros()
    with pytest.raises(ValueError, match="too long"):
        BitReader(bytes(5)).zeros()
