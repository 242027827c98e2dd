"""A camera, the worker's own send side and a viewer behind a bad link, all in simulated time.

Everything between the incoming packet and the wire is the real thing (UpLayer, Output, Egress,
estimator, pacer, repair); the link is that of ``bench.network``; the viewer is a model of
libwebrtc's receiver: feedback, NACKs, and frames that are shown when they and all before them are
complete.
"""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.scoring import Frame
from bench.shaping import Link, Step, conditions_at
from sfu_worker.down.egress import Egress
from sfu_worker.down.output import Line
from sfu_worker.down.receiver import Receiver
from sfu_worker.down.slot import Slot
from sfu_worker.rtp import rtcp, vp8
from sfu_worker.rtp.twcc import ArrivalLog
from sfu_worker.sdp.codecs import Codec
from sfu_worker.up.batch import Batch, Packet
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.nack import NackLog
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.streams import OPUS, VP8, Wire

START = 1000.0
STEP = 0.001
FPS = 30
MTU = 1100
# A key frame is so many times as large as the usual frame of its layer.
KEY_FRAME_TIMES = 6
PATTERN = (0, 2, 1, 2)
# Sizes of the frames of three temporal layers, 1.0 in the mean.
WEIGHTS = (1.6, 0.8, 0.8)
# Seconds without a picture after which libwebrtc's receiver asks for a key frame.
WAIT_FOR_FRAME = 3.0
VIDEO_SSRC, RTX_SSRC, SOUND_SSRC = 7777, 8888, 9999


@dataclass
class Encoder:
    """One simulcast layer: frames in, packets of its UpLayer out.

    A PLI makes the next frame a key frame.
    """

    track: UpTrack
    rid: str
    height: int
    rate: int
    random: random.Random
    seq: int = 1000
    frames: int = 0
    tl0: int = 0
    key_frames: int = 0
    wants_key: bool = True
    batch: Batch = field(default_factory=Batch)

    def __post_init__(self) -> None:
        self.layer = UpLayer(
            self.track.origin, 100 + self.height, self.rid, VP8, self.batch, self._rtcp
        )
        self.track.add_layer(self.layer)

    def _rtcp(self, data: bytes) -> None:
        self.wants_key |= any(isinstance(p, rtcp.Pli) for p in rtcp.parse_compound(data))

    def frame(self, now: float) -> None:
        key, self.wants_key = self.wants_key, False
        temporal = 0 if key else PATTERN[self.frames % 4]
        if key:
            self.frames, self.key_frames = 0, self.key_frames + 1
        self.tl0 += temporal == 0
        weight = KEY_FRAME_TIMES if key else WEIGHTS[temporal] * self.random.uniform(0.8, 1.2)
        left, first = int(self.rate / FPS / 8 * weight), True
        while left > 0:
            body = min(left, MTU)
            left -= body
            self.seq = (self.seq + 1) & 0xFFFF
            self._packet(now, temporal, key, first, left <= 0, body)
            first = False
        self.frames += 1
        self.batch.now = now
        self.batch.deliver()

    def _packet(
        self, now: float, temporal: int, key: bool, first: bool, last: bool, body: int
    ) -> None:
        p = Packet()
        p.seq, p.marker = self.seq, 0x80 if last else 0
        p.timestamp = int(now * 90_000) & 0xFFFFFFFF
        picture = int((now - START) * FPS + 0.5) & 0x7FFF
        head = struct.pack(
            "!BBHBB",
            0x90 if first else 0x80,
            0xE0,
            0x8000 | picture,
            self.tl0 & 0xFF,
            temporal << 6 | 0x20,
        )
        width = self.height * 16 // 9
        start = (
            b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, self.height)
            if key
            else b"\x11" + bytes(9)
        )
        p.payload = memoryview(head + start + bytes(body))
        p.size = len(p.payload)
        self.layer.receive(p, now)


