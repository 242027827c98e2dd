"""Media out: one RTP stream to one receiver, with continuous numbers, whatever layer feeds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sfu_worker.down.numbering import Numbering
from sfu_worker.down.pacer import PacedQueue, Put
from sfu_worker.down.receiver import Receiver
from sfu_worker.down.red_stream import RedStream
from sfu_worker.down.repair import Repair
from sfu_worker.down.rtx import UINT16
from sfu_worker.down.segments import Segment, Segments
from sfu_worker.down.sent import Sent
from sfu_worker.down.thinning import Thinning
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.header import PLAIN, PLAIN_SIZE, WITH_TWCC, WITH_TWCC_SIZE, twcc_extension
from sfu_worker.sdp.codecs import Codec, find_codec
from sfu_worker.up.batch import Packet
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.origin import Origin


@dataclass(frozen=True, slots=True)
class Line:
    """What was negotiated for an output. ``twcc_id``: the extension's, 0 where there is none."""

    kind: str
    ssrc: int
    rtx_ssrc: int | None
    codecs: list[Codec]
    cname: str = ""
    twcc_id: int = 0


class Output:
    """One SSRC. ``on_bound`` is called whenever another layer feeds it."""

    __slots__ = (
        "__weakref__",
        "_numbering",
        "_on_bound",
        "_payload_type",
        "_queue",
        "_receiver",
        "_red",
        "_repair",
        "_segment",
        "_segments",
        "_sent",
        "_shifts_ids",
        "_ssrc",
        "_thinning",
        "_thins",
        "_twcc_extension",
        "layer",
        "line",
        "pending",
        "redundancy",
    )

    def __init__(self, line: Line, receiver: Receiver, on_bound: Callable[[], None]) -> None:
        self.line = line
        # The layer that is forwarded, and the one to forward from its next key frame on.
        self.layer: UpLayer | None = None
        self.pending: UpLayer | None = None
        # How many earlier packets of sound each one repeats; only where ``takes_red``.
        self.redundancy = 0
        self._receiver = receiver
        self._on_bound = on_bound
        self._ssrc = line.ssrc
        self._twcc_extension = twcc_extension(line.twcc_id)
        self._payload_type = 0
        self._shifts_ids = False
        self._segment: Segment | None = None
        self._segments = Segments()
        self._numbering = Numbering(self._segments)
        self._thinning = Thinning(self._segments)
        self._thins = False
        self._sent = Sent()
        self._red = RedStream(line.ssrc, self._twcc_extension, line.codecs)
        self._repair: Repair | None = None
        if line.rtx_ssrc is not None:
            any_rtx = next((c.rtx_pt for c in line.codecs if c.rtx_pt is not None), None)
            self._repair = Repair(line.rtx_ssrc, self._twcc_extension, self._segments, any_rtx)
        # Sound is little, comes evenly, and is heard when it waits.
        paces = line.kind == "video"
        self._queue = PacedQueue(receiver.pacer, self._write) if paces else None

    # Which layer feeds it

    def can_carry(self, layer: UpLayer) -> bool:
        """Whether the receiver decodes the layer's codec."""
        return find_codec(self.line.codecs, layer.codec_key) is not None

    def aim(self, layer: UpLayer | None, now: float) -> None:
        """Switch to ``layer`` at its next key frame, and go on as before until then. None stops."""
        if layer is self.layer:
            self._forget_pending()
            return
        if layer is self.pending and layer is not None:
            return
        if layer is None:
            self.unbind(now)
            return
        self._forget_pending()
        self.await_first(layer)
        layer.request_keyframe(now)

    def await_first(self, layer: UpLayer) -> None:
        """Switch to a layer that begins with the next packet, which is a key frame."""
        self.pending = layer
        layer.add_waiting(self)

    def ask_again(self, now: float) -> None:
        """Request the key frame that is awaited once more."""
        if self.pending is not None:
            self.pending.request_keyframe(now)

    def stop(self, now: float) -> None:
        """Forward nothing after what came earlier in this batch, which has its numbers already."""
        if self.layer is not None:
            self.layer.deliver()
        self.unbind(now)

    def unbind(self, now: float) -> None:
        """Forward nothing more. The numbers go on from here next time."""
        self._forget_pending()
        unsent = self._queue.drop() if self._queue is not None else None
        if self.layer is not None:
            self._leave(self.layer, now)
        if unsent is not None:
            # The packets that waited were meant for a link that has become too narrow for them.
            self._numbering.rewind(*unsent)

    def _forget_pending(self) -> None:
        if self.pending is not None:
            self.pending.remove_waiting(self)
            self.pending = None

    def _leave(self, layer: UpLayer, now: float) -> None:
        if self._segment is not None:
            self._numbering.end(self._segment, now)
        self._sent.end()
        self._segment = None
        self.layer = None
        layer.unbind(self)

    def lost(self, layer: UpLayer) -> None:
        """The layer has ended, bound or awaited."""
        if layer is self.pending:
            self.pending = None
        if layer is self.layer:
            self._leave(layer, layer.last_at)

    def forget(self, origin: Origin, *, ended: bool) -> None:
        """Nothing of a track is sent again, or nothing of its layers that have ``ended``."""
        self._segments.forget(origin, ended=ended)

    def close(self, now: float) -> None:
        """The end: it writes no more, and lets go of everything."""
        self.unbind(now)
        self._on_bound = _nobody
        if self._queue is not None:
            self._queue.close()

    def switch(self, layer: UpLayer, p: Packet, now: float) -> None:
        """Continue with ``layer`` from ``p`` on, which begins a key frame (or is sound)."""
        self.pending = None
        if self.layer is not None:
            # The packets that it has collected in this batch belong before the switch.
            self.layer.deliver()
            self._leave(self.layer, now)
        codec = find_codec(self.line.codecs, layer.codec_key)
        if codec is None:
            return
        self._payload_type = codec.pt
        if self._repair is not None:
            self._repair.switched(codec.rtx_pt, self._numbering.next_seq)
        self._red.switched(codec.pt)
        self._shifts_ids = layer.has_picture_ids
        self._segment = self._numbering.begin(layer, p, now)
        self._thinning.begin(p)
        self._thins = self._thinning.active
        self._sent.begin(layer, p)
        self.layer = layer
        layer.bind(self)
        self._on_bound()

    def resume(self, first_in: int, last_in: int) -> None:
        """Go on with ``first_in`` after a silence; ``last_in`` was the last packet before it."""
        if self._segment is not None:
            self._segment = self._numbering.resume(self._segment, first_in, last_in)

    # How much of it

    @property
    def max_temporal(self) -> int:
        """The highest temporal layer that is wanted."""
        return self._thinning.wanted

    def thin(self, temporal: int) -> None:
        """Drop temporal layers above this one, or take them up at a picture that allows it."""
        newest = self.layer.top.seq if self.layer is not None else 0
        self._thinning.want(temporal, newest)
        self._thins = self._thinning.active

    @property
    def takes_red(self) -> bool:
        """Whether the receiver takes packets of sound that repeat earlier ones (RFC 2198)."""
        return self._red.possible

    def repeat(self, blocks: int) -> None:
        """Send so many earlier packets of sound with each one; 0 for none."""
        self.redundancy = blocks

    # The packet path

    def forward(self, packets: list[Packet], size: int, now: float) -> None:
        """Send the layer's packets of one batch, ``size`` bytes of payload in all.

        Pictures too large for the moment wait.
        """
        segment = self._segment
        if segment is None:
            return
        receiver = self._receiver
        put: Put = self._write
        queue = self._queue
        if queue is not None and (queue or not receiver.pacer.passes(size, now)):
            put = queue.hold
        if self._thins:
            self._segment = self._thinning.forward(packets, segment, put, now)
            self._thins = self._thinning.active
            return
        if self.redundancy:
            self._red.forward(packets, segment, put, receiver, self.redundancy, now)
            return
        first_in = segment.first_in
        for p in packets:
            if (p.seq - first_in) & 0x8000:
                # Sent before the switch: the stream that the receiver saw then has ended.
                continue
            put(p, segment, now)

    def _write(self, p: Packet, segment: Segment, now: float) -> None:
        receiver = self._receiver
        transport = receiver.transport
        at = transport.reserve()
        out = transport.out
        if self._twcc_extension:
            transport.twcc_seq = twcc = (transport.twcc_seq + 1) & 0xFFFF
            WITH_TWCC.pack_into(
                out,
                at,
                0x90,
                p.marker | self._payload_type,
                (p.seq + segment.seq) & 0xFFFF,
                (p.timestamp + segment.timestamp) & 0xFFFFFFFF,
                self._ssrc,
                self._twcc_extension,
                twcc,
            )
            start = at + WITH_TWCC_SIZE
            receiver.history.sent(twcc, WITH_TWCC_SIZE + p.size, now)
        else:
            seq, timestamp = (
                (p.seq + segment.seq) & 0xFFFF,
                (p.timestamp + segment.timestamp) & 0xFFFFFFFF,
            )
            PLAIN.pack_into(
                out, at, 0x80, p.marker | self._payload_type, seq, timestamp, self._ssrc
            )
            start = at + PLAIN_SIZE
        end = start + p.size
        out[start:end] = p.payload
        if self._shifts_ids:
            if p.picture_id_at:
                if p.picture_id_bits == 15:
                    UINT16.pack_into(
                        out,
                        start + p.picture_id_at,
                        0x8000 | ((p.picture_id + segment.picture_id) & 0x7FFF),
                    )
                else:
                    out[start + p.picture_id_at] = (p.picture_id + segment.picture_id) & 0x7F
            if p.tl0_at:
                out[start + p.tl0_at] = (p.tl0 + segment.tl0) & 0xFF
        transport.commit(at, end - at)

    def tick(self) -> None:
        """Timer: keep the window of accepted sequence numbers behind the newest."""
        if self.layer is not None and self._segment is not None:
            self._segment.advance(self.layer.top.seq)

    # Repair and reports

    def retransmit(self, lost: list[int], now: float, rtt: float, room: int) -> int:
        """Send again what the receiver asks for, at most ``room`` bytes. Returns how many."""
        if self._repair is None:
            return 0
        return self._repair.retransmit(self._receiver, lost, now, rtt, room)

    @property
    def repairing(self) -> bool:
        """Whether something was sent again and it is not known yet whether it has arrived."""
        return self._repair is not None and bool(self._repair.open)

    def follow_up(self, now: float, room: int) -> int:
        """Timer: see what became of what was sent again, as ``Repair.follow_up`` does."""
        if self._repair is None:
            return 0
        return self._repair.follow_up(self._receiver, now, room)

    def pad(self, size: int, now: float, probe: int) -> int:
        """Send about ``size`` bytes to probe the path. Returns how many."""
        if self._repair is None:
            return 0
        return self._repair.pad(self._receiver, size, now, probe, bound=self._segment is not None)

    def report_lost(self, packets: int) -> None:
        """The receiver says how many packets, so far, have not arrived by themselves."""
        self._sent.report_lost(packets)

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """So far: packets and octets of payload, packets reported lost, sent again; repair octets.

        Probes count as repair.
        """
        packets, octets = self._sent.total
        repair = self._repair
        return (
            packets - self._thinning.packets,
            octets - self._thinning.octets + self._red.octets,
            self._sent.lost,
            repair.retransmitted if repair is not None else 0,
            repair.octets if repair is not None else 0,
        )

    def take_counts(self) -> tuple[int, ...]:
        """``counts`` since the last call."""
        return self._sent.take(self.counts)

    def sender_report(self, ntp_now: int) -> bytes | None:
        """An SR in the worker's clock, with RTP time run on from the source's own report.

        So lips stay in step. ``ntp_now`` is 64-bit NTP time. None when the source has not reported.
        """
        layer, segment = self.layer, self._segment
        if layer is None or segment is None or layer.sender_report is None:
            return None
        source = layer.sender_report
        elapsed = ntp_now - (source.ntp + source.offset)
        rtp_now = (source.rtp + (elapsed * layer.clock >> 32) + segment.timestamp) & 0xFFFFFFFF
        packets, octets, *_ = self.counts
        return rtcp.build_sr(
            self._ssrc,
            ntp_now & 0xFFFFFFFFFFFFFFFF,
            rtp_now,
            packets & 0xFFFFFFFF,
            octets & 0xFFFFFFFF,
        )


def _nobody() -> None:
    """Where an output that has ended reports."""
