from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.rtp.keyframes import picture_size, starts_keyframe
from tests.sfu_worker.builders.streams import parameter_set

CODECS = ("VP8", "VP9", "H264", "AV1")


def recorded(codec: str) -> list[tuple[int, bytes]]:
    lines = (Path(__file__).parents[2] / "data" / "rtp_payloads.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line.startswith(codec + " ")]
    return [(int(frame), bytes.fromhex(payload)) for _, frame, payload in rows]


def keyframe(codec: str, payload: str) -> bool:
    data = bytes.fromhex(payload)
    return starts_keyframe(codec, data, 0, len(data))


@pytest.mark.parametrize("codec", CODECS)
def test_key_frames_of_real_encoders_are_found_at_their_first_packet(codec: str) -> None:
    packets = recorded(codec)
    found = [
        (i, frame)
        for i, (frame, data) in enumerate(packets)
        if starts_keyframe(codec, data, 0, len(data))
    ]
    assert {frame for _, frame in found} == {0, 10}
    first_of_frame = {
        frame: next(i for i, (f, _) in enumerate(packets) if f == frame) for frame in (0, 10)
    }
    assert {i for i, _ in found} >= set(first_of_frame.values())


@pytest.mark.parametrize("codec", CODECS)
def test_key_frames_of_real_encoders_tell_their_size(codec: str) -> None:
    sizes = [(frame, picture_size(codec, data, 0, len(data))) for frame, data in recorded(codec)]
    assert {(frame, size) for frame, size in sizes if size} == {(0, (320, 180)), (10, (320, 180))}


def test_positions_inside_a_larger_buffer_count() -> None:
    for codec in CODECS:
        for frame, data in recorded(codec)[:3]:
            buffer = memoryview(b"\xff" * 7 + data + b"\xff" * 9)
            assert starts_keyframe(codec, buffer, 7, 7 + len(data)) == starts_keyframe(
                codec, data, 0, len(data)
            ), frame
            assert picture_size(codec, buffer, 7, 7 + len(data)) == picture_size(
                codec, data, 0, len(data)
            )


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("67 42e01f", True),  # SPS
        ("65 8888", True),  # IDR
        ("41 9a00", False),
        ("78 0002 6742 0002 68ce", True),  # STAP-A with SPS
        ("78 0002 0910 0002 6588", True),  # STAP-A with delimiter and IDR
        ("78 0002 4188", False),
        ("78 0000 6588", False),
        ("78 ffff 6588", False),
        ("7c 85 88", True),  # FU-A, first of an IDR
        ("7c 05 88", False),
        ("7c 45 88", False),
        ("7c 81 88", False),
    ],
)
def test_h264_packets(payload: str, expected: bool) -> None:
    assert keyframe("H264", payload) is expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("08 82498342", True),
        ("88 05 82498342", True),  # 7-bit picture id
        ("88 8123 82498342", True),  # 15-bit picture id
        ("c8 05 82498342", False),  # inter-predicted
        ("80 05 82498342", False),  # not the beginning of a frame
        ("a8 05 00 01 82498342", True),  # layer indices, TL0PICIDX
        ("a8 05 02 01 82498342", False),  # spatial layer 1
        ("08 86498342", False),  # the frame's own header says inter
        ("08", False),
    ],
)
def test_vp9_packets(payload: str, expected: bool) -> None:
    assert keyframe("VP9", payload) is expected


def test_vp9_scalability_structure_tells_the_largest_layer() -> None:
    structure = (
        "38 0140 00b4 0280 0168 01 04 01"  # two layers with sizes, one picture with one reference
    )
    data = bytes.fromhex("ba 8123 00" + structure + "82498342 00")
    assert starts_keyframe("VP9", data, 0, len(data))
    assert picture_size("VP9", data, 0, len(data)) == (640, 360)


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
    assert keyframe("AV1", payload) is expected


def test_audio_can_be_joined_anywhere_and_unknown_codecs_nowhere() -> None:
    assert keyframe("opus", "78")
    assert not keyframe("H263", "78")
    assert not keyframe("opus", "")


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
    assert picture_size("AV1", data, 0, len(data)) == (1920, 1080)
    assert picture_size("AV1", data, 0, len(data) - 1) is None


@pytest.mark.parametrize("level", [31, 0])
@pytest.mark.parametrize("ident", [0, 127])
def test_h264_sizes_are_read_through_emulation_prevention(level: int, ident: int) -> None:
    # id, frame number, picture order, references, gaps, 120 x 68 macroblocks, frames only,
    # inference, cropped by 4 * 2 lines.
    data = parameter_set(
        level, ident, 0, 2, 1, (1, 0), 119, 67, (1, 1), (1, 1), (1, 1), 0, 0, 0, 4, (1, 0)
    )
    assert (b"\0\0\3" in data) == (level == 0 and ident == 127)
    assert picture_size("H264", data, 0, len(data)) == (1920, 1080)


def test_h264_sizes_of_interlaced_pictures_count_both_fields() -> None:
    data = parameter_set(
        31, 0, 0, 2, 1, (1, 0), 119, 33, (1, 0), (1, 0), (1, 1), (1, 1), 0, 0, 0, 2, (1, 0)
    )
    assert picture_size("H264", data, 0, len(data)) == (1920, 1080)


@given(
    st.sampled_from(CODECS),
    st.sampled_from([b"", b"\x67\x64", b"\x78\0\x09", b"\x0a\x38", b"\xba"]),
    st.binary(max_size=60),
    st.data(),
)
@settings(max_examples=500)
def test_any_bytes_are_answered_without_an_error(
    codec: str, head: bytes, body: bytes, data: st.DataObject
) -> None:
    buffer = memoryview(head + body)
    start = data.draw(st.integers(0, len(buffer) + 2))
    end = data.draw(st.integers(0, len(buffer) + 2))
    assert starts_keyframe(codec, buffer, start, end) in (True, False)
    picture_size(codec, buffer, start, end)
