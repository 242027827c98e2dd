import pytest

from sfu_worker.rtp.av1 import picture_size, starts_keyframe


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("18 0a0b", True),  # N
        ("98 0a0b", False),  # N, but the rest of an earlier OBU
        ("10 0a0b", True),  # one OBU, a sequence header
        ("00 03 0a0b00", True),  # length first
        ("00 8301 0a0b00", True),
        ("10 32 00", False),  # a frame
        ("00 ffffffffffffffffff", False),
    ],
)
def test_av1_packets(payload: str, expected: bool) -> None:
    data = bytes.fromhex(payload)
    assert starts_keyframe(data, 0, len(data)) is expected


def sequence_header(
    width: int, height: int, *, timing: bool = False, delays: bool = False, points: int = 1
) -> bytes:
    """An AV1 sequence header as the first OBU of a packet (AV1 bitstream specification, section
    5.5.1).
    """
    bits = "00000" + (
        "1" + "0" * 64 + "1" + "0001010" + "1" + "00111" + "0" * 42 if timing else "0"
    )
    bits += f"{delays:b}{points - 1:05b}"
    for _ in range(points):
        bits += (
            "0" * 12
            + "01000"
            + "1"
            + ("1" + "0" * 17 if timing else "")
            + ("10101" if delays else "")
        )
    bits += f"1011{11:04b}{width - 1:012b}{height - 1:012b}"
    bits += "0" * (-len(bits) % 8)
    return b"\x18\x0c\x01" + int(bits, 2).to_bytes(
        len(bits) // 8, "big"
    )  # N, one OBU; an extension byte, no size


@pytest.mark.parametrize("timing", [False, True])
@pytest.mark.parametrize("delays", [False, True])
@pytest.mark.parametrize("points", [1, 32])
def test_av1_sizes_are_behind_whatever_a_sequence_header_says_before_them(
    timing: bool, delays: bool, points: int
) -> None:
    data = sequence_header(1920, 1080, timing=timing, delays=delays, points=points)
    assert picture_size(data, 0, len(data)) == (1920, 1080)
    assert picture_size(data, 0, len(data) - 1) is None
