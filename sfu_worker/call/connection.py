"""What moves over one connection: a transport, the media that comes in, and the slots it leaves in.

A connection knows no names, roles or rooms. Whoever owns it says which tracks come in and what each
slot should carry.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Protocol

from sfu_worker import sdp
from sfu_worker.call.feedback import Feedback
from sfu_worker.call.negotiation import Terms
from sfu_worker.call.tally import Tally
from sfu_worker.down.egress import Egress
from sfu_worker.down.output import Line
from sfu_worker.down.receiver import Receiver
from sfu_worker.down.slot import Slot
from sfu_worker.net.dtls import Certificate, Role
from sfu_worker.net.port import MediaPort
from sfu_worker.net.transport import Transport
from sfu_worker.up.batch import Batch
from sfu_worker.up.ingress import Ingress, UpMedia
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack

# Seconds, until the peer has told us anything that measures the round trip.
DEFAULT_RTT = 0.1

# A peer that is there sends something more often: browsers check their consent about every 5 s
# (RFC 7675, 5.1).
ALIVE_SECONDS = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """What a worker lends its connections."""

    port: MediaPort
    batch: Batch
    certificate: Certificate
    candidates: list[str]


class Owner(Protocol):
    """What a connection tells its owner."""

    @property
    def first_packet(self) -> Callable[[UpTrack], None]:
        """A track, or a new layer of it, has begun."""

    @property
    def level(self) -> Callable[[UpLayer, int, float], None]:
        """The audio level of the packet that a layer receives next, in -dBov; and the time."""

    def connected(self) -> None:
        """Media can flow."""

    def disconnected(self, why: str) -> None:
        """The transport has ended by itself: ``dtls`` or ``timeout``."""

    def bound(self, slot: Slot) -> None:
        """A slot has switched to another layer."""


class Connection:
    """One association of ICE, DTLS and SRTP with everything that moves over it."""

    __slots__ = (
        "__weakref__", "_host", "_owner", "_tally", "carried", "egress", "feedback", "fingerprints",
        "ingress", "on_rtcp", "on_rtp", "slots", "tagged", "transport", "voice_slots",
    )  # fmt: skip

    def __init__(self, host: Host, owner: Owner, tally: Tally) -> None:
        self.transport = Transport(host.port, host.certificate, self)
        self.ingress = Ingress(
            host.batch, self.transport.send_rtcp, owner.first_packet, owner.level
        )
        self.egress = Egress()
        self.slots: dict[str, Slot] = {}
        # Those of ``slots`` that the worker fills with voices.
        self.voice_slots: list[Slot] = []
        # The audio tracks that are wanted in the others.
        self.carried: set[str] = set()
        self.feedback = Feedback(
            self.ingress, self.egress, self.slots, tally, self.transport.send_rtcp
        )
        # Bound directly: the transport calls them for each packet.
        self.on_rtp = self.ingress.on_rtp
        self.on_rtcp = self.feedback.on_rtcp
        # The peer's; empty until ``accept``.
        self.fingerprints: list[tuple[str, str]] = []
        # The m-line that stands for the BUNDLE group.
        self.tagged: sdp.AnsweredMedia | None = None
        self._host = host
        self._owner = owner
        self._tally = tally

    @property
    def connected(self) -> bool:
        """Whether media can flow."""
        return self.transport.connected

    def lives(self, now: float) -> bool:
        """Whether the peer is at the other end now."""
        return self.transport.connected and now - self.transport.heard_at < ALIVE_SECONDS

    # Negotiation

    def is_with(self, offer: sdp.Offer) -> bool:
        """Whether an offer comes from the peer of this connection.

        The same ICE user and fingerprint are the same connection with more m-lines.
        """
        return (offer.ufrag, offer.fingerprints) == (
            self.transport.remote_ufrag,
            self.fingerprints,
        )

    @property
    def ssrcs(self) -> dict[str, tuple[int, int | None]]:
        """The SSRC of each slot and of its RTX stream, by mid."""
        lines = {mid: slot.output.line for mid, slot in self.slots.items()}
        return {mid: (line.ssrc, line.rtx_ssrc) for mid, line in lines.items()}

    def answer(self, terms: Terms) -> str:
        """The answer to an offer. Nothing changes before ``accept``."""
        local = sdp.LocalTransport(
            self.transport.ufrag,
            self.transport.pwd,
            self.transport.fingerprint,
            sdp.local_setup(terms.offer.setup),
            self._host.candidates,
        )
        return sdp.build_answer(terms.offer, terms.media, local)

    def accept(self, terms: Terms, tracks: dict[str, UpTrack]) -> None:
        """Take what was agreed on, and listen for the peer.

        ``tracks`` maps the mid of each m-line that the peer sends in to its track.
        """
        offer = terms.offer
        self._configure(terms, tracks)
        if not self.fingerprints:
            self.fingerprints = offer.fingerprints
            passive = sdp.local_setup(offer.setup) == "passive"
            role: Role = "server" if passive else "client"
            self.transport.start(offer.ufrag, offer.pwd, offer.fingerprints, role)

    def _configure(self, terms: Terms, tracks: dict[str, UpTrack]) -> None:
        sending: list[UpMedia] = []
        extensions: dict[str, int] = {}
        for offered, answered in zip(terms.offer.media, terms.media, strict=True):
            if answered.direction == "recvonly":
                extensions.update(answered.extensions)
                sending.append(UpMedia.of(offered, answered, tracks[answered.mid]))
            elif (
                answered.direction == "sendonly"
                and answered.mid not in self.slots
                and answered.ssrc is not None
            ):
                self.slots[answered.mid] = self._slot(answered, answered.ssrc)
        self.ingress.configure(sending, extensions)
        self.tagged = sdp.tagged(terms.offer, terms.media)

    def _slot(self, answered: sdp.AnsweredMedia, ssrc: int) -> Slot:
        line = Line(
            answered.kind,
            ssrc,
            answered.rtx_ssrc,
            answered.codecs,
            answered.cname,
            answered.extensions.get(sdp.TRANSPORT_CC, 0),
        )
        receiver = Receiver(self.transport, self.egress.estimator.history, self.egress.pacer)
        return Slot(answered.mid, line, receiver, self._owner.bound)

    def sort_slots(self) -> None:
        """Renew ``voice_slots`` and ``carried``, after a change of slots or wishes."""
        sound = [slot for slot in self.slots.values() if slot.kind == "audio"]
        self.voice_slots = [slot for slot in sound if slot.voices]
        self.carried = {slot.wanted for slot in sound if not slot.voices and slot.wanted}

    # What the transport says; ``on_rtp`` and ``on_rtcp`` are bound in ``__init__``

    def on_connected(self) -> None:
        """ICE and DTLS are done."""
        self._owner.connected()

    def on_closed(self, why: str) -> None:
        """The transport has ended by itself."""
        self._owner.disconnected(why)

    # Timers

    def repair(self, now: float) -> None:
        """Every 25 ms: ask for what is missing, send what had to wait, probe."""
        if self.ingress.layers:
            rtt = self.egress.estimator.measured_rtt or DEFAULT_RTT
            for layer in list(self.ingress.layers.values()):
                layer.repair(now, rtt)
        if self.transport.connected:
            self.egress.tick(self.slots.values(), now)

    def report(self, now: float) -> None:
        """Every second: sender and receiver reports."""
        if self.transport.connected:
            self.feedback.send_reports(now)

    def count(self) -> None:
        """Gather in the tally what layers and slots have counted."""
        layers = [*self.ingress.replaced, *self.ingress.layers.values()]
        self._tally.take(layers, [slot.output for slot in self.slots.values()])
        self.ingress.replaced.clear()

    # The end

    def silence(self, now: float) -> None:
        """Take no more media in, though the connection stays."""
        self.count()
        self.ingress.close(now)
        # Packets that still arrive belong to no m-line, and are dropped.
        self.ingress.configure([], {})

    def close(self, now: float) -> asyncio.Task[None]:
        """Close the transport and everything on it; the task ends when the peer has been told."""
        self.count()
        # The task begins later, and the owner may have another connection by then.
        self.transport.forsake()
        for slot in self.slots.values():
            slot.close(now)
        self.slots.clear()
        self.sort_slots()
        self.ingress.close(now)
        return asyncio.get_running_loop().create_task(self.transport.close())
