"""Media out: what one receiver sees in one of its slots."""

from __future__ import annotations

import random
from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING

from sfu_worker import rtcp, vp8
from sfu_worker.codecs import Codec, find_codec
from sfu_worker.packet import Packet

if TYPE_CHECKING:
    from sfu_worker.transport import Transport
    from sfu_worker.up_track import UpLayer, UpTrack

# RTP header with one one-byte-header extension (RFC 8285): the transport-wide sequence number.
WITH_TWCC = Struct("!BBHIIHHBHB")
PLAIN = Struct("!BBHII")
UINT16 = Struct("!H")
WITH_TWCC_SIZE = 20
PLAIN_SIZE = 12

SEGMENTS_KEPT = 16
"How many switches back a retransmission can still be found."

OLDEST = 4096
"Packets this far behind the newest are not forwarded: far less than half of the sequence numbers, far more than any reordering."

STORM = 400
"Retransmissions to one slot within one second; a link that loses more needs less media, not more of it."


class Segment:
    """A stretch of outgoing sequence numbers that comes from one layer with the same offsets."""

    __slots__ = ("first_in", "first_out", "layer", "picture_id", "seq", "timestamp", "tl0")

    def __init__(self, layer: UpLayer, first_in: int, first_out: int, timestamp: int, picture_id: int, tl0: int) -> None:
        self.layer = layer
        self.first_in = first_in
        self.first_out = first_out
        self.seq = (first_out - first_in) & 0xFFFF
        self.timestamp = timestamp
        self.picture_id = picture_id
        self.tl0 = tl0


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
        self.transport: Transport | None = None
        self.wanted = ""
        "The id of the track that the client wants here; '' for none."
        self.height = 0
        self.priority = 0
        self.track: UpTrack | None = None
        self.layer: UpLayer | None = None
        self.pending: UpLayer | None = None
        self.paused_why = "unwanted"
        self.retransmitted = 0
        self._on_bound = on_bound
        self._twcc_bits = twcc_id << 4 | 1
        self._twcc = bool(twcc_id)
        self._header_size = WITH_TWCC_SIZE if twcc_id else PLAIN_SIZE
        self._payload_type = 0
        self._rtx_type: int | None = None
        self._segments: list[Segment] = []
        self._first_in = 0
        self._seq = 0
        self._timestamp = 0
        self._picture_id = 0
        self._tl0 = 0
        self._shifts_vp8 = False
        # Where the stream stands when nothing feeds it (RFC 3550 5.1: random start).
        self._last_seq = random.getrandbits(15)
        self._last_timestamp = random.getrandbits(31)
        self._last_picture_id = random.getrandbits(14)
        self._last_tl0 = random.getrandbits(7)
        self._last_at = 0.0
        self._rtx_seq = random.getrandbits(15)
        self._packets = 0
        self._octets = 0
        self._counted_from = (0, 0)
        self._storm_from = 0.0
        self._storm = 0

    # Binding

    def can_carry(self, layer: UpLayer) -> bool:
        """Whether the receiver decodes the layer's codec."""
        return find_codec(self.codecs, layer.codec_key) is not None

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
        if self.layer is not None:
            self._note_end(self.layer, now)
            if self in self.layer.downs:
                self.layer.downs.remove(self)
            self.layer = None

    def _forget_pending(self) -> None:
        if self.pending is not None:
            if self in self.pending.waiting:
                self.pending.waiting.remove(self)
            self.pending = None

    def lost(self, layer: UpLayer) -> None:
        """The layer's stream is gone. Its lists are emptied by the caller."""
        if layer is self.layer:
            self._note_end(layer, layer.last_at)
            self.layer = None
        if layer is self.pending:
            self.pending = None

    def _note_end(self, layer: UpLayer, now: float) -> None:
        """Remember the last numbers that left; kept here, not in ``forward``, to cost nothing per packet."""
        self._last_seq = (layer.top_seq + self._seq) & 0xFFFF
        self._last_timestamp = (layer.top_timestamp + self._timestamp) & 0xFFFFFFFF
        self._last_picture_id = (layer.top_picture_id + self._picture_id) & 0x7FFF
        self._last_tl0 = (layer.top_tl0 + self._tl0) & 0xFF
        self._last_at = layer.last_at if layer.last_at > 0 else now
        self._packets += layer.packets - self._counted_from[0]
        self._octets += layer.octets - self._counted_from[1]

    def switch(self, layer: UpLayer, p: Packet, now: float) -> None:
        """Continue with ``layer`` from packet ``p`` on, which begins a key frame (or is audio)."""
        self.pending = None
        if self.layer is not None:
            self._note_end(self.layer, now)
            if self in self.layer.downs:
                self.layer.downs.remove(self)
        codec = find_codec(self.codecs, layer.codec_key)
        if codec is None:
            self.layer = None
            return
        same_source = bool(self._segments) and self._segments[-1].layer.track is layer.track
        self._payload_type, self._rtx_type = codec.pt, codec.rtx_pt
        self._first_in = p.seq
        first_out = (self._last_seq + 1) & 0xFFFF
        self._seq = (first_out - p.seq) & 0xFFFF
        self._timestamp = self._continue_timestamp(p, now, layer.clock, same_source)
        self._picture_id = (self._last_picture_id + 1 - p.picture_id) & 0x7FFF
        self._tl0 = (self._last_tl0 + 1 - p.tl0) & 0xFF
        self._shifts_vp8 = codec.name.upper() == "VP8"
        self._segments.append(Segment(layer, p.seq, first_out, self._timestamp, self._picture_id, self._tl0))
        del self._segments[:-SEGMENTS_KEPT]
        # The packet in hand is counted by the layer already.
        self._counted_from = (layer.packets - 1, layer.octets - p.size)
        self.layer = layer
        layer.downs.append(self)
        self._on_bound(self)

    def _continue_timestamp(self, p: Packet, now: float, clock: int, same_source: bool) -> int:
        """The offset with which RTP time goes on by as much as the clock on the wall has.

        Simulcast layers of one source share their RTP clock in browsers: then the offset of before is exact and stays.
        """
        if not self._last_at:
            return (self._last_timestamp + 1 - p.timestamp) & 0xFFFFFFFF
        expected = (self._last_timestamp + max(1, int((now - self._last_at) * clock))) & 0xFFFFFFFF
        if same_source:
            drift = (p.timestamp + self._timestamp - expected) & 0xFFFFFFFF
            if min(drift, 0x100000000 - drift) < clock // 2:
                return self._timestamp
        return (expected - p.timestamp) & 0xFFFFFFFF

    # The packet path

    def forward(self, packets: list[Packet]) -> None:
        """Write the packets of one batch to the receiver."""
        transport = self.transport
        if transport is None:
            return
        reserve, commit, out, ssrc, payload_type = (
            transport.reserve,
            transport.commit,
            transport.out,
            self.ssrc,
            self._payload_type,
        )
        first_in, seq, timestamp, twcc_bits, twcc = (
            self._first_in,
            self._seq,
            self._timestamp,
            self._twcc_bits,
            transport.twcc_seq,
        )
        for p in packets:
            if (p.seq - first_in) & 0x8000:
                # Sent before the switch: the stream that the receiver saw then has ended.
                continue
            at = reserve()
            if self._twcc:
                twcc = (twcc + 1) & 0xFFFF
                WITH_TWCC.pack_into(
                    out,
                    at,
                    0x90,
                    p.marker | payload_type,
                    (p.seq + seq) & 0xFFFF,
                    (p.timestamp + timestamp) & 0xFFFFFFFF,
                    ssrc,
                    0xBEDE,
                    1,
                    twcc_bits,
                    twcc,
                    0,
                )
                start = at + WITH_TWCC_SIZE
            else:
                PLAIN.pack_into(
                    out, at, 0x80, p.marker | payload_type, (p.seq + seq) & 0xFFFF, (p.timestamp + timestamp) & 0xFFFFFFFF, ssrc
                )
                start = at + PLAIN_SIZE
            end = start + p.size
            out[start:end] = p.payload
            if self._shifts_vp8:
                self._shift_vp8(out, start, p)
            commit(at, end - at)
        transport.twcc_seq = twcc

    def _shift_vp8(self, out: memoryview, start: int, p: Packet) -> None:
        if p.picture_id_at:
            if p.picture_id_bits == 15:
                UINT16.pack_into(out, start + p.picture_id_at, 0x8000 | ((p.picture_id + self._picture_id) & 0x7FFF))
            else:
                out[start + p.picture_id_at] = (p.picture_id + self._picture_id) & 0x7F
        if p.tl0_at:
            out[start + p.tl0_at] = (p.tl0 + self._tl0) & 0xFF

    def tick(self) -> None:
        """Timer: keep the window of accepted sequence numbers behind the newest, before 16 bits wrap around."""
        layer = self.layer
        if layer is not None and (layer.top_seq - self._first_in) & 0xFFFF > 2 * OLDEST:
            self._first_in = (layer.top_seq - OLDEST) & 0xFFFF

    # Repair and reports

    def retransmit(self, lost: list[int], now: float) -> None:
        """Send again what the receiver asks for, on the RTX stream (RFC 4588)."""
        if self._rtx_type is None or self.rtx_ssrc is None or self.transport is None:
            return
        if now - self._storm_from >= 1.0:
            self._storm_from, self._storm = now, 0
        for seq in lost:
            if self._storm >= STORM:
                return
            segment = self._segment_of(seq)
            found = segment.layer.cache.get((seq - segment.seq) & 0xFFFF) if segment else None
            if segment and found:
                self._storm += 1
                self.retransmitted += 1
                self._send_rtx(self.transport, segment, seq, found)

    def _segment_of(self, seq: int) -> Segment | None:
        for segment in reversed(self._segments):
            if (seq - segment.first_out) & 0xFFFF < 0x8000:
                return segment
        return None

    def _send_rtx(self, transport: Transport, segment: Segment, seq: int, found: tuple[int, int, bytes]) -> None:
        timestamp, marker, payload = found
        if segment.layer.codec.name.upper() == "VP8":
            payload = shift_vp8(payload, segment.picture_id, segment.tl0)
        self._rtx_seq = (self._rtx_seq + 1) & 0xFFFF
        at = transport.reserve()
        out = transport.out
        first = 0x90 if self._twcc else 0x80
        PLAIN.pack_into(
            out,
            at,
            first,
            marker | (self._rtx_type or 0),
            self._rtx_seq,
            (timestamp + segment.timestamp) & 0xFFFFFFFF,
            self.rtx_ssrc or 0,
        )
        if self._twcc:
            transport.twcc_seq = (transport.twcc_seq + 1) & 0xFFFF
            out[at + 12 : at + 20] = bytes(
                (0xBE, 0xDE, 0, 1, self._twcc_bits, transport.twcc_seq >> 8, transport.twcc_seq & 0xFF, 0)
            )
        start = at + self._header_size
        UINT16.pack_into(out, start, seq)
        out[start + 2 : start + 2 + len(payload)] = payload
        transport.commit(at, self._header_size + 2 + len(payload))

    def sender_report(self, ntp_now: int, clock_offset: int) -> bytes | None:
        """An SR in the worker's clock, with RTP time run on from the source's own report, so that lips stay in step.

        ``ntp_now`` is 64-bit NTP time, ``clock_offset`` what to add to the source's. None when the source has not reported.
        """
        layer = self.layer
        if layer is None or layer.sender_report is None:
            return None
        ntp, timestamp, _ = layer.sender_report
        elapsed = ntp_now - (ntp + clock_offset)
        rtp_now = (timestamp + (elapsed * layer.clock >> 32) + self._timestamp) & 0xFFFFFFFF
        packets = self._packets + layer.packets - self._counted_from[0]
        octets = self._octets + layer.octets - self._counted_from[1]
        return rtcp.build_sr(self.ssrc, ntp_now & 0xFFFFFFFFFFFFFFFF, rtp_now, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)


def shift_vp8(payload: bytes, picture_id: int, tl0: int) -> bytes:
    """A VP8 payload with its picture id and TL0PICIDX moved by the given offsets (RFC 7741 4.2)."""
    found = vp8.descriptor(payload, 0, len(payload))
    if found is None:
        return payload
    changed = bytearray(payload)
    at, value, bits, tl0_at, tl0_value = found[:5]
    if at and bits == 15:
        UINT16.pack_into(changed, at, 0x8000 | ((value + picture_id) & 0x7FFF))
    elif at:
        changed[at] = (value + picture_id) & 0x7F
    if tl0_at:
        changed[tl0_at] = (tl0_value + tl0) & 0xFF
    return bytes(changed)
