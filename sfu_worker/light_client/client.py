"""``LightClient``: a participant without camera, screen and codecs."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

from sfu_worker import sdp
from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.link import Link
from sfu_worker.light_client.offer import Lines, build_offer, pick_candidate
from sfu_worker.light_client.receiving import Receiver
from sfu_worker.light_client.sending import Plan, Stream, plan_streams
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.header import twcc_extension

REPORT_SECONDS = 1.0
# libwebrtc's initial interval.
FEEDBACK_SECONDS = 0.1
SLOT_HEIGHT = 720


class Signalling(Protocol):
    """How a client talks to the server. Messages are those of docs/protocol.md, after the join."""

    async def send(self, message: dict[str, Any]) -> None: ...
    async def receive(self) -> dict[str, Any]:
        """The next message. Raises ConnectionError at the end."""

    async def close(self) -> None: ...


class LightClient:
    """Joins, offers, sends what its ``Plan`` says and receives what others send.

    It puts every track of others into one of its ``pairs`` of slots. In its ``voices``, slots for
    sound, the worker puts whoever speaks. ``await run()`` ends when the signalling ends or the task
    is cancelled; ``id``, ``connected`` and ``bound`` say how far it got.
    """

    def __init__(
        self,
        hub: Hub,
        name: str,
        signalling: Signalling,
        plan: Plan | None = None,
        pairs: int = 0,
        voices: int = 0,
    ) -> None:
        self.name = name
        self.plan = plan or Plan()
        self.id = ""
        self.receiver = Receiver()
        self.link: Link | None = None
        self.streams: list[Stream] = []
        # When the client was made; set it to when it began to join.
        self.begun = time.monotonic()
        self.connected = asyncio.Event()
        # mid of a slot -> the track in it.
        self.bound: dict[str, str] = {}
        self.refused: list[dict[str, Any]] = []
        self.epoch = ""
        self.tcp = False
        self._wanted: dict[str, str] = {}
        self._pairs = pairs
        self._voices = voices
        self._hub = hub
        self._signalling = signalling
        self._lines: Lines | None = None
        self._report_due = self._feedback_due = 0.0

    async def run(self) -> None:
        """Take part until the signalling ends."""
        try:
            while True:
                await self._handle(await self._signalling.receive())
        except ConnectionError:
            pass
        finally:
            await self.close()

    async def close(self) -> None:
        """Leave: media first, then the signalling."""
        if self._pace in self._hub.pacers:
            self._hub.pacers.remove(self._pace)
        if self.link is not None:
            await self.link.close()
        await self._signalling.close()

    def first_frames(self) -> list[float]:
        """Seconds from the join to the first frame, one for each stream that was seen."""
        return [at - self.begun for at in self.receiver.first_frame.values()]

    async def _handle(self, message: dict[str, Any]) -> None:
        handler = getattr(self, f"_on_{message.get('type')}", None)
        if handler is not None:
            await handler(message)

    async def _on_room_state(self, state: dict[str, Any]) -> None:
        self.id = state["you"]
        if state["epoch"] != self.epoch:
            self.epoch = state["epoch"]
            await self._offer()
        for track in state["tracks"]:
            self._want(track)
        await self._ask()

    async def _on_track_published(self, event: dict[str, Any]) -> None:
        self._want(event["track"])
        await self._ask()

    async def _on_track_unpublished(self, event: dict[str, Any]) -> None:
        self._wanted = {
            mid: track for mid, track in self._wanted.items() if track != event["track"]
        }

    async def _on_slot_bound(self, event: dict[str, Any]) -> None:
        self.bound[event["mid"]] = event["track"]

    async def _on_slot_paused(self, event: dict[str, Any]) -> None:
        self.bound.pop(event["mid"], None)

    async def _on_refused(self, event: dict[str, Any]) -> None:
        self.refused.append(event)

    _on_error = _on_refused

    async def _on_worker_lost(self, _: dict[str, Any]) -> None:
        self.epoch = ""

    async def _on_removed(self, _: dict[str, Any]) -> None:
        raise ConnectionError("removed from the room")

    # Slots

    async def watch(self, track: str, kind: str) -> None:
        """Put a track, published yet or not, into a free slot. Call it when ``connected``."""
        self._want({"id": track, "participant": track.rpartition(":")[0], "kind": kind})
        await self._ask()

    def _want(self, track: dict[str, Any]) -> None:
        if (
            track["participant"] == self.id
            or track["id"] in self._wanted.values()
            or self._lines is None
        ):
            return
        place = 0 if track["kind"] == "audio" else 1
        # Both tracks of a person go into one pair, so that their sound and picture belong together.
        pairs = sorted(
            self._lines.slots, key=lambda pair: not self._is_of(pair, track["participant"])
        )
        free = [pair[place] for pair in pairs if pair[place] not in self._wanted]
        if free:
            self._wanted[free[0]] = track["id"]

    def _is_of(self, pair: tuple[str, str], participant: str) -> bool:
        return any(self._wanted.get(mid, "").rpartition(":")[0] == participant for mid in pair)

    async def _ask(self) -> None:
        slots: list[dict[str, Any]] = [
            {"mid": mid, "track": track, "height": SLOT_HEIGHT, "priority": 0}
            for mid, track in self._wanted.items()
        ]
        slots += [
            {"mid": mid, "track": None, "voices": True}
            for mid in (self._lines.voices if self._lines else ())
        ]
        if slots:
            await self._signalling.send({"type": "slots", "slots": slots})

    # Media

    async def _offer(self) -> None:
        if self.link is not None:
            await self.link.close()
        self.connected.clear()
        self.link = Link(self._hub, self.receiver.on_rtp, self._on_rtcp)
        self._lines = build_offer(
            self.link.ufrag,
            self.link.pwd,
            self.link.fingerprint,
            self.plan,
            self._pairs,
            self._voices,
        )
        tracks = {mid: source for source, mid in self._lines.mids.items()}
        self._wanted = {}
        await self._signalling.send(
            {"type": "offer", "id": 1, "sdp": self._lines.sdp, "tracks": tracks}
        )

    async def _on_answer(self, event: dict[str, Any]) -> None:
        answer = sdp.parse_answer(event["sdp"])
        assert self.link is not None
        assert self._lines is not None
        address = pick_candidate(answer.candidates, tcp=self.tcp)
        await self.link.connect(
            answer.ufrag, answer.pwd, answer.fingerprints, address, tcp=self.tcp
        )
        self.link.connected.add_done_callback(lambda _: self._begin(answer))

    def _begin(self, answer: sdp.Offer) -> None:
        if self.link is None or self._lines is None or self.link.connected.exception() is not None:
            return
        media = {m.mid: m for m in answer.media}
        now = time.monotonic()
        self.streams = plan_streams(self.plan, self._lines.mids)
        for stream in self.streams:
            stream.start(media[stream.mid].codecs[0].pt, media[stream.mid].extensions, now)
        for slot in (media[mid] for pair in self._lines.slots for mid in pair):
            self.receiver.twcc_extension = twcc_extension(
                slot.extensions.get(sdp.TRANSPORT_CC, 0) if self.plan.feedback else 0
            )
            self.receiver.rtx_types |= {
                codec.rtx_pt for codec in slot.codecs if codec.rtx_pt is not None
            }
        self.connected.set()
        self._hub.pacers.append(self._pace)

    def _pace(self, now: float) -> None:
        assert self.link is not None
        send = self.link.send_rtp
        for stream in self.streams:
            stream.due(now, send)
        if now >= self._feedback_due:
            self._feedback_due = now + FEEDBACK_SECONDS
            for packet in self.receiver.arrivals.feedback(1, self._any_ssrc()):
                self.link.send_rtcp(packet)
        if now >= self._report_due:
            self._report_due = now + REPORT_SECONDS
            for stream in self.streams:
                self.link.send_rtcp(stream.report(now))
            if not self.streams:
                # A silent receiver would look dead.
                self.link.send_rtcp(rtcp.build_rr(1, []) + rtcp.build_sdes(1, self.name))

    def _any_ssrc(self) -> int:
        """A media source of the server, as Chromium puts one into its feedback."""
        return next(iter(self.receiver.by_ssrc), 0)

    def _on_rtcp(self, data: bytes, now: float) -> None:
        for packet in rtcp.parse_compound(data):
            if isinstance(packet, rtcp.Pli):
                wanted = [packet.media]
            elif isinstance(packet, rtcp.Fir):
                wanted = packet.media
            else:
                continue
            for stream in self.streams:
                if stream.ssrc in wanted:
                    stream.keyframe_wanted = True