class Viewer:
    """What a browser does with what comes: feedback, repair, and showing frames."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.requests = 0
        self.sound: dict[int, float] = {}
        self.log = ArrivalLog()
        self.nacks = NackLog()
        self._packets: dict[
            int, tuple[bool, bool, bool, int]
        ] = {}  # number -> (begins, ends, key, height)
        self._due: int | None = None
        self._asked_at = 0.0
        self._height = 0
        self._extended = 0

    def arrive(self, data: bytes, now: float) -> None:
        first, second, seq, _, ssrc, _, _, _, twcc, _ = struct.unpack_from("!BBHIIHHBHB", data)
        self.log.record(twcc, int(now * 1e6))
        payload = data[20:]
        if ssrc == SOUND_SSRC:
            self.sound[seq] = now
        elif ssrc == RTX_SSRC and not first & 0x20:
            self._media(struct.unpack_from("!H", payload)[0], bool(second & 0x80), payload[2:], now)
        elif ssrc == VIDEO_SSRC:
            self._media(seq, bool(second & 0x80), payload, now)

    def _media(self, seq: int, marker: bool, payload: bytes, now: float) -> None:
        if not self.nacks.received(seq):
            return
        found = vp8.descriptor(payload, 0, len(payload))
        assert found is not None
        begins, key, at = found[7], found[8], found[9]
        height = struct.unpack_from("<H", payload, at + 8)[0] if key else 0
        number = self._extended + ((seq - self._extended + 0x8000) & 0xFFFF) - 0x8000
        self._extended = max(self._extended, number)
        self._packets[number] = (begins, marker, key, height)
        self._show(now)

    def _show(self, now: float) -> None:
        while self._due is not None and self._frame(self._due, now):
            pass
        # A complete key frame needs nothing of what came before it.
        for number in sorted(n for n, packet in self._packets.items() if packet[2]):
            if (self._due is None or number > self._due) and self._frame(number, now):
                self._packets = {
                    n: packet for n, packet in self._packets.items() if n >= (self._due or 0)
                }
                while self._frame(self._due or 0, now):
                    pass
                break

    def _frame(self, number: int, now: float) -> bool:
        """Show the frame that begins with this packet, if all of it is there."""
        if number not in self._packets or not self._packets[number][0]:
            return False
        for end in itertools.count(number):
            packet = self._packets.get(end)
            if packet is None:
                return False
            if packet[1]:
                break
        if self._packets[number][2]:
            self._height = self._packets[number][3]
        self.frames.append(Frame(now, self._height))
        for gone in range(number, end + 1):
            del self._packets[gone]
        self._due = end + 1
        return True

    def complain(self, now: float, rtt: float) -> list[bytes]:
        """Every 20 ms: what is missing; a key frame when nothing was shown for long."""
        missing = self.nacks.missing(now, rtt)
        sent = [rtcp.build_nack(1, VIDEO_SSRC, missing)] if missing else []
        shown = self.frames[-1].at if self.frames else START
        if now - max(shown, self._asked_at) > WAIT_FOR_FRAME:
            self._asked_at = now
            self.requests += 1
            sent.append(rtcp.build_pli(1, VIDEO_SSRC))
        return sent

    @property
    def sound_lost(self) -> float:
        """Share of the sound's packets that never came."""
        numbers = sorted(self.sound)
        return 1 - len(numbers) / (numbers[-1] - numbers[0] + 1)


