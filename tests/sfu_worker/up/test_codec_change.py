"""A sender goes on in another codec.

Same SSRCs, other payload types (RFC 3550 section 5.1), no new offer.
"""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from sfu_worker.call import slots
from sfu_worker.down.slot import Slot
from sfu_worker.rtp.media_clock import SourceReport
from sfu_worker.sdp import MID, REPAIRED_RID, RID
from sfu_worker.sdp.codecs import Codec
from sfu_worker.up.batch import Batch
from sfu_worker.up.ingress import Ingress, UpMedia
from tests.sfu_worker.builders.streams import (
    H264,
    VP8,
    Wire,
    parse,
    video_slot,
    video_track,
    vp8_payload,
)

RIDS = ("q", "h", "f")
H264_KEY = b"\x65" + b"i" * 30
H264_DELTA = b"\x41" + b"p" * 30


class Sender:
    """Three layers through a real ``Ingress``.

    Like a browser it names mid and rid only until it has heard of them.
    """

    def __init__(self) -> None:
        self.track = video_track()
        self.rtcp: list[bytes] = []
        self.batch = Batch()
        self.ingress = Ingress(self.batch, self.rtcp.append, lambda _: None, lambda *_: None)
        media = UpMedia(
            "1",
            self.track,
            codecs={96: VP8, 102: H264},
            rtx_types={97: 96, 103: 102},
            red_types={},
            rids=list(RIDS),
        )
        self.ingress.configure([media], {MID: 1, RID: 2, REPAIRED_RID: 3})
        self.seq = dict.fromkeys(RIDS, 65530)
        self.named: set[int] = set()
        self.now = 100.0

    def packet(
        self, payload_type: int, ssrc: int, seq: int, payload: bytes, name: bytes, rid: str
    ) -> None:
        extension = b""
        if ssrc not in self.named:
            self.named.add(ssrc)
            extension = struct.pack("!HH", 0xBEDE, 1) + b"\x101" + name + rid.encode()
        head = struct.pack(
            "!BBHII",
            0x90 if extension else 0x80,
            payload_type,
            seq,
            int(self.now * 90000) & 0xFFFFFFFF,
            ssrc,
        )
        data = memoryview(bytearray(head + extension + payload))
        self.ingress.on_rtp(data, 0, len(data), self.now)
        self.batch.deliver()

    def media(self, rid: str, codec: Codec, *, key: bool = False, seq: int | None = None) -> None:
        self.now += 0.01
        if seq is None:
            seq = self.seq[rid] = (self.seq[rid] + 1) & 0xFFFF
        payload = (
            vp8_payload(seq & 0x7FFF, 0, key=key)
            if codec is VP8
            else H264_KEY
            if key
            else H264_DELTA
        )
        self.packet(codec.pt, 1000 + RIDS.index(rid), seq, payload, b"\x20", rid)

    def repair(self, rid: str, codec: Codec, seq: int) -> None:
        assert codec.rtx_pt is not None
        payload = vp8_payload(seq & 0x7FFF, 0) if codec is VP8 else H264_DELTA
        self.packet(
            codec.rtx_pt, 2000 + RIDS.index(rid), 1, struct.pack("!H", seq) + payload, b"\x30", rid
        )

    def layer(self, rid: str) -> object:
        return next(layer for layer in self.track.layers if layer.rid == rid)


@pytest.fixture
def sender() -> Sender:
    sender = Sender()
    for rid in RIDS:
        sender.media(rid, VP8, key=True)
        sender.media(rid, VP8)
    return sender


def watch(sender: Sender, rid: str, codecs: list[Codec] | None = None) -> tuple[Slot, Wire]:
    wire = Wire()
    slot = video_slot(wire, codecs)
    assert slots.settle(slot, sender.track, sender.now) == ""
    slot.output.aim(next(layer for layer in sender.track.layers if layer.rid == rid), sender.now)
    return slot, wire


