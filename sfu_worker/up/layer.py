"""Media in, one stream: what a layer receives, repairs, holds back, and hands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from weakref import WeakSet

from sfu_worker.rtp import rtcp
from sfu_worker.rtp.dependency import Dependencies
from sfu_worker.rtp.media_clock import SourceReport
from sfu_worker.sdp.codecs import Codec, codec_key
from sfu_worker.up.backlog import Backlog
from sfu_worker.up.batch import Batch, Packet
from sfu_worker.up.cache import PacketCache
from sfu_worker.up.layer_rates import TEMPORAL_LAYERS, LayerRates
from sfu_worker.up.nack import NackLog
from sfu_worker.up.origin import Origin
from sfu_worker.up.pictures import Pictures
from sfu_worker.up.reception import ReceptionStats
from sfu_worker.up.requests import Requests

VIDEO_CACHE = 1024
AUDIO_CACHE = 128

# Bits a second for each square of a line, while nothing is measured: 130 kbit/s at 135 lines, 500
# at 270, 3.6 Mbit/s at 720.
GUESS_BITS = 7

# bit/s of a layer whose size is not known either.
GUESS_UNKNOWN = 300_000


class Downstream(Protocol):
    """A stream to one receiver, as the layer that feeds it sees it."""

    def can_carry(self, layer: UpLayer) -> bool:
        """Whether the receiver decodes the layer's codec."""

    def await_first(self, layer: UpLayer) -> None:
        """Wait for a layer that begins with the next packet."""

    def switch(self, layer: UpLayer, p: Packet, now: float) -> None:
        """Go on with the layer from ``p`` on, which begins a key frame (or is sound)."""

    def forward(self, packets: list[Packet], size: int, now: float) -> None:
        """Send the layer's packets of one batch, ``size`` bytes of payload in all."""

    def resume(self, first_in: int, last_in: int) -> None:
        """Go on with ``first_in`` after a silence; ``last_in`` was the last packet before it."""

    def lost(self, layer: UpLayer) -> None:
        """The layer has ended, bound or awaited."""

    def forget(self, origin: Origin, *, ended: bool) -> None:
        """Nothing of a track is sent again, or nothing of its layers that have ``ended``."""


class Fanout:
    """Who receives a layer, and what leaves to them at the end of the batch."""

    __slots__ = ("batch", "carried", "collected", "downs", "waiting")

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.downs: list[Downstream] = []
        # Those that switch to the layer at its next key frame.
        self.waiting: list[Downstream] = []
        # All that remember segments of the layer, for retransmissions.
        self.carried: WeakSet[Downstream] = WeakSet()
        self.collected: list[Packet] = []

    def deliver(self) -> None:
        """Hand what was collected to every receiver."""
        if self.collected:
            size = sum([p.size for p in self.collected])
            for down in self.downs:
                down.forward(self.collected, size, self.batch.now)
            self.collected.clear()


class Top:
    """The numbers of the newest packet; ``seq`` is -1 before the first."""

    __slots__ = ("picture_id", "seq", "timestamp", "tl0")

    def __init__(self) -> None:
        self.seq = -1
        self.timestamp = 0
        self.picture_id = 0
        self.tl0 = 0


