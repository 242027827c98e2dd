import contextlib
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.rtp import rtcp
from sfu_worker.rtp.rtcp.parse import MAX_FEEDBACK, MAX_NACKED

u32 = st.integers(0, 2**32 - 1)
u64 = st.integers(0, 2**64 - 1)


def test_pli_fir_and_bye_read_back() -> None:
    fir = struct.pack("!BBHIIIBxxx", 0x84, 206, 4, 7, 0, 99, 1)
    data = rtcp.build_pli(1, 2) + fir + rtcp.build_bye([3, 4])
    assert rtcp.parse_compound(data) == [rtcp.Pli(1, 2), rtcp.Fir(7, [99]), rtcp.Bye([3, 4])]


@given(u32, u64)
def test_a_reference_time_is_found_among_the_blocks_of_an_extended_report(
    sender: int, ntp: int
) -> None:
    loss_runs = struct.pack("!BxHIHH", 1, 2, 5, 0, 0)
    reference = struct.pack("!BxHQ", 4, 2, ntp)
    data = struct.pack("!BBHI", 0x80, 207, 1 + 3 + 3, sender) + loss_runs + reference
    assert rtcp.parse_compound(rtcp.build_rr(sender, []) + data) == [
        rtcp.ReceiverReport(sender),
        rtcp.ReferenceTime(sender, ntp),
    ]


def test_unknown_packets_are_skipped_and_padding_is_removed() -> None:
    unknown = struct.pack("!BBHI", 0x80, 207, 1, 9)
    padded = struct.pack("!BBHIII", 0xA1, 206, 3, 1, 2, 4)
    assert rtcp.parse_compound(unknown + padded) == [rtcp.Pli(1, 2)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x80\xc8\x00\x06" + bytes(23),
        b"\x40\xc9\x00\x01" + bytes(4),
        b"\x81\xc9\x00\x01" + bytes(4),
        b"\xa0\xc9\x00\x01" + bytes(4),
        b"\xa0\xc9\x00\x01" + b"\0\0\0\x20",
        b"\x81\xcd\x00\x00",
        struct.pack("!BBH", 0x80, 207, 0),
        struct.pack("!BBHIBxH", 0x80, 207, 2, 1, 4, 2),
        struct.pack("!BBHIIHHI", 0x8F, 205, 4, 1, 2, 0, MAX_FEEDBACK + 1, 0),
        struct.pack("!BBHIIHHIHH", 0x8F, 205, 5, 1, 2, 0, 1, 0, 0, 0),
        struct.pack("!BBHIIHHIHH", 0x8F, 205, 5, 1, 2, 0, 1, 0, 0x6001, 0),
    ],
)
def test_malformed_rtcp_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="RTCP"):
        rtcp.parse_compound(data)


packets = st.tuples(
    st.integers(0, 255),
    st.sampled_from([200, 201, 202, 203, 205, 206, 207]),
    st.binary(max_size=120),
)


@given(st.lists(packets, max_size=4), st.binary(max_size=8))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_refused(parts: list[tuple[int, int, bytes]], tail: bytes) -> None:
    data = (
        b"".join(
            struct.pack("!BBH", a & 0x3F | 0x80, b, len(c) // 4) + c[: len(c) // 4 * 4]
            for a, b, c in parts
        )
        + tail
    )
    with contextlib.suppress(ValueError):
        rtcp.parse_compound(data)


def test_the_largest_nack_and_feedback_are_bounded() -> None:
    body = struct.pack("!II", 1, 2) + b"\xff" * 1400
    started = time.process_time()
    (nack,) = rtcp.parse_compound(struct.pack("!BBH", 0x81, 205, len(body) // 4) + body)
    assert isinstance(nack, rtcp.Nack)
    assert len(nack.seqs) == MAX_NACKED
    feedback = struct.pack("!BBHIIHHIHH", 0x8F, 205, 5, 1, 2, 0, MAX_FEEDBACK, 0, 0x1FFF, 1)
    (parsed,) = rtcp.parse_compound(feedback)
    assert isinstance(parsed, rtcp.TransportFeedback)
    assert len(parsed.received) == MAX_FEEDBACK
    assert time.process_time() - started < 0.5
