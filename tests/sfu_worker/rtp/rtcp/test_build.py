import struct
from typing import Any

from aiortc import rtp as reference
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.rtp import rtcp

u32 = st.integers(0, 2**32 - 1)
u64 = st.integers(0, 2**64 - 1)
blocks = st.builds(
    rtcp.ReportBlock, u32, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), u32, u32, u32, u32
)


@given(u32, u64, u32, u32, u32, st.lists(blocks, max_size=31))
def test_sender_reports_read_back(
    ssrc: int, ntp: int, rtp: int, packets: int, octets: int, reports: list[rtcp.ReportBlock]
) -> None:
    data = rtcp.build_sr(ssrc, ntp, rtp, packets, octets, reports)
    assert rtcp.parse_compound(data) == [
        rtcp.SenderReport(ssrc, ntp, rtp, packets, octets, tuple(reports))
    ]


@given(u32, st.lists(blocks, max_size=40))
def test_receiver_reports_read_back_up_to_31_blocks(
    ssrc: int, reports: list[rtcp.ReportBlock]
) -> None:
    data = rtcp.build_rr(ssrc, reports) + rtcp.build_sdes(ssrc, "slot1")
    assert rtcp.parse_compound(data) == [rtcp.ReceiverReport(ssrc, tuple(reports[:31]))]


@given(u32, u32, st.integers(0, 65535), st.sets(st.integers(0, 400), min_size=1, max_size=250))
def test_nacks_read_back(sender: int, media: int, base: int, offsets: set[int]) -> None:
    seqs = [(base + offset) & 0xFFFF for offset in sorted(offsets)]
    assert rtcp.parse_compound(rtcp.build_nack(sender, media, seqs)) == [
        rtcp.Nack(sender, media, seqs)
    ]


def test_a_run_of_seventeen_fits_into_one_nack_item() -> None:
    assert len(rtcp.build_nack(1, 2, [(65530 + i) & 0xFFFF for i in range(17)])) == 16


@given(u32, st.integers(0, 2**40), st.lists(u32, max_size=10))
def test_remb_reads_back_within_its_precision(sender: int, bitrate: int, ssrcs: list[int]) -> None:
    (remb,) = rtcp.parse_compound(rtcp.build_remb(sender, bitrate, ssrcs))
    assert isinstance(remb, rtcp.Remb)
    assert remb.ssrcs == ssrcs
    assert 0 <= bitrate - remb.bitrate <= bitrate / 2**17


def test_the_answer_to_a_reference_time_is_as_the_rfc_draws_it() -> None:
    data = rtcp.build_dlrr(7, rtcp.ReferenceTime(9, 0x1111_2222_3333_4444), 5)
    assert data == struct.pack("!BBHIBBHIII", 0x80, 207, 5, 7, 5, 0, 3, 9, 0x2222_3333, 5)
    assert rtcp.parse_compound(data) == [], "it is for those who send no media"


def test_another_implementation_reads_what_we_write() -> None:
    block = rtcp.ReportBlock(5, 25, -3, 70000, 12, 34, 56)
    data = (
        rtcp.build_sr(1, 2**63 + 5, 3, 4, 5, [block])
        + rtcp.build_sdes(1, "abc")
        + rtcp.build_nack(1, 2, [10, 12, 40])
    )
    parsed: list[Any] = list(reference.RtcpPacket.parse(data))
    report, sdes, nack = parsed
    assert (report.sender_info.ntp_timestamp, report.reports[0].packets_lost) == (2**63 + 5, -3)
    assert sdes.chunks[0].items == [(1, b"abc")]
    assert nack.lost == [10, 12, 40]