class UpLayer:
    """One incoming RTP stream: the whole track, or one simulcast layer of it.

    At 30 attributes CPython gives each instance a dict of its own, and every packet takes longer.
    """

    def __init__(
        self,
        origin: Origin,
        ssrc: int,
        rid: str,
        codec: Codec,
        batch: Batch,
        send_rtcp: Callable[[bytes], None],
    ) -> None:
        self.origin = origin
        self.ssrc = ssrc
        self.rid = rid
        self.codec = codec
        self.codec_key = codec_key(codec)
        self._fanout = Fanout(batch)
        self.closed = False
        self.cache = PacketCache(VIDEO_CACHE if origin.kind == "video" else AUDIO_CACHE)
        self.nack = NackLog()
        self.rates = LayerRates()
        self.stats = ReceptionStats(ssrc, codec.clock)
        self.top = Top()
        self.packets = 0
        self.octets = 0
        # Packets repaired: they came as RTX, or as RED in a later packet.
        self.repaired = 0
        # ``counts`` at the last ``take_counts``.
        self._taken: tuple[int, ...] = (0,) * 6
        self.last_at = -1.0
        self.sender_report: SourceReport | None = None
        # Whether its packets say how loud they are (RFC 6464). Others are never held back.
        self.metered = False
        # Whether they count; see ``UpTrack.speaks``.
        self.speaks = False
        # Nothing leaves and no counter moves, from ``shut`` to the first packet after ``open``.
        self.held = False
        name = codec.name.upper()
        self.is_vp8 = name == "VP8"
        self.has_picture_ids = name in ("VP8", "VP9")
        self.pictures = Pictures(codec.name) if origin.kind == "video" else None
        self._read = self.pictures.reader if self.pictures is not None else None
        # Tells ``temporal``, ``switch_up`` and ``begins_frame`` of a packet before it is received.
        self.dependencies = Dependencies() if origin.kind == "video" else None
        self._requests = Requests(ssrc, send_rtcp)
        self._shut = False
        self._backlog = Backlog(self.cache, codec.clock)

    # Who receives it

    def add_waiting(self, down: Downstream) -> None:
        """Switch ``down`` to this layer at the next key frame."""
        self._fanout.waiting.append(down)

    def remove_waiting(self, down: Downstream) -> None:
        """``down`` waits no longer."""
        if down in self._fanout.waiting:
            self._fanout.waiting.remove(down)

    def bind(self, down: Downstream) -> None:
        """Hand what comes from now on to ``down``."""
        self._fanout.downs.append(down)
        self._fanout.carried.add(down)

    def unbind(self, down: Downstream) -> None:
        """``down`` gets no more, but may still send again what it got."""
        if down in self._fanout.downs:
            self._fanout.downs.remove(down)

    def deliver(self) -> None:
        """Hand what was collected to every receiver."""
        self._fanout.deliver()

    # The packet path

    def receive(self, p: Packet, now: float, *, kept: bool = False) -> None:
        """Take a packet, new or repaired; it goes out with ``deliver``. Duplicates go no further.

        ``kept``: it was here before, and was held back.
        """
        if not (kept or self.nack.received(p.seq)):
            return
        if self.held:
            self._backlog.keep(p, self.top.seq)
            if not self._shut:
                self._rise(now)
            return
        self.last_at = now
        self.packets += 1
        self.octets += p.size
        read = self._read
        if read is None:
            p.temporal = -1
        if read is None or not read(p):
            # A key frame is no part of what a layer takes from second to second.
            self.rates.octets[p.temporal if 0 < p.temporal < TEMPORAL_LAYERS else 0] += p.size
        top = self.top
        ahead = (p.seq - top.seq) & 0xFFFF < 0x8000 or top.seq < 0
        fanout = self._fanout
        if fanout.waiting:
            self._switch_waiting(p, now)
        if ahead:
            top.seq = p.seq
            top.timestamp = p.timestamp
            top.picture_id = p.picture_id
            top.tl0 = p.tl0
        self.cache.put(p.seq, p.timestamp, p.marker, bytes(p.payload))
        if fanout.downs:
            if not fanout.collected:
                fanout.batch.gatherers.append(fanout)
            fanout.collected.append(p)

    def forget(self) -> None:
        """Send nothing again of what came until now, nor from before the next first word."""
        self._backlog.begin()
        for down in self._fanout.carried:
            down.forget(self.origin, ended=False)

    # Holding back

    def shut(self) -> None:
        """Hold back what comes from now on. Receivers stay bound."""
        if not self.held:
            self.deliver()
            self._backlog.begin()
        self.held = self._shut = True

    def open(self) -> None:
        """Let everything through from the next packet on."""
        self._shut = False

    def _rise(self, now: float) -> None:
        """Go on, beginning with what was held back last, so that the first syllable is whole.

        The silence that was not sent is no loss: numbers close up, and time runs on, as in
        discontinuous transmission. The marker says where the talk spurt begins (RFC 3551 section
        4.1).
        """
        backlog = self._backlog.packets()
        if not backlog:
            return
        self.held = False
        first = backlog[0]
        first.marker = 0x80
        for down in self._fanout.downs:
            down.resume(first.seq, self.top.seq)
        self.top.seq = (first.seq - 1) & 0xFFFF
        self._backlog.give_back(backlog)
        for p in backlog:
            # At the time when it came: outputs that are bound only now go by it.
            self.receive(
                p,
                now - ((backlog[-1].timestamp - p.timestamp) & 0xFFFFFFFF) / self.clock,
                kept=True,
            )

    def _switch_waiting(self, p: Packet, now: float) -> None:
        if self.pictures is not None and not p.keyframe:
            return
        # Those who are bound have numbered what came before.
        self.deliver()
        for down in self._fanout.waiting:
            down.switch(self, p, now)
        self._fanout.waiting.clear()

    # What is asked of the sender

    def request_keyframe(self, now: float) -> None:
        """Ask the sender for a key frame, now or as soon as the interval allows."""
        if self.pictures is not None:
            self._requests.keyframe(now)

    def repair(self, now: float, rtt: float) -> None:
        """Timer: ask again for what is missing, and for a key frame that somebody waits for."""
        # Where nothing is retransmitted this only lets go of what will not come.
        missing = self.nack.missing(now, rtt)
        # WebRTC senders retransmit only video, and only what was negotiated.
        if self.pictures is not None and "nack" in self.codec.feedback:
            if missing:
                self._requests.packets(missing)
            if self.nack.take_keyframe_request() and self._fanout.downs:
                self.request_keyframe(now)
        if self._requests.keyframe_due or self._fanout.waiting:
            self.request_keyframe(now)

    def report(self, ntp_now: int) -> rtcp.ReportBlock:
        """The block about this stream for the next receiver report.

        ``ntp_now`` is 64-bit NTP time in our clock.
        """
        if self.sender_report is None:
            return self.stats.report()
        # RFC 3550 6.4.1: middle 32 bits of the sender's time; the delay in 1/65536 s.
        delay = ntp_now - self.sender_report.arrived
        return self.stats.report(
            (self.sender_report.ntp >> 16) & 0xFFFFFFFF, (delay >> 16) & 0xFFFFFFFF
        )

    @property
    def clock(self) -> int:
        """RTP time units a second."""
        return self.codec.clock

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the pictures, as soon as a key frame has told them."""
        return self.pictures.size if self.pictures is not None else None

    @property
    def counts(self) -> tuple[int, int, int, int, int, int]:
        """So far: packets, octets, packets repaired or lost, packets lost; NACKs and PLIs sent."""
        lost = self.repaired + self.nack.given_up
        withheld = self._backlog
        return (
            self.packets + withheld.withheld,
            self.octets + withheld.withheld_octets,
            lost,
            self.nack.given_up,
            self._requests.nacks,
            self._requests.plis,
        )

    def take_counts(self) -> tuple[int, ...]:
        """``counts`` since the last call."""
        counts = self.counts
        before, self._taken = self._taken, counts
        return tuple([new - old for new, old in zip(counts, before, strict=True)])

    @property
    def bitrates(self) -> tuple[int, ...]:
        """bit/s up to each temporal layer, measured or, in the first moments, guessed."""
        if self.rates.rates[-1]:
            return self.rates.rates
        return (GUESS_BITS * self.size[1] ** 2 if self.size else GUESS_UNKNOWN,)

    def succeed(self, old: UpLayer) -> None:
        """Take the place of a layer on the same SSRC, whose sender has changed its codec.

        The new codec begins with a key frame.
        """
        if self.pictures is not None and old.pictures is not None:
            self.pictures.size = old.size
        self.stats, self.sender_report = old.stats, old.sender_report
        followers = [*old._fanout.downs, *old._fanout.waiting]
        self._fanout.carried = old._fanout.carried
        old._fanout.carried = WeakSet()
        old.close()
        for down in followers:
            if down.can_carry(self):
                down.await_first(self)

    def close(self) -> None:
        """The stream is gone: its receivers wait for the next one."""
        self.deliver()
        fanout = self._fanout
        for down in [*fanout.downs, *fanout.waiting]:
            down.lost(self)
        fanout.downs.clear()
        fanout.waiting.clear()
        self.closed = True
        self._requests.close()
        for down in fanout.carried:
            down.forget(self.origin, ended=True)
        fanout.carried.clear()
