from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.keyframes import picture_size, starts_keyframe

CODECS = ("VP8", "VP9", "H264", "AV1")


def recorded(codec: str) -> list[tuple[int, bytes]]:
    lines = (Path(__file__).parent.parent / "data" / "rtp_payloads.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line.startswith(codec + " ")]
    return [(int(frame), bytes.fromhex(payload)) for _, frame, payload in rows]


def keyframe(codec: str, payload: str) -> bool:
    data = bytes.fromhex(payload)
    return starts_keyframe(codec, data, 0, len(data))


@pytest.mark.parametrize("codec", CODECS)
def test_key_frames_of_real_encoders_are_found_at_their_first_packet(codec: str) -> None:
    packets = recorded(codec)
    found = [(i, frame) for i, (frame, data) in enumerate(packets) if starts_keyframe(codec, data, 0, len(data))]
    assert {frame for _, frame in found} == {0, 10}
    first_of_frame = {frame: next(i for i, (f, _) in enumerate(packets) if f == frame) for frame in (0, 10)}
    assert {i for i, _ in found} >= set(first_of_frame.values())


@pytest.mark.parametrize("codec", ["VP8", "VP9", "H264"])
def test_key_frames_of_real_encoders_tell_their_size(codec: str) -> None:
    sizes = [(frame, picture_size(codec, data, 0, len(data))) for frame, data in recorded(codec)]
    assert {(frame, size) for frame, size in sizes if size} == {(0, (320, 180)), (10, (320, 180))}


def test_positions_inside_a_larger_buffer_count() -> None:
    for codec in CODECS:
        for frame, data in recorded(codec)[:3]:
            buffer = memoryview(b"\xff" * 7 + data + b"\xff" * 9)
            assert starts_keyframe(codec, buffer, 7, 7 + len(data)) == starts_keyframe(codec, data, 0, len(data)), frame
            assert picture_size(codec, buffer, 7, 7 + len(data)) == picture_size(codec, data, 0, len(data))


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
    structure = "38 0140 00b4 0280 0168 01 04 01"  # two layers with sizes, one picture with one reference
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


@given(
    st.sampled_from(CODECS),
    st.sampled_from([b"", b"\x67\x64", b"\x78\0\x09", b"\x0a\x38", b"\xba"]),
    st.binary(max_size=60),
    st.data(),
)
@settings(max_examples=500)
def test_any_bytes_are_answered_without_an_error(codec: str, head: bytes, body: bytes, data: st.DataObject) -> None:
    buffer = memoryview(head + body)
    start = data.draw(st.integers(0, len(buffer) + 2))
    end = data.draw(st.integers(0, len(buffer) + 2))
    assert starts_keyframe(codec, buffer, start, end) in (True, False)
    picture_size(codec, buffer, start, end)
