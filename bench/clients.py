"""Clients on libwebrtc, the engine inside Chromium, without a browser around it (PyPI ``wrtc``)."""

from __future__ import annotations

import asyncio
import math
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import webrtc

from bench.clip import Size
from bench.relay import Relay, through, udp_candidate
from bench.rig import Seat
from bench.scoring import Frame
from sfu_worker import wire

webrtc.allow_loopback()

# Each rid's divisor of the size and its maxBitrate.
LAYERS = {"q": (4, 400_000), "h": (2, 750_000), "f": (1, 5_000_000)}

RATE = 48_000


@dataclass(frozen=True, slots=True)
class Received:
    """A viewer's counters at ``at`` (time.monotonic()).

    Sizes are in bytes, durations in seconds, sound in samples.
    """

    at: float
    bytes: int = 0
    frames: int = 0
    height: int = 0
    freezes: int = 0
    freeze_seconds: float = 0.0
    lost: int = 0
    nacks: int = 0
    plis: int = 0
    rtx_bytes: int = 0
    sound: int = 0
    concealed: int = 0
    # How long sound lay in the jitter buffer: the sum over its samples, and how many they were.
    buffered: float = 0.0
    played: int = 0


async def until(what: Callable[[], bool], else_say: str, limit: float = 15.0) -> None:
    """Wait for a condition. Raises RuntimeError after ``limit`` seconds."""
    end = time.monotonic() + limit
    while not what():
        if time.monotonic() > end:
            raise RuntimeError(else_say)
        await asyncio.sleep(0.02)


class Client:
    """A connection to the worker."""

    def __init__(self, seat: Seat, relay: Relay | None = None) -> None:
        self.seat, self.relay = seat, relay
        self.pc = webrtc.RTCPeerConnection()

    async def connect(self, sources: list[tuple[str, Any]] | None = None) -> None:
        """Send an offer and apply the answer.

        ``sources`` are pairs of source and transceiver, whose mids exist only after the offer.
        """
        # As the call page does: it is how a receiver that sends nothing learns the round trip.
        sdp = re.sub(
            r"(a=rtpmap:(\d+) (?:opus|VP8|VP9|H264|AV1)/.*\r\n)",
            r"\1a=rtcp-fb:\2 rrtr\r\n",
            (await self.pc.create_offer()).sdp,
        )
        await self.pc.set_local_description(webrtc.RTCSessionDescriptionInit("offer", sdp))
        await until(
            lambda: self.pc.ice_gathering_state == "complete",
            f"{self.seat.name} found no addresses",
        )
        named = {t.mid: source for source, t in sources or []}
        offer = self.pc.local_description
        assert offer is not None
        answer = await self.seat.answer(offer.sdp, named)
        if self.relay is not None:
            self.relay.open(udp_candidate(answer))
            answer = through(answer, self.relay.port)
        await self.pc.set_remote_description(
            webrtc.RTCSessionDescription(webrtc.RTCSessionDescriptionInit("answer", answer))
        )
        await until(
            lambda: self.pc.connection_state == "connected", f"{self.seat.name} did not connect"
        )

    async def close(self) -> None:
        self.pc.close()
        await self.seat.leave()
        if self.relay is not None:
            self.relay.close()


