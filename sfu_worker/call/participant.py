"""A participant: its identity, its one transport, what it sends and the slots it receives in."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable
from math import inf
from typing import Protocol

from sfu_worker import sdp, wire
from sfu_worker.call.ice_patch import patch_ice
from sfu_worker.call.stream_rules import check_whole, one_way, sources_of_stream
from sfu_worker.call.tally import Tally
from sfu_worker.down.egress import Egress
from sfu_worker.down.output import DownTrack
from sfu_worker.down.rtx import Receiver
from sfu_worker.net.dtls import Certificate
from sfu_worker.net.port import MediaPort
from sfu_worker.net.transport import Transport
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.media_clock import SenderClock, ntp
from sfu_worker.up.batch import Batch
from sfu_worker.up.ingress import Ingress, UpMedia
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack

# Seconds, until the participant has told us anything that measures the round trip.
DEFAULT_RTT = 0.1
MAX_SLOTS = 80
"m-lines that one participant may receive in: a page asks for 36 pairs and 4 for voices at most."


class Audience(Protocol):
    """What a participant tells its room."""

    def first_packet(self, track: UpTrack) -> None: ...

    def level(self, layer: UpLayer, dbov: int, now: float) -> None: ...

    def connected(self, participant: Participant) -> None: ...

    def disconnected(self, participant: Participant, why: str) -> None: ...

    def bound(self, participant: Participant, slot: DownTrack) -> None: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """What a worker lends its participants."""

    port: MediaPort
    batch: Batch
    certificate: Certificate
    candidates: list[str]


class Participant:
    """One person, stream or viewer in a room."""

    def __init__(self, join: wire.Join, host: Host, audience: Audience) -> None:
        self.id = join.participant
        self.name = join.name
        self.role = join.role
        self.kind = join.kind
        self.publish = join.publish
        self.follow = join.follow
        self.reply = join.reply
        self.owner = join.owner
        self.max_people = join.max_people
        # When it was in for the others; infinite before.
        self.arrived_at = inf
        self.seat = join.seat
        self.detached_at: float | None = None
        self.transport: Transport | None = None
        self.tracks: dict[str, UpTrack] = {}
        self.slots: dict[str, DownTrack] = {}
        self.voice_slots: list[DownTrack] = []
        "Those of ``slots`` in which the worker puts voices by itself."
        self.carried: set[str] = set()
        "The tracks of sound that are wanted in the others."
        self.ingress: Ingress | None = None
        self.egress = Egress()
        self.tally = Tally()
        self._host = host
        self._audience = audience
        self._clock = SenderClock()
        self._fingerprint: list[tuple[str, str]] = []
        self._tagged: sdp.AnsweredMedia | None = None
        "The m-line that stands for the BUNDLE group ."
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def arrived(self) -> bool:
        """Whether it is in for the others: people at once, streams and viewers when connected."""
        return self.arrived_at < inf

    @property
    def media_at(self) -> float:
        """When its last packet of media came; before the first, when it arrived."""
        layers = [layer for track in self.tracks.values() for layer in track.layers]
        return max([self.arrived_at, *(layer.last_at for layer in layers)])

    # Negotiation

    def answer(self, text: str, sources: dict[str, str], now: float) -> str:
        """Answer an offer. Raises SdpError, and then nothing has changed.

        The same ICE user and fingerprint as before is more m-lines on the same connection; anything else is a new connection.
        """
        offer = one_way(self.kind, sdp.parse_offer(text))
        peer = (offer.ufrag, offer.fingerprints)
        fresh = self.transport is None or peer != (self.transport.remote_ufrag, self._fingerprint)
        old = {} if fresh else self.slots
        media = [
            self._adapt(m, old, sources)
            for m in sdp.answer_media(offer, lambda: random.getrandbits(32))
        ]
        check_whole(self.kind, offer, media)
        if self.kind == "whip":
            sources = sources_of_stream(media)
        self._check(offer, media, sources)
        media = [m if m.direction != "recvonly" or m.mid in sources else inactive(m) for m in media]
        if fresh:
            self._renew_transport(now)
        assert self.transport is not None
        setup = sdp.local_setup(offer.setup)
        local = sdp.LocalTransport(
            self.transport.ufrag,
            self.transport.pwd,
            self.transport.fingerprint,
            setup,
            self._host.candidates,
        )
        answer = sdp.build_answer(offer, media, local)
        self._apply(offer, media, sources)
        if fresh:
            self._fingerprint = offer.fingerprints
            self.transport.start(
                offer.ufrag,
                offer.pwd,
                offer.fingerprints,
                "server" if setup == "passive" else "client",
            )
        return answer

    def _adapt(
        self, media: sdp.AnsweredMedia, old: dict[str, DownTrack], sources: dict[str, str]
    ) -> sdp.AnsweredMedia:
        """Keep the SSRCs of slots that live on; let nobody send who may not."""
        if media.direction == "sendonly" and media.mid in old:
            slot = old[media.mid]
            return dataclasses.replace(media, ssrc=slot.ssrc, rtx_ssrc=slot.rtx_ssrc)
        if media.direction == "recvonly" and not self.publish:
            return inactive(media)
        return media

    def _check(
        self, offer: sdp.Offer, media: list[sdp.AnsweredMedia], sources: dict[str, str]
    ) -> None:
        kinds = {m.mid: m.kind for m in media if m.direction == "recvonly"}
        if len(set(sources.values())) != len(sources):
            raise sdp.SdpError("two m-lines name the same source")
        for mid, source in sources.items():
            kind = "audio" if source in wire.AUDIO_SOURCES else "video"
            if source not in wire.SOURCES or (mid in kinds and kinds[mid] != kind):
                raise sdp.SdpError(f"the source of m-line {mid[:16]!r} does not fit it")
        if sum(m.direction == "sendonly" for m in media) > MAX_SLOTS:
            raise sdp.SdpError(f"more than {MAX_SLOTS} slots")

    def _renew_transport(self, now: float) -> None:
        self.drop_transport(now)
        self._clock = SenderClock()
        self.egress = Egress()
        self.transport = Transport(self._host.port, self._host.certificate, self)
        self.ingress = Ingress(
            self._host.batch, self.send_rtcp, self._audience.first_packet, self._audience.level
        )

    def _apply(
        self, offer: sdp.Offer, media: list[sdp.AnsweredMedia], sources: dict[str, str]
    ) -> None:
        assert self.ingress is not None
        sending: list[UpMedia] = []
        extensions: dict[str, int] = {}
        for offered, answered in zip(offer.media, media, strict=True):
            if answered.direction == "recvonly":
                extensions.update(answered.extensions)
                sending.append(
                    UpMedia.of(offered, answered, self._track(sources[answered.mid], answered.kind))
                )
            elif (
                answered.direction == "sendonly"
                and answered.mid not in self.slots
                and answered.ssrc is not None
            ):
                self.slots[answered.mid] = self._slot(answered)
        self.ingress.configure(sending, extensions)
        self._tagged = sdp.tagged(offer, media)

    def patch_ice(self, cmd: wire.PatchIce) -> wire.IcePatched | wire.Refused:
        """Take a trickle ICE fragment; nothing but ICE changes."""
        if self.transport is None or self._tagged is None:
            return wire.Refused("patch_ice", "not_in_room")
        return patch_ice(cmd, self.transport, self._tagged, self._host.candidates)

    def _track(self, source: str, kind: str) -> UpTrack:
        if source not in self.tracks:
            self.tracks[source] = UpTrack(f"{self.id}:{source}", self.id, source, kind)
        return self.tracks[source]

    def _slot(self, answered: sdp.AnsweredMedia) -> DownTrack:
        slot = DownTrack(
            answered.mid,
            answered.kind,
            answered.ssrc or 0,
            answered.rtx_ssrc,
            answered.codecs,
            answered.cname,
            answered.extensions.get(sdp.TRANSPORT_CC, 0),
            lambda bound: self._audience.bound(self, bound),
        )
        assert self.transport is not None
        slot.receiver = Receiver(self.transport, self.egress.estimator.history, self.egress.pacer)
        return slot

    # What the transport says

    def on_connected(self) -> None:
        """ICE and DTLS are done."""
        self._audience.connected(self)

    def on_closed(self, why: str) -> None:
        """The transport ended by itself."""
        self._audience.disconnected(self, why)

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        """A decrypted RTP packet, valid during the call only."""
        if self.ingress is not None:
            self.ingress.on_rtp(view, start, end, now)

    def on_rtcp(self, data: bytes, now: float) -> None:
        """A decrypted compound RTCP packet."""
        try:
            packets = rtcp.parse_compound(data)
        except ValueError:
            return
        for packet in packets:
            if isinstance(packet, rtcp.ReferenceTime):
                self._tell_round_trip(packet, packets)
            else:
                self._on_rtcp_packet(packet, now)

    def _tell_round_trip(self, packet: rtcp.ReferenceTime, beside: list[rtcp.Report]) -> None:
        """Answer at once, as the slot that the receiver report beside it is about: libwebrtc keeps round trips by source."""
        reports = (
            block
            for report in beside
            if isinstance(report, rtcp.ReceiverReport)
            for block in report.reports
        )
        about = next(reports, None)
        self.send_rtcp(rtcp.build_dlrr(about.ssrc if about is not None else 1, packet))

    def _on_rtcp_packet(self, packet: object, now: float) -> None:
        match packet:
            case rtcp.SenderReport():
                layer = self.ingress.layers.get(packet.ssrc) if self.ingress else None
                if layer is not None:
                    layer.sender_report = (packet.ntp, packet.rtp, ntp(now))
                    self._clock.report(packet.ntp, now)
                self._on_reports(packet.reports, now)
            case rtcp.ReceiverReport():
                self._on_reports(packet.reports, now)
            case rtcp.Nack():
                self.tally.nacks_in += 1
                slot = self._slot_of(packet.media)
                if slot is not None:
                    self.egress.retransmit(slot, packet.seqs, now)
            case rtcp.TransportFeedback():
                self.egress.on_feedback(packet, now)
            case rtcp.Remb():
                self.egress.on_remb(packet.bitrate, now)
            case rtcp.Pli():
                self._request_keyframe(packet.media, now)
            case rtcp.Fir():
                for ssrc in packet.media:
                    self._request_keyframe(ssrc, now)

    def _on_reports(self, reports: tuple[rtcp.ReportBlock, ...], now: float) -> None:
        for report in reports:
            slot = self._slot_of(report.ssrc)
            if slot is None:
                continue
            slot.reported_lost = max(slot.reported_lost, report.lost)
            # RFC 3550 6.4.1: middle 32 bits of NTP, in units of 1/65536 s.
            rtt = ((ntp(now) >> 16) - report.lsr - report.dlsr) & 0xFFFFFFFF
            measured = rtt / 65536 if report.lsr and rtt < 5 * 65536 else None
            self.egress.on_report(report.fraction_lost, measured, now)

    def _slot_of(self, ssrc: int) -> DownTrack | None:
        return next((slot for slot in self.slots.values() if slot.ssrc == ssrc), None)

    def _request_keyframe(self, ssrc: int, now: float) -> None:
        slot = self._slot_of(ssrc)
        self.tally.plis_in += slot is not None
        if slot is not None and slot.layer is not None:
            slot.layer.request_keyframe(now)

    def sort_slots(self) -> None:
        """Sort out ``voice_slots`` and ``carried``, after a change of slots or wishes."""
        sound = [slot for slot in self.slots.values() if slot.kind == "audio"]
        self.voice_slots = [slot for slot in sound if slot.voices]
        self.carried = {slot.wanted for slot in sound if not slot.voices and slot.wanted}

    def send_rtcp(self, data: bytes) -> None:
        """Send a compound packet, if there is somewhere to send it."""
        if self.transport is not None:
            self.transport.send_rtcp(data)

    # Timers

    def repair(self, now: float) -> None:
        """Every 25 ms: ask for what is missing, probe."""
        ingress = self.ingress
        if ingress is not None and ingress.layers:
            rtt = self.egress.estimator.measured_rtt or DEFAULT_RTT
            for layer in list(ingress.layers.values()):
                layer.repair(now, rtt)
        if self.transport is not None and self.transport.connected:
            self.egress.tick(self.slots.values(), now)

    def feedback(self) -> None:
        """Every 50 ms or so: transport-wide congestion control feedback."""
        ingress = self.ingress
        if ingress is not None and ingress.layers:
            for data in ingress.arrivals.feedback(1, next(iter(ingress.layers))):
                self.send_rtcp(data)

    def report(self, now: float, clock_of: Callable[[str], int | None]) -> None:
        """Every second: RR for what comes in, SR for what goes out. ``clock_of(participant)`` is a source's clock offset."""
        if self.transport is None or not self.transport.connected:
            return
        ingress = self.ingress
        if ingress is not None and ingress.layers:
            blocks = [layer.report(ntp(now)) for layer in ingress.layers.values()]
            for i in range(0, len(blocks), 31):
                self.send_rtcp(rtcp.build_rr(1, tuple(blocks[i : i + 31])))
        for slot in self.slots.values():
            slot.tick()
            self.report_slot(slot, now, clock_of)

    def report_slot(
        self, slot: DownTrack, now: float, clock_of: Callable[[str], int | None]
    ) -> None:
        """Send one slot's SR: at each switch and every second."""
        layer = slot.layer
        offset = clock_of(layer.origin.participant) if layer is not None else None
        report = slot.sender_report(ntp(now), offset) if offset is not None else None
        if report is not None:
            self.send_rtcp(report + rtcp.build_sdes(slot.ssrc, slot.cname))

    def count(self) -> None:
        """Gather in ``tally`` what layers and slots have counted."""
        if self.ingress is not None:
            self.tally.take([*self.ingress.replaced, *self.ingress.layers.values()], ())
            self.ingress.replaced.clear()
        self.tally.take((), self.slots.values())

    @property
    def ice_session(self) -> str:
        """The name of the ICE session: our user in it. Empty without a transport."""
        return self.transport.ufrag if self.transport is not None else ""

    @property
    def remote(self) -> str:
        """Where media goes, for the log."""
        return self.transport.remote_address if self.transport is not None else "nowhere"

    @property
    def clock_offset(self) -> int | None:
        """What to add to this sender's NTP time to have ours; None before its first sender report."""
        return self._clock.offset

    # The end

    def silence(self, now: float) -> list[UpTrack]:
        """Take nothing in any more, though the connection stays; returns the tracks that were."""
        self.count()
        if self.ingress is not None:
            self.ingress.close(now)
            # What still arrives belongs to no m-line, and is dropped.
            self.ingress.configure([], {})
        gone = list(self.tracks.values())
        self.tracks.clear()
        return gone

    def drop_transport(self, now: float) -> None:
        """Close the transport and everything that hung on it; the participant stays."""
        self.count()
        for slot in self.slots.values():
            slot.close(now)
        self.slots.clear()
        self.sort_slots()
        if self.ingress is not None:
            self.ingress.close(now)
            self.ingress = None
        if self.transport is not None:
            task = asyncio.get_running_loop().create_task(self.transport.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            self.transport = None

    async def closed(self) -> None:
        """Wait until the transport's close has gone out."""
        await asyncio.gather(*self._closing, return_exceptions=True)


def inactive(media: sdp.AnsweredMedia) -> sdp.AnsweredMedia:
    """The m-line with nothing on it."""
    return dataclasses.replace(
        media, direction="inactive", rids=[], simulcast=[], ssrc=None, rtx_ssrc=None
    )
