import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.rtp.vp8 import descriptor, keyframe_size


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("10 00", (0, 0, 7, 0, 0, -1, False, True, True, 1)),
        ("10 01", (0, 0, 7, 0, 0, -1, False, True, False, 1)),
        ("00 00", (0, 0, 7, 0, 0, -1, False, False, False, 1)),
        ("11 00", (0, 0, 7, 0, 0, -1, False, False, False, 1)),
        ("90 80 11 00", (2, 0x11, 7, 0, 0, -1, False, True, True, 3)),
        ("90 80 9234 00", (2, 0x1234, 15, 0, 0, -1, False, True, True, 4)),
        ("90 e0 9234 05 60 01", (2, 0x1234, 15, 4, 5, 1, True, True, False, 6)),
        ("90 40 05 01", (0, 0, 7, 2, 5, -1, False, True, False, 3)),
        ("90 10 05 01", (0, 0, 7, 0, 0, -1, False, True, False, 3)),
        ("90 f0 9234 05 9f 01", (2, 0x1234, 15, 4, 5, 2, False, True, False, 6)),
    ],
)
def test_the_fields_of_the_descriptor_are_read(payload: str, expected: tuple[object, ...]) -> None:
    data = bytes.fromhex(payload)
    assert descriptor(data, 0, len(data)) == expected


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "10",
        "90 80",
        "90 80 11",
        "90 80 92 34",
        "90 e0 9234 05 60",
        "90 40 05",
        "90 f0 11 05 60",
    ],
)
def test_a_payload_that_ends_inside_the_descriptor_is_malformed(payload: str) -> None:
    data = bytes.fromhex(payload)
    assert descriptor(data, 0, len(data)) is None
    # Bytes behind the end, which belong to something else, are no help.
    assert descriptor(data + bytes(20), 0, len(data)) is None


def test_offsets_count_from_the_beginning_of_the_buffer() -> None:
    data = bytes(12) + bytes.fromhex("90 e0 9234 05 60 01")
    found = descriptor(memoryview(data), 12, len(data))
    assert found is not None
    assert (found[0], found[3], found[9]) == (14, 16, 18)


@given(st.binary(min_size=1, max_size=8))
@settings(max_examples=500)
def test_another_implementation_reads_the_same(data: bytes) -> None:
    found = descriptor(data, 0, len(data))
    try:
        other, rest = VpxPayloadDescriptor.parse(data)
    except ValueError:
        assert found is None
        return
    if not rest:
        assert found is None
        return
    assert found is not None
    assert len(data) - found[9] == len(rest)
    assert (found[1] if found[0] else None) == other.picture_id
    assert (found[4] if found[3] else None) == other.tl0picidx
    assert found[7] == (other.partition_start == 1 and other.partition_id == 0)
    if other.tid is not None:
        assert (found[5], found[6]) == (other.tid[0], bool(other.tid[1]))


def test_a_key_frame_tells_its_size() -> None:
    data = bytes.fromhex("90 80 9234 100000 9d012a 4041 b480 00")
    assert keyframe_size(data, 0, len(data)) == (320, 180)
    assert keyframe_size(data, 0, len(data) - 2) is None
    assert keyframe_size(data[:4] + b"\x11" + data[5:], 0, len(data)) is None
    assert keyframe_size(data[:7] + b"\0" + data[8:], 0, len(data)) is None


@given(st.binary(max_size=30), st.integers(0, 32), st.integers(0, 32))
def test_any_bytes_are_answered_without_an_error(data: bytes, start: int, end: int) -> None:
    found = descriptor(memoryview(data), start, end)
    assert found is None or start < found[9] < end
    keyframe_size(data, start, end)
