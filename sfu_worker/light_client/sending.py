"""RTP as a browser would send it, without a codec: packets carry a stamp instead of a picture."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct
from zlib import crc32

from sfu_worker.rtp.header import PLAIN, one_byte_extension
from sfu_worker.rtp.media_clock import ntp
from sfu_worker.rtp.rtcp import build_sdes, build_sr
from sfu_worker.sdp import AUDIO_LEVEL, MID, RID, TRANSPORT_CC

# Stream (a random number), count of the packet in it, monotonic seconds of sending, CRC-32 of what
# follows, seeded with the count.
STAMP = Struct("!IIdI")
# Behind the VP8 descriptor (6 octets, which forwarding may rewrite) and the key frame's header (10,
# RFC 6386, 9.1).
STAMP_AT = 16
VP8 = Struct("!BBHBB")
KEYFRAME_HEADER = (
    b"\x10\x00\x00\x9d\x01\x2a" + (640).to_bytes(2, "little") + (360).to_bytes(2, "little")
)
DELTA_HEADER = b"\x11".ljust(10, b"\0")
# The first packets of a stream carry mid and rid. Browsers stop when they learn that the stream is
# known.
TELL_IDS = 100
AUDIO_LEVEL_SPEAKING = 30
AUDIO_LEVEL_SILENT = 127


@dataclass(frozen=True, slots=True)
class Plan:
    """What a client sends: packets per second and octets of payload.

    ``rids`` are the simulcast layers, each at half the rate of the one before.
    """

    video_rate: float = 100.0
    video_size: int = 1100
    frame_packets: int = 5
    audio_rate: float = 50.0
    audio_size: int = 100
    rids: tuple[str, ...] = ()
    sources: tuple[str, ...] = ("microphone", "camera")
    # -dBov, in each packet of sound (RFC 6464). None: left out, as by encoders without it.
    audio_level: int | None = AUDIO_LEVEL_SPEAKING
    # Tell the server when its packets arrive. Without that it does not estimate the path to us.
    feedback: bool = True


@dataclass(slots=True)
class Clock:
    """The transport-wide number is one for all streams of a connection."""

    twcc: int = 0


@dataclass(slots=True)
class Stream:
    """One SSRC. ``start`` sets payload type and extensions from the answer; ``due`` sends."""

    kind: str
    mid: str
    rid: str
    rate: float
    size: int
    frame_packets: int
    clock_rate: int
    twcc: Clock
    # -dBov; may be changed while it sends.
    level: int | None = None
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    name: int = field(default_factory=lambda: secrets.randbits(32))
    keyframe_wanted: bool = True
    keyframes: int = 0
    count: int = 0
    payload_type: int = 0
    _ids: dict[str, int] = field(default_factory=dict)
    _body: bytes = b""
    _seq: int = field(default_factory=lambda: secrets.randbits(15))
    _timestamp: int = field(default_factory=lambda: secrets.randbits(31))
    _picture: int = 0
    _in_frame: int = 0
    _next: float = 0.0
    _start: float = 0.0
    _start_timestamp: int = 0

    def start(self, payload_type: int, extensions: dict[str, int], now: float) -> None:
        self.payload_type = payload_type
        self._ids = extensions
        self._body = secrets.token_bytes(max(0, self.size - STAMP_AT - STAMP.size))
        # Streams of one process fall due at different moments, as real ones do.
        self._next = now + secrets.randbelow(1000) / 1000 * self.frame_packets / self.rate
        self._start, self._start_timestamp = now, self._timestamp

    def due(self, now: float, send: Callable[[bytes], None]) -> None:
        """Send the frames that have fallen due, without those that are more than a second late."""
        if now - self._next > 1.0:
            self._next = now
        while self._next <= now:
            self._next += self.frame_packets / self.rate
            self._timestamp = self._start_timestamp + int((now - self._start) * self.clock_rate)
            keyframe, self.keyframe_wanted = self.keyframe_wanted, False
            self.keyframes += keyframe
            self._picture = (self._picture + 1) & 0x7FFF
            for i in range(self.frame_packets):
                send(self._packet(i, keyframe, now))

    def _packet(self, index: int, keyframe: bool, now: float) -> bytes:
        last = index == self.frame_packets - 1
        marker = 0x80 if last and self.kind == "video" else 0
        self._seq = (self._seq + 1) & 0xFFFF
        self.count += 1
        head = PLAIN.pack(
            0x90, marker | self.payload_type, self._seq, self._timestamp & 0xFFFFFFFF, self.ssrc
        )
        stamp = STAMP.pack(self.name, self.count, now, crc32(self._body, self.count & 0xFFFFFFFF))
        return b"".join(
            (head, self._extensions(), self._descriptor(index, keyframe), stamp, self._body)
        )

    def _descriptor(self, index: int, keyframe: bool) -> bytes:
        if self.kind == "audio":
            return b"\xfc".ljust(STAMP_AT, b"\0")  # an Opus TOC octet: 20 ms, stereo
        first = 0x90 if index == 0 else 0x80
        # RFC 7741, 4.2: extended; picture id (15 bits), TL0PICIDX, one temporal layer, key index.
        head = VP8.pack(first, 0xF0, 0x8000 | self._picture, self._picture & 0xFF, 0)
        return head + (KEYFRAME_HEADER if keyframe and index == 0 else DELTA_HEADER)

    def _extensions(self) -> bytes:
        self.twcc.twcc = (self.twcc.twcc + 1) & 0xFFFF
        elements = [(TRANSPORT_CC, self.twcc.twcc.to_bytes(2, "big"))]
        if self.level is not None:
            elements.append(
                (AUDIO_LEVEL, bytes([(self.level < AUDIO_LEVEL_SILENT) << 7 | self.level]))
            )
        if self.count <= TELL_IDS:
            elements.append((MID, self.mid.encode()))
            if self.rid:
                elements.append((RID, self.rid.encode()))
        ids = self._ids
        return one_byte_extension(
            (ids[uri], value) for uri, value in elements if ids.get(uri) and value
        )

    def report(self, now: float) -> bytes:
        """A sender report with the CNAME."""
        rtp = self._start_timestamp + int((now - self._start) * self.clock_rate)
        return build_sr(self.ssrc, ntp(now), rtp, self.count, self.count * self.size) + build_sdes(
            self.ssrc, f"{self.ssrc:08x}"
        )


def plan_streams(plan: Plan, mids: dict[str, str]) -> list[Stream]:
    """The streams of a plan; ``mids`` maps a source to its m-line."""
    clock = Clock()
    streams = []
    for source in plan.sources:
        mid = mids[source]
        if source in ("microphone", "screen-audio"):
            streams.append(
                Stream(
                    "audio",
                    mid,
                    "",
                    plan.audio_rate,
                    plan.audio_size,
                    1,
                    48000,
                    clock,
                    plan.audio_level,
                )
            )
            continue
        rids = plan.rids if source == "camera" else ()
        for i, rid in enumerate(rids or ("",)):
            rate = plan.video_rate / 2**i
            packets = max(1, plan.frame_packets >> i)
            streams.append(Stream("video", mid, rid, rate, plan.video_size, packets, 90000, clock))
    return streams
