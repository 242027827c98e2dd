"""Senders of sound: a microphone in one slot, and an ingress that is given RED."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from sfu_worker.rtp import red
from sfu_worker.rtp.header import PLAIN
from sfu_worker.sdp.codecs import Codec
from sfu_worker.up.batch import Batch, Packet
from sfu_worker.up.ingress import Ingress, UpMedia
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.streams import OPUS, Sent, Source, Wire, parse, sound_output

FRAME = 960


class Microphone:
    """A sender of sound in one slot of one receiver. Packets carry their sender's number."""

    def __init__(self, seq: int = 100) -> None:
        self.source = Source(UpTrack("a:microphone", "a", "microphone", "audio"), 5, codec=OPUS)
        self.layer = self.source.layer
        self.wire = Wire()
        self.output = sound_output(self.wire)
        self.start, self.count = seq, 0

    def send(self, packets: int = 1, *, frame: int = FRAME) -> None:
        for _ in range(packets):
            self.give(self.count, self.count * frame)
            self.count += 1

    def give(self, number: int, timestamp: int, *, ends_batch: bool = True) -> None:
        p = Packet()
        p.seq, p.timestamp = (self.start + number) & 0xFFFF, timestamp & 0xFFFFFFFF
        data = number.to_bytes(4, "big")
        p.payload, p.size = memoryview(data), len(data)
        self.layer.receive(p, 1.0 + timestamp / 48000)
        if ends_batch:
            self.layer.deliver()

    @property
    def sent(self) -> list[Sent]:
        return [parse(data) for data in self.wire.sent]

    @property
    def numbers(self) -> list[int]:
        return [int.from_bytes(s.payload, "big") for s in self.sent]

    def in_order(self) -> bool:
        return all((b.seq - a.seq) & 0xFFFF == 1 for a, b in pairwise(self.sent))

    def true_times(self, frame: int = FRAME) -> bool:
        times = {
            (s.timestamp - n * frame) & 0xFFFFFFFF
            for s, n in zip(self.sent, self.numbers, strict=True)
        }
        return len(times) == 1


def speaking() -> Microphone:
    microphone = Microphone()
    microphone.output.aim(microphone.layer, 0.0)
    microphone.send(10)
    return microphone


# An Opus TOC octet: 20 ms.
VOICE = b"\x78"


@dataclass
class Sender:
    """An ingress and what has come of the packets handed to it."""

    batch: Batch = field(default_factory=Batch)

    def __post_init__(self) -> None:
        self.track = UpTrack("a:microphone", "a", "microphone", "audio")
        self.ingress = Ingress(self.batch, lambda _: None, lambda _: None, lambda *_: None)
        media = UpMedia("0", self.track, {111: Codec(111, "opus", 48000, 2)}, {}, {63: 111}, [])
        self.ingress.configure([media], {})

    def send(
        self, payload_type: int, seq: int, timestamp: int, payload: bytes, *, last: bool = True
    ) -> None:
        """Hand over a packet, the ``last`` of its batch."""
        data = PLAIN.pack(0x80, payload_type, seq & 0xFFFF, timestamp & 0xFFFFFFFF, 7) + payload
        # What lies around a packet in the slab is not its own.
        self.ingress.on_rtp(memoryview(b"\x6f" * 9 + data + b"\x6f" * 9), 9, 9 + len(data), 1.0)
        if last:
            self.batch.deliver()

    def has(self, seq: int) -> tuple[int, bytes] | None:
        found = self.track.layers[0].cache.get(seq & 0xFFFF)
        return (found[0], found[2]) if found else None


def payload(number: int) -> bytes:
    return VOICE + b"sound %d" % number


def repeating(number: int, *before: int) -> bytes:
    return red.build(111, [((number - n) * FRAME, payload(n)) for n in before], payload(number))
