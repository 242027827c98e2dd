"""Temporal layers of what Chromium sends with each codec.

Found at the way in, dropped at the way out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from sfu_worker import sdp
from sfu_worker.rtp.header import read_extensions
from sfu_worker.sdp.codecs import Codec
from sfu_worker.up.batch import Batch
from sfu_worker.up.ingress import Ingress, UpMedia
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.streams import Wire, parse, video_output

TYPES = {"VP8": 96, "VP9": 98, "AV1": 45, "H264": 102}
EXTENSIONS = {
    sdp.TRANSPORT_CC: 4,
    sdp.MID: 9,
    sdp.RID: 10,
    sdp.REPAIRED_RID: 11,
    sdp.DEPENDENCY_DESCRIPTOR: 13,
}
SIZES = {"q": (240, 135), "h": (480, 270), "f": (960, 540)}


def recorded(codec: str) -> list[tuple[str, bytes]]:
    """(rid, packet) in the order in which they came."""
    lines = (Path(__file__).parents[2] / "data" / "rtp_layers.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line.startswith(codec + " ")]
    return [(rid, bytes.fromhex(packet)) for _, rid, packet in rows]


@dataclass
class Worker:
    """A sender's way in, and a slot."""

    codec: str
    extensions: dict[str, int] = field(default_factory=lambda: EXTENSIONS)

    def __post_init__(self) -> None:
        self.codecs = [
            Codec(pt, name, 90000, 1, {}, ("nack",), pt + 1) for name, pt in TYPES.items()
        ]
        self.track = UpTrack("a:camera", "a", "camera", "video")
        self.track.rids = ["q", "h", "f"]
        self.batch = Batch()
        self.ingress = Ingress(
            self.batch, lambda data: None, self._aim, lambda track, level, now: None
        )
        media = UpMedia("0", self.track, {c.pt: c for c in self.codecs}, {}, {}, ["q", "h", "f"])
        self.ingress.configure([media], self.extensions)
        self.wire = Wire()
        self.output = video_output(self.wire, self.codecs)

    def _aim(self, track: UpTrack) -> None:
        if self.output.layer is self.output.pending is None:
            self.output.aim(track.layers[0], 1.0)

    def take(self, packet: bytes) -> None:
        view = memoryview(packet)
        self.ingress.on_rtp(view, 0, len(view), 1.0)
        self.batch.deliver()

    def layer(self, rid: str) -> UpLayer:
        return next(layer for layer in self.track.layers if layer.rid == rid)

    def thin(self, temporal: int, packets: list[bytes] | None = None) -> list[tuple[int, int]]:
        """Forward ``packets``, or the smallest layer, up to ``temporal``.

        Returns (number, time) of what leaves.
        """
        self.output.thin(temporal)
        for packet in packets or [packet for rid, packet in recorded(self.codec) if rid == "q"]:
            self.take(packet)
        return [(sent.seq, sent.timestamp) for sent in map(parse, self.wire.sent)]


@pytest.mark.parametrize("codec", TYPES)
def test_bytes_are_counted_by_temporal_layer(codec: str) -> None:
    worker = Worker(codec)
    for _, packet in recorded(codec):
        worker.take(packet)
    octets = worker.layer("q").rates.octets
    assert all(octets[:3])
    assert octets[3] == 0


@pytest.mark.parametrize("codec", TYPES)
def test_layers_tell_their_size_at_their_first_key_frame(codec: str) -> None:
    worker = Worker(codec)
    for rid, packet in recorded(codec):
        worker.take(packet)
        size = worker.layer(rid).size
        # H264 codes lines in pairs.
        assert size is not None
        assert size[0] == SIZES[rid][0]
        assert size[1] in (SIZES[rid][1], SIZES[rid][1] & ~1)


@pytest.mark.parametrize("codec", TYPES)
def test_a_thinned_stream_has_fewer_pictures_and_no_holes(codec: str) -> None:
    pictures = {}
    for temporal in (0, 1, 7):
        sent = Worker(codec).thin(temporal)
        assert all((b - a) & 0xFFFF == 1 for (a, _), (b, _) in pairwise(sent))
        pictures[temporal] = len({timestamp for _, timestamp in sent})
    # 1, 2 and 4 of four, give or take where the recording ends and key frames that came on request.
    assert pictures[0] < pictures[1] < pictures[7]
    assert pictures[7] / 4 <= pictures[0] <= pictures[7] / 2


@pytest.mark.parametrize("codec", ["VP8", "AV1", "H264"])
def test_without_the_descriptor_a_stream_is_forwarded_whole(codec: str) -> None:
    worker = Worker(
        codec, {uri: ident for uri, ident in EXTENSIONS.items() if uri != sdp.DEPENDENCY_DESCRIPTOR}
    )
    assert len(worker.thin(0)) == len([1 for rid, _ in recorded(codec) if rid == "q"])
    assert not any(worker.layer("q").rates.octets[1:])


@pytest.mark.parametrize("codec", TYPES)
def test_a_structure_that_makes_no_sense_loses_no_packet(codec: str) -> None:
    worker = Worker(codec)
    packets = [bytearray(packet) for rid, packet in recorded(codec) if rid == "q"]
    for packet in packets:
        view = memoryview(packet)
        begin, end = read_extensions(view, 12, 16 + 4 * view[15], (9, 10, 11, 4, 0, 13))[5:]
        if end - begin > 3 and packet[begin + 3] & 0x80:
            packet[begin + 4 : end] = bytes(end - begin - 4)  # templates without an end
    sent = worker.thin(0, [bytes(packet) for packet in packets])
    assert worker.ingress.unroutable == 0
    # VP9 says itself what the descriptor would.
    assert len(sent) == (len(Worker(codec).thin(0)) if codec == "VP9" else len(packets))


def test_vp9_picture_ids_keep_the_distances_that_references_are_told_by() -> None:
    ids = {}
    for temporal in (0, 7):
        worker = Worker("VP9")
        worker.thin(temporal)
        sent = [
            struct.unpack_from("!H", parse(data).payload, 1)[0] & 0x7FFF
            for data in worker.wire.sent
        ]
        ids[temporal] = [(ident - sent[0]) & 0x7FFF for ident in sent]
    assert set(ids[0]) < set(ids[7])
    assert max(b - a for a, b in pairwise(ids[0])) == 4
