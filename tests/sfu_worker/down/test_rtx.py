"""Packets on the repair stream, byte by byte."""

from __future__ import annotations

import struct

import pytest

from sfu_worker.bwe.history import PacketHistory
from sfu_worker.down.rtx import PADDING, RtxStream, shift_ids
from sfu_worker.down.segments import Segment
from sfu_worker.rtp.header import WITH_TWCC_SIZE, twcc_extension
from sfu_worker.sdp.codecs import Codec
from tests.sfu_worker.builders.streams import (
    H264,
    VP8,
    Source,
    Wire,
    parse,
    receiver,
    video_track,
    vp8_payload,
)

VP9 = Codec(98, "VP9", 90000, 1, {"profile-id": "0"}, ("nack",), 99)
Probed = list[tuple[int, int, int]]


def segment(codec: Codec = H264, *, picture_id: int = 0, tl0: int = 0) -> Segment:
    layer = Source(video_track(), 1, codec=codec).layer
    return Segment(layer, 0, 0, 5000, picture_id, tl0)


@pytest.fixture
def probed() -> Probed:
    """Number, size and probe of each packet that the history was told of."""
    return []


@pytest.fixture
def history(probed: Probed) -> PacketHistory:
    return PacketHistory(lambda *packet: probed.append(packet))


def test_a_repair_names_the_original_and_has_numbers_of_its_own(
    history: PacketHistory, probed: Probed
) -> None:
    wire, stream = Wire(), RtxStream(8888, twcc_extension(5))
    wire.twcc_seq = 65534
    to = receiver(wire, history)
    for seq in (40, 41):
        stream.send(to, 97, segment(), seq, (0xFFFFFFFF, 0x80, b"body"), 1.0, 3)
    first, second = (parse(data) for data in wire.sent)
    assert (first.payload_type, first.marker, first.ssrc) == (97, True, 8888)
    assert first.timestamp == 4999
    assert [first.payload, second.payload] == [b"\0\x28body", b"\0\x29body"]
    assert (second.seq - first.seq) & 0xFFFF == 1
    assert (first.twcc, second.twcc) == (65535, 0)
    assert probed == [(65535, len(wire.sent[0]), 3), (0, len(wire.sent[1]), 3)]


def test_without_the_transport_wide_number_the_history_hears_nothing(
    history: PacketHistory, probed: Probed
) -> None:
    wire, stream = Wire(), RtxStream(8888, b"")
    left = stream.send(receiver(wire, history), 97, segment(), 40, (7, 0, b"body"), 1.0, 3)
    [data] = wire.sent
    assert left == len(data)
    first, second, _, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    assert (first, second, timestamp, ssrc) == (0x80, 97, 5007, 8888)
    assert data[12:] == b"\0\x28body"
    assert probed == []
    assert wire.twcc_seq == 0


def test_padding_is_at_least_what_was_asked_for_and_says_its_length(
    history: PacketHistory, probed: Probed
) -> None:
    wire, stream = Wire(), RtxStream(8888, twcc_extension(5))
    one = WITH_TWCC_SIZE + PADDING
    assert stream.pad(receiver(wire, history), 97, one + 1, 1.0, 4) == 2 * one
    assert [len(data) for data in wire.sent] == [one, one]
    assert all(data[0] == 0xB0 and data[-1] == PADDING for data in wire.sent)
    assert probed == [(1, one, 4), (2, one, 4)]


def test_padding_needs_the_transport_wide_number() -> None:
    wire = Wire()
    assert RtxStream(8888, b"").pad(receiver(wire), 97, 500, 1.0, 4) == 0
    assert wire.sent == []


def test_picture_ids_of_a_repaired_picture_are_those_it_left_with() -> None:
    wire, stream = Wire(), RtxStream(8888, twcc_extension(5))
    found = (7, 0, vp8_payload(0x7FFE, 250))
    stream.send(receiver(wire), 97, segment(VP8, picture_id=3, tl0=10), 40, found, 1.0)
    assert parse(wire.sent[0]).payload[2:] == vp8_payload(1, 4)


@pytest.mark.parametrize(
    ("codec", "payload", "shifted"),
    [
        pytest.param(VP8, "90c0 fffe fa 11", "90c0 8001 04 11", id="15 bits"),
        pytest.param(VP8, "90c0 7e fa 11", "90c0 01 04 11", id="7 bits"),
        pytest.param(VP8, "9080 7e 11", "9080 01 11", id="no TL0PICIDX"),
        pytest.param(VP8, "10 11", "10 11", id="no ids"),
        pytest.param(VP8, "90c0 ff", "90c0 ff", id="cut off"),
        pytest.param(VP9, "a8 fffe 00 fa 82", "a8 8001 00 04 82", id="VP9"),
    ],
)
def test_ids_move_within_the_size_of_their_field(codec: Codec, payload: str, shifted: str) -> None:
    moved = shift_ids(bytes.fromhex(payload), segment(codec, picture_id=3, tl0=10))
    assert moved.hex() == shifted.replace(" ", "")
