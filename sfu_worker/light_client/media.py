"""One connection of a light client: what it sends, and the slots in which it receives."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sfu_worker import sdp
from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.link import Link
from sfu_worker.light_client.offer import build_offer, pick_candidate
from sfu_worker.light_client.receiving import Receiver
from sfu_worker.light_client.sending import Plan, Stream, plan_streams
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.header import twcc_extension

REPORT_SECONDS = 1.0
# libwebrtc's initial interval.
FEEDBACK_SECONDS = 0.1
SLOT_HEIGHT = 720


class Media:
    """A link with its offer. ``accept`` the answer; ``close`` ends it.

    ``want`` puts a track into one of the ``pairs`` of slots. In the ``voices``, slots for sound,
    the worker puts whoever speaks.
    """

    def __init__(
        self,
        hub: Hub,
        name: str,
        plan: Plan,
        receiver: Receiver,
        pairs: int = 0,
        voices: int = 0,
        on_connected: Callable[[], None] = lambda: None,
    ) -> None:
        self.receiver = receiver
        self.link = Link(hub, receiver.on_rtp, self._on_rtcp)
        self.streams: list[Stream] = []
        # mid of a slot -> the track in it.
        self.wanted: dict[str, str] = {}
        self._name, self._plan, self._hub = name, plan, hub
        self._on_connected = on_connected
        self.lines = build_offer(
            self.link.ufrag, self.link.pwd, self.link.fingerprint, plan, pairs, voices
        )
        self._address = ("", 0)
        self._report_due = self._feedback_due = 0.0

    def offer(self, number: int = 1) -> dict[str, Any]:
        """The message with the offer. It may be sent again under another number."""
        tracks = {mid: source for source, mid in self.lines.mids.items()}
        return {"type": "offer", "id": number, "sdp": self.lines.sdp, "tracks": tracks}

    async def accept(self, text: str, *, tcp: bool = False) -> None:
        """Connect as the answer says. Raises ConnectionError if it names no address."""
        answer = sdp.parse_answer(text)
        self._address = address = pick_candidate(answer.candidates, tcp=tcp)
        await self.link.connect(answer.ufrag, answer.pwd, answer.fingerprints, address, tcp=tcp)
        self.link.connected.add_done_callback(lambda _: self._begin(answer))

    def rebind(self) -> None:
        """Go on from another port of ours, as behind a NAT that has dropped the mapping."""
        self.link.rebind(self._address)

    async def close(self) -> None:
        """Stop sending, and end the link."""
        self.pause()
        await self.link.close()

    def pause(self) -> None:
        """Send no media and no reports any more; the link stays."""
        if self._pace in self._hub.pacers:
            self._hub.pacers.remove(self._pace)

    # Slots

    def want(self, track: dict[str, Any]) -> None:
        """Put a track into a free slot, unless it is in one."""
        if track["id"] in self.wanted.values():
            return
        place = 0 if track["kind"] == "audio" else 1
        # Both tracks of a person go into one pair, so that their sound and picture belong together.
        pairs = sorted(
            self.lines.slots, key=lambda pair: not self._is_of(pair, track["participant"])
        )
        free = [pair[place] for pair in pairs if pair[place] not in self.wanted]
        if free:
            self.wanted[free[0]] = track["id"]

    def forget(self, track: str) -> None:
        """Free the slot of a track that has ended."""
        self.wanted = {mid: wanted for mid, wanted in self.wanted.items() if wanted != track}

    def _is_of(self, pair: tuple[str, str], participant: str) -> bool:
        return any(self.wanted.get(mid, "").rpartition(":")[0] == participant for mid in pair)

    def requests(self) -> list[dict[str, Any]]:
        """The slots of the message ``slots``."""
        slots: list[dict[str, Any]] = [
            {"mid": mid, "track": track, "height": SLOT_HEIGHT, "priority": 0}
            for mid, track in self.wanted.items()
        ]
        return slots + [{"mid": mid, "track": None, "voices": True} for mid in self.lines.voices]

    # Packets

    def _begin(self, answer: sdp.Offer) -> None:
        if self.link.connected.exception() is not None or self.link.ended.is_set():
            return
        media = {m.mid: m for m in answer.media}
        now = time.monotonic()
        self.streams = plan_streams(self._plan, self.lines.mids)
        for stream in self.streams:
            stream.start(media[stream.mid].codecs[0].pt, media[stream.mid].extensions, now)
        for slot in (media[mid] for pair in self.lines.slots for mid in pair):
            self.receiver.twcc_extension = twcc_extension(
                slot.extensions.get(sdp.TRANSPORT_CC, 0) if self._plan.feedback else 0
            )
            self.receiver.rtx_types |= {
                codec.rtx_pt for codec in slot.codecs if codec.rtx_pt is not None
            }
        self._hub.pacers.append(self._pace)
        self._on_connected()

    def _pace(self, now: float) -> None:
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
                self.link.send_rtcp(rtcp.build_rr(1, []) + rtcp.build_sdes(1, self._name))

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