class Publisher(Client):
    """Sends a looping clip in three layers, and a tone.

    ``temporal`` adds three temporal layers to each, as the call page does.
    """

    def __init__(
        self, seat: Seat, clip: list[bytearray], size: Size, fps: int = 30, temporal: bool = False
    ) -> None:
        super().__init__(seat)
        self._mode = "L1T3" if temporal else None
        self.sent_frames = 0
        self._clip, self._size, self._fps = clip, size, fps
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._video = webrtc.VideoTrackGenerator()
        self._sound = webrtc.MediaStreamTrackGenerator("audio")
        stream = webrtc.MediaStream([self._sound, self._video.track])
        init = webrtc.RTCRtpTransceiverInit
        audio = self.pc.add_transceiver(self._sound, init(direction="sendonly", streams=[stream]))
        # As the call page does: libwebrtc sends RED if it stands before Opus.
        known = webrtc.RTCRtpSender.get_capabilities("audio")
        assert known is not None
        audio.set_codec_preferences(
            sorted(known.codecs, key=lambda codec: codec.mime_type != "audio/red")
        )
        encodings = [
            webrtc.RTCRtpEncodingParameters(
                rid=rid,
                scale_resolution_down_by=scale,
                max_bitrate=rate,
                scalability_mode=self._mode,
            )
            for rid, (scale, rate) in LAYERS.items()
        ]
        video = self.pc.add_transceiver(
            self._video.track,
            init(direction="sendonly", streams=[stream], send_encodings=encodings),
        )
        self._sender = video.sender
        await self.connect(sources=[("microphone", audio), ("camera", video)])
        # Otherwise a busy machine would drop the top layer, and all shares would be of less.
        parameters = self._sender.get_parameters()
        parameters.degradation_preference = "maintain-framerate-and-resolution"
        await self._sender.set_parameters(parameters)
        self.seat.on_layers = self._encode_only
        for _, event in self.seat.events:
            if isinstance(event, wire.LayersWanted):
                await self._encode_only(event.rids)
        self._tasks = [asyncio.create_task(self._pictures()), asyncio.create_task(self._tone())]

    async def _encode_only(self, rids: list[str]) -> None:
        """Stop encoding the layers that no one watches."""
        parameters = self._sender.get_parameters()
        for encoding in parameters.encodings:
            encoding.active = encoding.rid in rids
        await self._sender.set_parameters(parameters)

    async def _pictures(self) -> None:
        writer = self._video.writable.get_writer()
        begin, n, count = time.monotonic(), 0, len(self._clip)
        while True:
            # There and back again: no jump at the end of the clip.
            at = n % (2 * count - 2)
            frame = self._clip[at if at < count else 2 * count - 2 - at]
            init = webrtc.VideoFrameBufferInit(
                format="I420",
                coded_width=self._size.width,
                coded_height=self._size.height,
                timestamp=int(n * 1_000_000 / self._fps),
            )
            await writer.write(webrtc.VideoFrame(frame, init))
            self.sent_frames += 1
            n = max(n + 1, int((time.monotonic() - begin) * self._fps))
            await asyncio.sleep(max(0.0, begin + n / self._fps - time.monotonic()))

    async def _tone(self) -> None:
        writer = self._sound.writable.get_writer()
        begin, n, block = time.monotonic(), 0, RATE // 100
        # Two beating tones: never silent, never the same for long.
        wave = [
            int(
                6000 * math.sin(2 * math.pi * 440 * i / RATE)
                + 6000 * math.sin(2 * math.pi * 617 * i / RATE)
            )
            for i in range(RATE)
        ]
        while True:
            at = n * block % RATE
            data = struct.pack(f"<{block}h", *wave[at : at + block])
            await writer.write(
                webrtc.AudioData(
                    webrtc.AudioDataInit(
                        format="s16",
                        sample_rate=RATE,
                        number_of_frames=block,
                        number_of_channels=1,
                        timestamp=n * 10_000,
                        data=data,
                    )
                )
            )
            n += 1
            await asyncio.sleep(max(0.0, begin + n / 100 - time.monotonic()))

    async def layers(self) -> dict[str, tuple[int, int, int]]:
        """For each rid: bytes sent without retransmissions, frames, height."""
        found = {}
        for s in (await self.pc.get_stats()).values():
            if isinstance(s, webrtc.RTCOutboundRtpStreamStats) and s.kind == "video":
                size = (s.bytes_sent or 0) - (s.retransmitted_bytes_sent or 0)
                found[s.rid or ""] = (size, s.frames_encoded or 0, s.frame_height or 0)
        return found

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().close()


class Viewer(Client):
    """Receives one participant's picture and sound."""

    async def start(self, source: str, height: int) -> float:
        """Connect and ask for a picture. Returns when, which is when the relay's steps begin."""
        self.frames: list[Frame] = []
        init = webrtc.RTCRtpTransceiverInit(direction="recvonly")
        self._audio = self.pc.add_transceiver("audio", init)
        self._video = self.pc.add_transceiver("video", init)
        await self.connect()
        # libwebrtc plays sound, and counts what it conceals, only while the track is read.
        reading = webrtc.MediaStreamTrackProcessor(
            webrtc.MediaStreamTrackProcessorInit(self._audio.receiver.track)
        )
        watching = webrtc.MediaStreamTrackProcessor(
            webrtc.MediaStreamTrackProcessorInit(self._video.receiver.track, 8)
        )
        self._tasks = [
            asyncio.create_task(_listen(reading)),
            asyncio.create_task(self._watch(watching)),
        ]
        began = self.relay.begin() if self.relay is not None else time.monotonic()
        await self.seat.want(
            [
                wire.SlotRequest(self._audio.mid or "", f"{source}:microphone"),
                self.wish(source, height),
            ]
        )
        return began

    def wish(self, source: str, height: int) -> wire.SlotRequest:
        """A request for a picture of this many lines."""
        return wire.SlotRequest(self._video.mid or "", f"{source}:camera", height, 1)

    async def _watch(self, processor: Any) -> None:
        async for picture in processor.readable:
            self.frames.append(Frame(time.monotonic(), picture.coded_height))
            picture.close()

    async def sample(self) -> Received:
        values: dict[str, Any] = {}
        for s in (await self.pc.get_stats()).values():
            if not isinstance(s, webrtc.RTCInboundRtpStreamStats):
                continue
            if s.kind == "audio":
                values |= {
                    "sound": s.total_samples_received or 0,
                    "concealed": s.concealed_samples or 0,
                    "buffered": s.jitter_buffer_delay or 0.0,
                    "played": s.jitter_buffer_emitted_count or 0,
                }
            else:
                values |= {
                    "bytes": s.bytes_received or 0,
                    "frames": s.frames_decoded or 0,
                    "height": s.frame_height or 0,
                    "freezes": s.freeze_count or 0,
                    "freeze_seconds": s.total_freezes_duration or 0.0,
                    "lost": s.packets_lost or 0,
                    "nacks": s.nack_count or 0,
                    "plis": s.pli_count or 0,
                    "rtx_bytes": s.retransmitted_bytes_received or 0,
                }
        return Received(at=time.monotonic(), **values)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().close()


async def _listen(processor: Any) -> None:
    async for sound in processor.readable:
        sound.close()
