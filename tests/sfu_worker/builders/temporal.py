"""A sender of VP8 with three temporal layers."""

from __future__ import annotations

import struct

from sfu_worker.down.output import Output
from sfu_worker.up.batch import Packet
from tests.sfu_worker.builders.streams import VP8, Source, Wire, video_output, video_track

# Temporal layers of VP8's L1T3.
PATTERN = (0, 2, 1, 2)


def payload(picture_id: int, tl0: int, tid: int, *, key: bool = False, first: bool = True) -> bytes:
    # X, I L T, picture id, TL0PICIDX, TID with Y set: no reference to pictures of the same or
    # higher layers.
    head = struct.pack(
        "!BBHBB", 0x90 if first else 0x80, 0xE0, 0x8000 | picture_id, tl0, tid << 6 | 0x20
    )
    return head + (b"\x10" if key else b"\x11") + b"body" * 4


class Layered(Source):
    """A sender with three temporal layers and two packets a picture."""

    def __init__(self) -> None:
        super().__init__(video_track(), 1)
        self.picture = -1
        self.tl = 0

    def picture_packets(self) -> list[tuple[int, int, bytes]]:
        self.picture += 1
        tid = PATTERN[self.picture % 4]
        self.tl += tid == 0
        self.timestamp += 3000
        made = []
        for first in (True, False):
            self.seq = (self.seq + 1) & 0xFFFF
            made.append(
                (
                    self.seq,
                    self.timestamp,
                    payload(self.picture, self.tl, tid, key=self.picture == 0, first=first),
                )
            )
        return made

    def give(self, packet: tuple[int, int, bytes], now: float = 1.0) -> None:
        p = Packet()
        p.seq, p.timestamp, data = packet
        p.payload, p.size = memoryview(data), len(data)
        self.layer.receive(p, now)
        self.layer.deliver()


def start(temporal: int) -> tuple[Wire, Layered, Output]:
    wire, source = Wire(), Layered()
    output = video_output(wire, [VP8])
    output.thin(temporal)
    output.aim(source.layer, 0.0)
    return wire, source, output
