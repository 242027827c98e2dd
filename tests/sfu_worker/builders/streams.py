"""Senders, tracks and slots without a network, for tests of the media path."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from sfu_worker.bwe.history import PacketHistory
from sfu_worker.down.egress import Egress
from sfu_worker.down.output import Line, Output
from sfu_worker.down.receiver import Receiver
from sfu_worker.down.slot import Slot
from sfu_worker.sdp.codecs import Codec
from sfu_worker.up.batch import Batch, Packet
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack

VP8 = Codec(96, "VP8", 90000, 1, {}, ("nack", "nack pli", "transport-cc"), 97)
H264 = Codec(
    102, "H264", 90000, 1, {"packetization-mode": "1", "profile-level-id": "42e01f"}, ("nack",), 103
)
OPUS = Codec(111, "opus", 48000, 2, {}, (), None)


class Wire:
    """Takes the place of a transport and keeps what is committed."""

    def __init__(self) -> None:
        self.out = memoryview(bytearray(4096))
        self.twcc_seq = 0
        self.sent: list[bytes] = []

    def reserve(self) -> int:
        return 128

    def commit(self, offset: int, length: int) -> None:
        self.sent.append(bytes(self.out[offset : offset + length]))


@dataclass
class Sent:
    payload_type: int
    marker: bool
    seq: int
    timestamp: int
    ssrc: int
    twcc: int
    payload: bytes


def parse(data: bytes) -> Sent:
    first, second, seq, timestamp, ssrc, profile, words, ident, twcc, pad = struct.unpack_from(
        "!BBHIIHHBHB", data
    )
    assert (first, profile, words, ident, pad) == (0x90, 0xBEDE, 1, 5 << 4 | 1, 0)
    return Sent(second & 0x7F, bool(second & 0x80), seq, timestamp, ssrc, twcc, data[20:])


def vp8_payload(picture_id: int, tl0: int, *, key: bool = False, body: bytes = b"x" * 20) -> bytes:
    # RFC 7741 4.2: X S, I L, 15-bit picture id, TL0PICIDX. Then the payload header, whose lowest
    # bit is 0 in a key frame.
    start = b"\x9d\x01\x2a" + struct.pack("<HH", 640, 360) if key else b""
    return (
        struct.pack("!BBHB", 0x90, 0xC0, 0x8000 | picture_id, tl0)
        + (b"\x10\x00\x00" if key else b"\x11\x00\x00")
        + start
        + body
    )


class Source:
    """A sender of one layer."""

    def __init__(
        self,
        track: UpTrack,
        ssrc: int,
        rid: str = "",
        codec: Codec = VP8,
        seq: int = 0,
        timestamp: int = 0,
    ) -> None:
        self.rtcp: list[bytes] = []
        self.track = track
        self.layer = UpLayer(track.origin, ssrc, rid, codec, Batch(), self.rtcp.append)
        track.add_layer(self.layer)
        self.seq, self.timestamp = seq, timestamp
        self.picture_id, self.tl0 = 100, 10

    def is_sized(self, size: tuple[int, int] | None) -> None:
        """Let the layer know a size that no key frame has told."""
        assert self.layer.pictures is not None
        self.layer.pictures.size = size

    def send(
        self, now: float, *, key: bool = False, payload: bytes | None = None, seq: int | None = None
    ) -> None:
        p = Packet()
        if seq is None:
            self.seq = (self.seq + 1) & 0xFFFF
            self.timestamp = (self.timestamp + 3000) & 0xFFFFFFFF
            self.picture_id = (self.picture_id + 1) & 0x7FFF
            self.tl0 = (self.tl0 + 1) & 0xFF
        p.seq = self.seq if seq is None else seq
        p.timestamp, p.marker = self.timestamp, 0x80
        data = vp8_payload(self.picture_id, self.tl0, key=key) if payload is None else payload
        p.payload, p.size = memoryview(data), len(data)
        self.layer.receive(p, now)
        self.layer.deliver()


def receiver(wire: Wire, history: PacketHistory | None = None) -> Receiver:
    return Receiver(wire, history or PacketHistory())  # type: ignore[arg-type]


def video_line(codecs: list[Codec] | None = None) -> Line:
    return Line("video", 7777, 8888, codecs or [VP8, H264], "slot1", 5)


def video_output(wire: Wire, codecs: list[Codec] | None = None) -> Output:
    return Output(video_line(codecs), receiver(wire), lambda: None)


def sound_output(wire: Wire) -> Output:
    return Output(Line("audio", 1, None, [OPUS], "slot1", 5), receiver(wire), lambda: None)


def video_slot(
    wire: Wire, codecs: list[Codec] | None = None, history: PacketHistory | None = None
) -> Slot:
    return Slot("4", video_line(codecs), receiver(wire, history), lambda _: None)


def video_track(name: str = "a") -> UpTrack:
    track = UpTrack(f"{name}:camera", name, "camera", "video")
    track.rids = ["q", "h", "f"]
    return track


def camera(rates: dict[str, int]) -> tuple[list[Source], Slot, Wire, Egress]:
    """Three layers that send at the given rates, in kbit/s, and one slot that wants them."""
    egress, wire, track = Egress(), Wire(), video_track()
    sources = [Source(track, i + 1, rid) for i, rid in enumerate(rates)]
    for source, (height, rate) in zip(
        sources, zip((135, 270, 540), rates.values(), strict=False), strict=True
    ):
        source.is_sized((height * 16 // 9, height))
        source.layer.last_at = 10.0
        source.layer.rates.rates = (rate * 1000,)
    slot = video_slot(wire, history=egress.estimator.history)
    slot.wish(track.id, 540, 0)
    slot.carry(track, 10.0)
    return sources, slot, wire, egress


RATES = {"q": 150, "h": 500, "f": 2500}


def believes(egress: Egress, rate: int) -> None:
    """A receiver that has said what it takes."""
    egress.on_remb(rate, 10.0)


def parameter_set(level: int, *values: tuple[int, int] | int) -> bytes:
    """A baseline H264 sequence parameter set.

    A value is (bits, number), or a number to write as an Exp-Golomb code.
    """
    bits = ""
    for value in values:
        bits += (
            f"{value[1]:0{value[0]}b}"
            if isinstance(value, tuple)
            else f"{value + 1:b}".zfill(2 * (value + 1).bit_length() - 1)
        )
    bits += "1" + "0" * (-(len(bits) + 1) % 8)
    plain = bytes([0x42, 0, level]) + int(bits, 2).to_bytes(len(bits) // 8, "big")
    escaped = bytearray()
    for byte in plain:
        if byte <= 3 and escaped[-2:] == b"\0\0":
            escaped.append(3)
        escaped.append(byte)
    return b"\x67" + escaped