@dataclass
class Loop:
    """One viewer of a camera in three layers and a microphone. ``run`` lets it all happen."""

    down: Sequence[Step]
    up: Sequence[Step] = ()
    seed: int = 1
    layers: Sequence[tuple[str, int, int]] = (
        ("q", 135, 400_000),
        ("h", 270, 750_000),
        ("f", 540, 5_000_000),
    )
    watch: Callable[[Loop, float], None] | None = None

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self.viewer, self.egress, self.wire = Viewer(), Egress(), Wire()
        self.track, voice = (
            UpTrack("a:camera", "a", "camera", "video"),
            UpTrack("a:microphone", "a", "microphone", "audio"),
        )
        self.track.rids = [rid for rid, _, _ in self.layers]
        self.encoders = [
            Encoder(self.track, rid, height, rate, chance) for rid, height, rate in self.layers
        ]
        self._voice_batch = Batch()
        self._voice = UpLayer(voice.origin, 50, "", OPUS, self._voice_batch, lambda _: None)
        voice.add_layer(self._voice)
        self.slot = self._slot("1", "video", VIDEO_SSRC, RTX_SSRC, VP8)
        self.sound = self._slot("0", "audio", SOUND_SSRC, None, OPUS)
        for slot, track in ((self.slot, self.track), (self.sound, voice)):
            slot.wish(track.id, 540, 0)
            slot.carry(track, START)
        self.there, self.back = Link(self.seed), Link(self.seed + 1000)
        self._sound_seq = 0

    def _slot(self, mid: str, kind: str, ssrc: int, rtx: int | None, codec: Codec) -> Slot:
        history, pacer = self.egress.estimator.history, self.egress.pacer
        to = Receiver(self.wire, history, pacer)  # type: ignore[arg-type]
        return Slot(mid, Line(kind, ssrc, rtx, [codec], "slot", 5), to, lambda _: None)

    def run(self, seconds: float) -> Viewer:
        for step in range(int(seconds / STEP)):
            now = START + step * STEP
            for link, steps in ((self.there, self.down), (self.back, self.up)):
                wanted = conditions_at(steps, step * STEP)
                if wanted != link.conditions:
                    link.change(wanted, now)
            self._media(step, now)
            self._timers(step, now)
            for data in self.wire.sent:
                self.there.push(data, now)
            self.wire.sent.clear()
            for data in self.there.pop(now):
                self.viewer.arrive(data, now)
            self._answer(step, now)
            if self.watch is not None:
                self.watch(self, step * STEP)
        return self.viewer

    def _media(self, step: int, now: float) -> None:
        if step % 20 == 7:
            p = Packet()
            self._sound_seq += 1
            p.seq, p.timestamp, p.payload, p.size = (
                self._sound_seq & 0xFFFF,
                self._sound_seq * 960,
                memoryview(bytes(80)),
                80,
            )
            self._voice.receive(p, now)
            self._voice_batch.now = now
            self._voice_batch.deliver()
        for i, encoder in enumerate(self.encoders):
            # A key frame of a larger layer follows that of a smaller one by some milliseconds of
            # encoding.
            if (step - 3 * i) % (1000 // FPS) == 0:
                encoder.frame(now)

    def _timers(self, step: int, now: float) -> None:
        slots = [self.slot, self.sound]
        if step % 25 == 11:
            for encoder in self.encoders:
                encoder.layer.repair(now, 0.02)
            self.egress.tick(slots, now)
        if step % 250 == 12:
            for encoder in self.encoders:
                encoder.layer.rates.measure(now)
            self._voice.rates.measure(now)
        if step % 250 == 12 or (step % 25 == 12 and self.egress.urgent):
            self.egress.choose(slots, now)
        if step % 1000 == 13:
            self.slot.output.tick()

    def _answer(self, step: int, now: float) -> None:
        """What the viewer says, over the way back."""
        rtt = self.egress.estimator.rtt
        sent = self.viewer.log.feedback(1, VIDEO_SSRC) if step % 50 == 5 else []
        if step % 20 == 1:
            sent = sent + self.viewer.complain(now, rtt)
        for data in sent:
            self.back.push(data, now)
        for data in self.back.pop(now):
            for packet in rtcp.parse_compound(data):
                self._hear(packet, now)

    def _hear(self, packet: object, now: float) -> None:
        match packet:
            case rtcp.TransportFeedback():
                self.egress.on_feedback(packet, now)
            case rtcp.Nack():
                self.egress.retransmit(self.slot.output, packet.seqs, now)
            case rtcp.Pli() if self.slot.layer is not None:
                self.slot.layer.request_keyframe(now)