def test_a_slot_goes_on_with_the_first_picture_of_the_new_codec(sender: Sender) -> None:
    _, wire = watch(sender, "f")
    sender.media("f", VP8, key=True)
    sender.media("f", VP8)
    asked = len(sender.rtcp)
    for rid in RIDS:
        sender.media(rid, H264, key=True)
        sender.media(rid, H264)
    out = [parse(data) for data in wire.sent]
    assert [p.payload_type for p in out] == [96, 96, 102, 102]
    assert all((b.seq - a.seq) & 0xFFFF == 1 for a, b in pairwise(out))
    assert len(sender.rtcp) == asked, (
        "the first picture is a key frame: nobody need ask for another one"
    )
    assert [layer.size for layer in sender.track.layers] == [(640, 360)] * 3


def test_a_late_packet_of_the_codec_before_changes_nothing(sender: Sender) -> None:
    late = sender.seq["f"] + 1
    sender.seq["f"] = (sender.seq["f"] + 1) & 0xFFFF
    sender.media("f", H264, key=True)
    layer = sender.layer("f")
    sender.media("f", VP8, seq=late & 0xFFFF)
    assert sender.layer("f") is layer
    assert sender.ingress.unroutable == 1
    assert sender.track.codec == "H264"


def test_repair_follows_the_change_and_that_of_the_codec_before_is_dropped(sender: Sender) -> None:
    sender.repair("f", VP8, sender.seq["f"] - 1)
    lost = sender.seq["f"] = (sender.seq["f"] + 1) & 0xFFFF
    sender.media("f", H264, key=True)
    again = (sender.seq["f"] + 1) & 0xFFFF
    sender.seq["f"] = again
    sender.media("f", H264)
    _, wire = watch(sender, "f")
    sender.media("f", H264, key=True)
    before = len(wire.sent)
    layer = sender.ingress.layers[1002]
    sender.repair("f", VP8, lost)
    assert layer.packets == 3
    sender.repair("f", H264, again)
    assert layer.packets == 4, "the repair stream no longer says whose it is"
    assert len(wire.sent) >= before


def test_a_stopped_layer_of_the_codec_before_keeps_no_slot_from_the_new_one(sender: Sender) -> None:
    old = Wire()
    slot = video_slot(old, [H264])
    assert slots.settle(slot, sender.track, sender.now) == "codec"
    for rid in ("q", "h"):
        sender.media(rid, H264, key=True)
    # ``f`` is not sent at present, so it is VP8 as far as anybody knows.
    assert [layer.codec.name for layer in sender.track.layers] == ["H264", "H264", "VP8"]
    slots.settle(slot, sender.track, sender.now)
    assert slot.track is sender.track
    best = sender.track.layer_for(0, sender.now)
    assert best is sender.layer("h")
    sender.media("f", H264, key=True)
    assert sender.track.layer_for(0, sender.now) is sender.layer("f")


def test_a_slot_that_cannot_carry_the_new_codec_ends_and_its_numbers_stay(sender: Sender) -> None:
    slot, wire = watch(sender, "f", [VP8])
    sender.media("f", VP8, key=True)
    sender.media("f", H264, key=True)
    assert slots.settle(slot, sender.track, sender.now) == "codec"
    sender.media("f", H264)
    assert len(wire.sent) == 1
    assert slot.track is None
    sender.media("f", VP8, key=True)
    slots.settle(slot, sender.track, sender.now)
    slot.output.aim(sender.ingress.layers[1002], sender.now)
    sender.media("f", VP8, key=True)
    first, second = (parse(data) for data in wire.sent)
    assert (second.seq - first.seq) & 0xFFFF == 1


def test_sender_reports_and_reception_go_on_with_the_ssrc(sender: Sender) -> None:
    before = sender.ingress.layers[1002]
    before.sender_report = SourceReport(1, 2, 3, 4)
    sender.media("f", H264, key=True)
    after = sender.ingress.layers[1002]
    assert after is not before
    assert after.stats is before.stats
    assert after.sender_report == SourceReport(1, 2, 3, 4)
