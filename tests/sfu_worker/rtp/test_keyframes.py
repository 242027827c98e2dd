from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.rtp.keyframes import picture_size, starts_keyframe

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
def test_any_bytes_are_answered_without_an_error(
    codec: str, head: bytes, body: bytes, data: st.DataObject
) -> None:
    buffer = memoryview(head + body)
    start = data.draw(st.integers(0, len(buffer) + 2))
    end = data.draw(st.integers(0, len(buffer) + 2))
    assert starts_keyframe(codec, buffer, start, end) in (True, False)
    picture_size(codec, buffer, start, end)
