from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.rtp import opus, red

RECORDED = [
    (int(words[0]), int(words[1]), bytes.fromhex(words[2]))
    for line in (Path(__file__).resolve().parents[2] / "data" / "red_chromium.txt")
    .read_text()
    .splitlines()
    if not line.startswith("#") and (words := line.split())
]

REPEATED = st.lists(st.tuples(st.integers(0, red.MAX_OFFSET), st.binary(max_size=80)), max_size=4)


@given(
    st.integers(0, 127),
    REPEATED,
    st.binary(min_size=1, max_size=1200),
    st.binary(max_size=9),
    st.binary(max_size=9),
)
def test_what_is_built_reads_back(
    payload_type: int, repeated: list[red.Repeated], primary: bytes, before: bytes, behind: bytes
) -> None:
    built = red.build(payload_type, repeated, primary)
    data = before + built + behind
    blocks = red.parse(memoryview(data), len(before), len(before) + len(built))
    assert [(kind, offset, data[start:end]) for kind, offset, start, end in blocks] == [
        *((payload_type, offset, payload) for offset, payload in repeated),
        (payload_type, 0, primary),
    ]


@given(st.binary(max_size=200), st.integers(-2, 210), st.integers(-2, 210))
def test_any_bytes_are_read_or_refused(data: bytes, start: int, end: int) -> None:
    try:
        blocks = red.parse(data, start, end)
    except ValueError:
        return
    assert all(start < begin <= stop <= end for _, _, begin, stop in blocks)
    assert blocks[-1][1] == 0
    assert all(a[3] == b[2] for a, b in pairwise(blocks))


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("", "empty"),
        ("6f", "primary"),
        ("ef0f00026f0102", "primary"),
        ("ef0f00036f0102", "primary"),
        ("ef0f0002", "end"),
        ("ef0f00", "end"),
        ("ef000000" * (red.MAX_BLOCKS + 1) + "6f01", "end"),
    ],
)
def test_a_payload_that_is_cut_off_or_has_no_primary_is_refused(payload: str, why: str) -> None:
    data = bytes.fromhex(payload)
    with pytest.raises(ValueError, match=why):
        red.parse(data, 0, len(data))


@pytest.mark.parametrize(
    ("payload_type", "repeated", "primary"),
    [
        (128, [], b"x"),
        (111, [], b""),
        (111, [(red.MAX_OFFSET + 1, b"x")], b"x"),
        (111, [(960, bytes(red.MAX_LENGTH + 1))], b"x"),
        (111, [(1, b"")] * (red.MAX_BLOCKS + 1), b"x"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(
    payload_type: int, repeated: list[red.Repeated], primary: bytes
) -> None:
    with pytest.raises(ValueError, match="RED"):
        red.build(payload_type, repeated, primary)


def test_what_chromium_sends_repeats_the_packet_before() -> None:
    parsed = [
        (seq, timestamp, red.parse(data, 0, len(data)), data) for seq, timestamp, data in RECORDED
    ]
    assert len(parsed) == 6
    for (seq, timestamp, blocks, data), (
        next_seq,
        next_timestamp,
        next_blocks,
        next_data,
    ) in pairwise(parsed):
        assert [block[0] for block in next_blocks] == [111, 111]
        (_, offset, start, end), (_, _, primary, stop) = next_blocks[0], blocks[-1]
        assert next_data[start:end] == data[primary:stop]
        # A block says when, not which: that it is the packet before shows in its ending where the
        # next begins.
        assert (next_seq - seq, next_timestamp - offset) == (1, timestamp)
        assert opus.duration(next_data, start, end) == offset


def test_what_chromium_sends_is_written_byte_for_byte() -> None:
    for _, _, data in RECORDED:
        (_, offset, start, middle), (_, _, _, end) = red.parse(data, 0, len(data))
        assert red.build(111, [(offset, data[start:middle])], data[middle:end]) == data


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        ("78", 960),  # Chromium's voice: hybrid, fullband, 20 ms (configuration 15), one frame
        ("fc", 960),  # CELT, fullband, stereo
        ("00", 480),
        ("18", 2880),
        ("19", 5760),
        ("80", 120),
        ("7b03", 2880),  # code 3: three frames, as the second octet says
        ("1b03", 0),  # 180 ms: too long
        ("7b00", 0),
        ("7b", 0),
        ("", 0),
    ],
)
def test_an_opus_packet_says_how_long_it_plays(packet: str, samples: int) -> None:
    data = bytes.fromhex(packet)
    assert opus.duration(b"\x00" + data + b"\x00", 1, 1 + len(data)) == samples
    assert opus.duration(data, 0, len(data) + 1) == 0
