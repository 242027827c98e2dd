"""Media out: what one receiver sees in one of its slots."""

from __future__ import annotations

from collections.abc import Callable

from sfu_worker.down.numbering import Numbering
from sfu_worker.down.pacer import PacedQueue
from sfu_worker.down.red_stream import RedStream, repeatable
from sfu_worker.down.repair import Repair
from sfu_worker.down.rtx import UINT16, Receiver
from sfu_worker.down.segments import Segment, Segments
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.dependency import ALL_TEMPORAL
from sfu_worker.rtp.header import PLAIN, PLAIN_SIZE, WITH_TWCC, WITH_TWCC_SIZE, twcc_extension
from sfu_worker.sdp.codecs import Codec, find_codec, red_types
from sfu_worker.up.batch import Packet
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.origin import Origin
from sfu_worker.up.track import UpTrack

Put = Callable[[Packet, Segment, Receiver, float], None]


class DownTrack:
    """A slot and the outgoing RTP stream in it: one SSRC with continuous numbers, whatever source and layer feed it."""

    def __init__(
        self,
        mid: str,
        kind: str,
        ssrc: int,
        rtx_ssrc: int | None,
        codecs: list[Codec],
        cname: str,
        twcc_id: int,
        on_bound: Callable[[DownTrack], None],
    ) -> None:
        self.mid = mid
        self.kind = kind
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.codecs = codecs
        self.cname = cname
        self.receiver: Receiver | None = None
        self.wanted = ""
        "The id of the track that the client wants here; '' for none."
        self.height = 0
        self.priority = 0
        self.voices = False
        "Whether the worker chooses the track itself: a voice that no other slot carries."
        self.track: UpTrack | None = None
        self.layer: UpLayer | None = None
        self.pending: UpLayer | None = None
        self.paused_why = "unwanted"
        self.limit = self.told_limit = ""
        "Why the slot carries less than it might, as ``wire.SlotBound`` has it: now, and as the client knows it."
        self.max_temporal = ALL_TEMPORAL
        "The highest temporal layer that is wanted; taken down at the next picture, up at one that allows it."
        self.redundancy = 0
        "How many earlier packets of sound each one repeats; only where ``takes_red``."
        self.reported_lost = 0
        "Packets of this stream, so far, that the receiver has not got by themselves, as it says."
        self.tallied: tuple[int, ...] = (0,) * 5
        "What of ``counts`` has gone into the numbers of the receiver."
        self._on_bound = on_bound
        # Sound is little, comes evenly, and is heard when it waits.
        self._paces = kind == "video"
        self._twcc_extension = twcc_extension(twcc_id)
        self._payload_type = 0
        self._red = RedStream(ssrc, self._twcc_extension)
        self._red_types = {carried: red for red, carried in red_types(codecs).items()}
        self._red_type: int | None = None
        self._segments = Segments()
        self._numbering = Numbering(self._segments)
        any_rtx = next((codec.rtx_pt for codec in codecs if codec.rtx_pt is not None), None)
        self._repair = (
            Repair(rtx_ssrc, self._twcc_extension, self._segments, any_rtx)
            if rtx_ssrc is not None
            else None
        )
        self._segment: Segment | None = None
        self._shifts_ids = False
        # Dropping of temporal layers.
        self._temporal = ALL_TEMPORAL
        self._top_in = 0
        self._dropped_in = -1
        self._dropped_picture = -1
        # What has been sent, for sender reports: counted by the layer, from where this slot took it up.
        self._packets = 0
        self._octets = 0
        self._counted_from = (0, 0)
        self._queue = PacedQueue(self._write_late)

    # Binding

    def can_carry(self, layer: UpLayer) -> bool:
        """Whether the receiver decodes the layer's codec."""
        return find_codec(self.codecs, layer.codec_key) is not None

    @property
    def takes_red(self) -> bool:
        """Whether the receiver takes packets of sound that repeat earlier ones (RFC 2198)."""
        return bool(self._red_types)

    def await_first(self, layer: UpLayer) -> None:
        """Go over to a layer that begins with the next packet; nobody need ask for its first key frame."""
        self.pending = layer
        layer.waiting.append(self)

    def aim(self, layer: UpLayer | None, now: float) -> None:
        """Go over to ``layer`` at its next key frame; until then what is bound goes on. None stops."""
        if layer is self.layer:
            self._forget_pending()
            return
        if layer is self.pending and layer is not None:
            return
        self._forget_pending()
        if layer is None:
            self.unbind(now)
            return
        self.pending = layer
        layer.waiting.append(self)
        layer.request_keyframe(now)

    def unbind(self, now: float) -> None:
        """Nothing is forwarded any more; the numbers go on from here next time."""
        self._forget_pending()
        unsent = self._queue.drop()
        if self.layer is not None:
            self._leave(self.layer, now)
        if unsent is not None:
            # What waited for its turn was for a link that has become too narrow for it.
            self._numbering.rewind(*unsent)

    def release(self, now: float) -> None:
        """Carry nothing."""
        if self.layer is not None:
            # In the middle of a batch, when a voice takes the slot: what came before has its number
            # already.
            self.layer.deliver()
        self.unbind(now)
        if self.track is not None:
            if self in self.track.subscribers:
                self.track.subscribers.remove(self)
            self.track = None

    def _forget_pending(self) -> None:
        if self.pending is not None:
            if self in self.pending.waiting:
                self.pending.waiting.remove(self)
            self.pending = None

    def lost(self, layer: UpLayer) -> None:
        """The layer's stream is gone."""
        if layer is self.pending:
            self.pending = None
        if layer is self.layer:
            self._leave(layer, layer.last_at)

    def forget(self, origin: Origin) -> None:
        """A track, or some of its layers, has ended: nothing of it is sent again."""
        self._segments.forget(origin)

    def close(self, now: float) -> None:
        """The end of the slot: it is written to no more, and lets go of everything."""
        self.unbind(now)
        if self.track is not None and self in self.track.subscribers:
            self.track.subscribers.remove(self)
        self.track = None
        self.receiver = None
        self._queue.close()

    def _leave(self, layer: UpLayer, now: float) -> None:
        if self._segment is not None:
            self._numbering.end(self._segment, now)
        self._packets += layer.packets - self._counted_from[0]
        self._octets += layer.octets - self._counted_from[1]
        self._segment = None
        self.layer = None
        if self in layer.downs:
            layer.downs.remove(self)

    def switch(self, layer: UpLayer, p: Packet, now: float) -> None:
        """Continue with ``layer`` from packet ``p`` on, which begins a key frame (or is audio)."""
        self.pending = None
        if self.layer is not None:
            # What it has collected in this batch belongs to the numbers before the switch.
            self.layer.deliver()
            self._leave(self.layer, now)
        codec = find_codec(self.codecs, layer.codec_key)
        if codec is None:
            return
        self._payload_type = codec.pt
        if self._repair is not None:
            self._repair.switched(codec.rtx_pt, self._numbering.next_seq)
        self._red_type = self._red_types.get(codec.pt)
        self._shifts_ids = layer.has_picture_ids
        self._segment = self._numbering.begin(layer, p, now)
        self._temporal = self.max_temporal
        self._top_in = (p.seq - 1) & 0xFFFF
        self._dropped_in = -1
        # The packet in hand is counted by the layer already.
        self._counted_from = (layer.packets - 1, layer.octets - p.size)
        self.layer = layer
        layer.downs.append(self)
        layer.carried.add(self)
        self._on_bound(self)

    def resume(self, first_in: int, last_in: int) -> None:
        """Go on with ``first_in`` after a silence of the layer, whose last packet to leave was ``last_in``: nothing was lost."""
        if self._segment is not None:
            self._segment = self._numbering.resume(self._segment, first_in, last_in)

    # The packet path

    def forward(self, packets: list[Packet], size: int, now: float) -> None:
        """Write the packets of one batch, ``size`` bytes in all, to the receiver; pictures too large for the moment wait."""
        segment, receiver = self._segment, self.receiver
        if segment is None or receiver is None:
            return
        put: Put = self._write
        if self._paces and (self._queue or not receiver.pacer.passes(size, now)):
            self._queue.pacer = receiver.pacer
            put = self._hold
        if self.max_temporal != ALL_TEMPORAL or self._temporal != ALL_TEMPORAL:
            self._forward_thinned(packets, receiver, now, put)
            return
        if self.redundancy:
            self._forward_redundant(packets, segment, receiver, now)
            return
        first_in = segment.first_in
        for p in packets:
            if (p.seq - first_in) & 0x8000:
                # Sent before the switch: the stream that the receiver saw then has ended.
                continue
            put(p, segment, receiver, now)

    def _hold(self, p: Packet, segment: Segment, _receiver: Receiver, now: float) -> None:
        self._queue.hold(p, segment, now)

    def _write_late(self, p: Packet, segment: Segment, now: float) -> None:
        if self.receiver is not None:
            self._write(p, segment, self.receiver, now)

    def _write(self, p: Packet, segment: Segment, receiver: Receiver, now: float) -> None:
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
                self.ssrc,
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
            PLAIN.pack_into(out, at, 0x80, p.marker | self._payload_type, seq, timestamp, self.ssrc)
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

    def _forward_redundant(
        self, packets: list[Packet], segment: Segment, receiver: Receiver, now: float
    ) -> None:
        """With the packets before each one in it. Where none may be, as just after a switch, it goes out as it came."""
        red_type = self._red_type
        for p in packets:
            if (p.seq - segment.first_in) & 0x8000:
                continue
            repeated = repeatable(p, segment, self.redundancy) if red_type is not None else []
            if red_type is None or not repeated:
                self._write(p, segment, receiver, now)
                continue
            self._octets += self._red.send(
                receiver, red_type, self._payload_type, p, segment, repeated, now
            )

    def _forward_thinned(
        self, packets: list[Packet], receiver: Receiver, now: float, put: Put
    ) -> None:
        """Without the temporal layers that are too many. The numbers close up behind each dropped picture."""
        for p in packets:
            segment = self._segment
            assert segment is not None
            if (p.seq - self._top_in) & 0x8000 or p.seq == self._top_in:
                late = self._segments.incoming(segment.layer, p.seq)
                if late is not None and p.temporal <= self._temporal:
                    put(p, late, receiver, now)
                continue
            self._top_in = p.seq
            if p.begins_frame:
                self._change_temporal(p)
            if p.temporal > self._temporal:
                self._drop(p)
                continue
            if self._dropped_in >= 0:
                segment = self._close_up(segment)
            put(p, segment, receiver, now)

    def _change_temporal(self, p: Packet) -> None:
        """Down at once; up where nothing from there on refers to what was dropped.

        Such is a key frame, VP8's first picture of a layer that refers to the base alone (RFC 7741 4.2, Y), and any picture of
        what is forwarded already behind which others are free of what came before it (RFC 9628 4.2, U; switch indications).
        """
        if self.max_temporal < self._temporal or p.keyframe:
            self._temporal = self.max_temporal
        elif p.layer_sync:
            # One at a time: what comes next in the layers between may refer to what was dropped of them.
            if p.temporal == self._temporal + 1 <= self.max_temporal:
                self._temporal = p.temporal
        elif p.temporal <= self._temporal < p.switch_up:
            self._temporal = min(p.switch_up, self.max_temporal)

    def _drop(self, p: Packet) -> None:
        segment = self._segment
        assert segment is not None
        if self._dropped_in < 0:
            # From here on the offsets change; they are gathered in a segment that has not begun.
            self._segment = Segment(
                segment.layer,
                p.seq,
                segment.seq,
                segment.timestamp,
                segment.picture_id,
                segment.tl0,
            )
            segment.last_in = (p.seq - 1) & 0xFFFF
            segment = self._segment
        segment.seq = (segment.seq - 1) & 0xFFFF
        self._packets -= 1
        self._octets -= p.size
        # VP8's ids tell a decoder that a picture is missing; VP9's say which ones are referred to, so they keep their gaps.
        if segment.layer.is_vp8 and p.picture_id != self._dropped_picture:
            self._dropped_picture = p.picture_id
            segment.picture_id = (segment.picture_id - 1) & 0x7FFF
        self._dropped_in = p.seq

    def _close_up(self, segment: Segment) -> Segment:
        segment.first_in = (self._dropped_in + 1) & 0xFFFF
        self._segments.add(segment, None)
        self._dropped_in = -1
        return segment

    def tick(self) -> None:
        """Timer: keep the window of accepted sequence numbers behind the newest."""
        if self.layer is not None and self._segment is not None:
            self._segment.advance(self.layer.top_seq)

    # Repair and reports

    def retransmit(self, lost: list[int], now: float, rtt: float, room: int) -> int:
        """Send again what the receiver asks for, at most ``room`` bytes. Returns how many they were."""
        if self._repair is None or self.receiver is None:
            return 0
        return self._repair.retransmit(self.receiver, lost, now, rtt, room)

    @property
    def repairing(self) -> bool:
        """Whether something was sent again, and whether it has arrived is not known yet."""
        return self._repair is not None and bool(self._repair.open)

    def follow_up(self, now: float, room: int) -> int:
        """Timer: see what became of what was sent again, as ``Repair.follow_up`` does."""
        if self._repair is None or self.receiver is None:
            return 0
        return self._repair.follow_up(self.receiver, now, room)

    def pad(self, size: int, now: float, probe: int) -> int:
        """Send about ``size`` bytes to probe the path. Returns how many they were."""
        if self._repair is None or self.receiver is None:
            return 0
        return self._repair.pad(self.receiver, size, now, probe, bound=self._segment is not None)

    @property
    def _sent(self) -> tuple[int, int]:
        """Packets and octets of payload so far."""
        if self.layer is None:
            return self._packets, self._octets
        packets, octets = self._counted_from
        return (
            self._packets + self.layer.packets - packets,
            self._octets + self.layer.octets - octets,
        )

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """So far: packets and octets of payload sent, packets reported as lost, sent again; octets of repair and probes."""
        again, octets = (
            (self._repair.retransmitted, self._repair.octets)
            if self._repair is not None
            else (0, 0)
        )
        return (*self._sent, self.reported_lost, again, octets)

    def sender_report(self, ntp_now: int, clock_offset: int) -> bytes | None:
        """An SR in the worker's clock, with RTP time run on from the source's own report, so that lips stay in step.

        ``ntp_now`` is 64-bit NTP time, ``clock_offset`` what to add to the source's. None when the source has not reported.
        """
        layer, segment = self.layer, self._segment
        if layer is None or segment is None or layer.sender_report is None:
            return None
        ntp, timestamp, _ = layer.sender_report
        elapsed = ntp_now - (ntp + clock_offset)
        rtp_now = (timestamp + (elapsed * layer.clock >> 32) + segment.timestamp) & 0xFFFFFFFF
        packets, octets = self._sent
        return rtcp.build_sr(
            self.ssrc,
            ntp_now & 0xFFFFFFFFFFFFFFFF,
            rtp_now,
            packets & 0xFFFFFFFF,
            octets & 0xFFFFFFFF,
        )
