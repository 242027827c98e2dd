"""Which incoming RTP stream belongs to which track and layer.

The SSRC tells; for the first packets mid and rid do (RFC 8843 section 9.2, RFC 8852).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import error

from sfu_worker.net.mmsg import MAX_PACKET
from sfu_worker.rtp import opus, red
from sfu_worker.rtp.dependency import NOWHERE
from sfu_worker.rtp.header import PLAIN, WITH_TWCC_SIZE, read_extensions
from sfu_worker.rtp.twcc import ArrivalLog
from sfu_worker.sdp import (
    AUDIO_LEVEL,
    DEPENDENCY_DESCRIPTOR,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
    AnsweredMedia,
    OfferedMedia,
)
from sfu_worker.sdp.codecs import Codec, red_types
from sfu_worker.up.batch import MAX_FILLED, Batch
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack

logger = logging.getLogger("sfu.ingress")

# SSRCs of one participant: four tracks with three layers and a repair stream each are 20; more is
# an attack.
MAX_STREAMS = 32

# The largest payload that fits behind our header and, when retransmitted, RTX's own two bytes.
# Browsers stay below 1200.
MAX_PAYLOAD = MAX_PACKET - WITH_TWCC_SIZE - 2


@dataclass(slots=True)
class UpMedia:
    """A sending m-line: its track and its payload types.

    ``rtx_types`` and ``red_types`` map to that of the codec carried.
    """

    mid: str
    track: UpTrack
    codecs: dict[int, Codec]
    rtx_types: dict[int, int]
    red_types: dict[int, int]
    rids: list[str]
    ssrcs: list[int] = field(default_factory=list)
    rtx_ssrcs: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, offered: OfferedMedia, answered: AnsweredMedia, track: UpTrack) -> UpMedia:
        """What offer and answer agreed on."""
        track.rids = list(answered.rids)
        red = red_types(answered.codecs)
        return cls(
            mid=answered.mid,
            track=track,
            codecs={c.pt: c for c in answered.codecs if c.pt not in red},
            rtx_types={c.rtx_pt: c.pt for c in answered.codecs if c.rtx_pt is not None},
            red_types=red,
            rids=list(answered.rids),
            ssrcs=list(offered.ssrcs),
            rtx_ssrcs={rtx: primary for primary, rtx in offered.rtx.items()},
        )


class Ingress:
    """Everything that one participant sends over one transport."""

    def __init__(
        self,
        batch: Batch,
        send_rtcp: Callable[[bytes], None],
        on_first_packet: Callable[[UpTrack], None],
        on_level: Callable[[UpLayer, int, float], None],
    ) -> None:
        self.layers: dict[int, UpLayer] = {}
        self.arrivals = ArrivalLog()
        self.unroutable = 0
        # Layers whose last packets nobody has counted yet.
        self.replaced: list[UpLayer] = []
        self._media: dict[str, UpMedia] = {}
        # Those that have had a layer here, by id.
        self._tracks: dict[str, UpTrack] = {}
        self._rtx: dict[int, UpLayer] = {}
        self._rtx_types: dict[int, int] = {}
        self._red_types: dict[int, int] = {}
        self._ids = (0, 0, 0, 0, 0, 0)
        self._batch = batch
        self._send_rtcp = send_rtcp
        self._on_first_packet = on_first_packet
        self._on_level = on_level

    def configure(self, media: list[UpMedia], extensions: dict[str, int]) -> None:
        """Take the m-lines of an answer.

        ``extensions`` maps URI to id for the whole bundle (RFC 8843 section 9.2.1).
        """
        self._media = {m.mid: m for m in media}
        self._rtx_types = {rtx: pt for m in media for rtx, pt in m.rtx_types.items()}
        self._red_types = {red: pt for m in media for red, pt in m.red_types.items()}
        uris = (MID, RID, REPAIRED_RID, TRANSPORT_CC, AUDIO_LEVEL, DEPENDENCY_DESCRIPTOR)
        mid, rid, repaired, twcc, level, descriptor = (extensions.get(uri, 0) for uri in uris)
        self._ids = (mid, rid, repaired, twcc, level, descriptor)

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        """Take a decrypted packet. A malformed one is dropped."""
        try:
            self._on_rtp(view, start, end, now)
        except (ValueError, IndexError, error):
            self.unroutable += 1

    # One function, since a call would cost every packet.
    def _on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:  # noqa: C901
        first, second, seq, timestamp, ssrc = PLAIN.unpack_from(view, start)
        at = start + 12 + 4 * (first & 0x0F)
        mid = rid = repaired = None
        level = -1
        dependency_at = dependency_end = 0
        if first & 0x10:
            after = at + 4 + 4 * (view[at + 2] << 8 | view[at + 3])
            if after > end:
                return
            twcc, level, mid, rid, repaired, dependency_at, dependency_end = read_extensions(
                view, at, after, self._ids
            )
            if twcc >= 0:
                self.arrivals.record(twcc, int(now * 1_000_000))
            at = after
        if first & 0x20:
            end -= view[end - 1]
        if at > end or end - at > MAX_PAYLOAD:
            return
        payload_type = second & 0x7F
        layer = self.layers.get(ssrc)
        repair = False
        if layer is None or layer.codec.pt != payload_type:
            if payload_type in self._rtx_types:
                repair = True
                layer = self._rtx.get(ssrc) or self._route_rtx(ssrc, mid, repaired)
                if layer is None or end - at < 3 or layer.codec.pt != self._rtx_types[payload_type]:
                    # Browsers probe for bandwidth with empty packets on the repair stream; after a
                    # change of codec they may still repair the previous one.
                    return
                seq = view[at] << 8 | view[at + 1]
                at += 2
                layer.repaired += layer.nack.lacks(seq)
            else:
                layer = self._route(ssrc, payload_type, seq, mid, rid)
                if layer is None:
                    self.unroutable += 1
                    return
                at = self._open(payload_type, layer, view, at, end, seq, timestamp, now)
        if level >= 0 and layer.speaks:
            self._on_level(layer, level, now)
        self._batch.now = now
        p = self._batch.take()
        p.seq = seq
        p.timestamp = timestamp
        p.marker = second & 0x80
        p.size = end - at
        p.payload = view[at:end]
        if layer.dependencies is not None:
            try:
                place = (
                    layer.dependencies.read(view, dependency_at, dependency_end)
                    if dependency_end
                    else NOWHERE[0]
                )
            except ValueError:
                # A malformed descriptor costs only what it would have told.
                place = NOWHERE[0]
            p.temporal, p.switch_up, p.begins_frame = place
        if not repair:
            layer.stats.arrival(seq, timestamp, now)
        layer.receive(p, now)

    def _route(
        self, ssrc: int, payload_type: int, seq: int, mid: bytes | None, rid: bytes | None
    ) -> UpLayer | None:
        """The layer of a stream that is new, or that has changed its codec.

        RED counts as the codec that it carries.
        """
        known = self.layers.get(ssrc)
        payload_type = self._red_types.get(payload_type, payload_type)
        if known is not None and known.codec.pt == payload_type:
            return known
        media = self._find_media(ssrc, payload_type, mid, known)
        if media is None or payload_type not in media.codecs:
            return None
        if known is not None and known.packets and (seq - known.top.seq) & 0xFFFF >= 0x8000:
            # A late packet of the previous codec: the numbers of an SSRC go on over a change (RFC
            # 3550 section 5.1).
            return None
        name = rid.decode("ascii", "replace") if rid else (known.rid if known else "")
        if media.rids and name not in media.rids:
            return None
        track = media.track
        layer = UpLayer(
            track.origin, ssrc, name, media.codecs[payload_type], self._batch, self._send_rtcp
        )
        self._replace(track, [x for x in track.layers if x.ssrc == ssrc or x.rid == name], layer)
        if len(self.layers) + len(self._rtx) >= MAX_STREAMS:
            return None
        self.layers[ssrc] = layer
        track.add_layer(layer)
        self._tracks[track.id] = track
        logger.debug("- %s layer %r is %s, ssrc %d", track.id, name, layer.codec.name, ssrc)
        self._on_first_packet(track)
        return layer

    def _open(
        self,
        payload_type: int,
        layer: UpLayer,
        view: memoryview,
        at: int,
        end: int,
        seq: int,
        timestamp: int,
        now: float,
    ) -> int:
        """Where the packet's own payload begins.

        For RED, fill what is missing before it from its redundant blocks.

        A block has a time but no number. One that ends where the next begins has the number before;
        about others, such as those from before a silence (DTX) or a packet that was too large for
        RED, nothing is certain, and they are left out.
        """
        if payload_type == layer.codec.pt or at == end:
            # Without a payload it is padding, with which browsers probe for bandwidth; its number
            # must not be missing.
            return at
        blocks = red.parse(view, at, end)
        payload_type, _, primary, _ = blocks.pop()
        if payload_type != layer.codec.pt:
            raise ValueError("RED: the primary is of another codec")
        holes = []
        behind = 0
        for payload_type, offset, begin, stop in blocks[: -1 - MAX_FILLED : -1]:
            samples = opus.duration(view, begin, stop)
            if payload_type != layer.codec.pt or not samples or offset - behind != samples:
                break
            behind = offset
            seq = (seq - 1) & 0xFFFF
            if layer.nack.lacks(seq):
                layer.repaired += 1
                holes.append((seq, offset, begin, stop))
        self._batch.now = now
        for seq, offset, begin, stop in reversed(holes):
            p = self._batch.take()
            p.seq = seq
            p.timestamp = (timestamp - offset) & 0xFFFFFFFF
            p.marker = 0
            p.size = stop - begin
            p.payload = view[begin:stop]
            layer.receive(p, now)
        return primary

    def _replace(self, track: UpTrack, layers: list[UpLayer], new: UpLayer) -> None:
        """The same layer again: another codec, or a sender that began anew with another SSRC."""
        for old in layers:
            if old.ssrc == new.ssrc:
                new.succeed(old)
                # Its repair stream goes on too, and senders say only at its beginning whose it is.
                self._rtx = {repair: new if x is old else x for repair, x in self._rtx.items()}
            else:
                old.close()
                self._rtx = {repair: x for repair, x in self._rtx.items() if x is not old}
            track.layers.remove(old)
            self.replaced.append(old)
            self.layers.pop(old.ssrc, None)

    def _find_media(
        self, ssrc: int, payload_type: int, mid: bytes | None, known: UpLayer | None
    ) -> UpMedia | None:
        if mid is not None:
            return self._media.get(mid.decode("ascii", "replace"))
        if known is not None:
            return next((m for m in self._media.values() if m.track.origin is known.origin), None)
        for media in self._media.values():
            if ssrc in media.ssrcs:
                return media
        fitting = [m for m in self._media.values() if payload_type in m.codecs]
        return fitting[0] if len(fitting) == 1 else None

    def _route_rtx(self, ssrc: int, mid: bytes | None, repaired: bytes | None) -> UpLayer | None:
        """The layer of a repair stream: by repaired rid, or by the offer's FID groups."""
        layer = None
        media = self._media.get(mid.decode("ascii", "replace")) if mid is not None else None
        if media is not None:
            name = repaired.decode("ascii", "replace") if repaired else ""
            layer = next((x for x in media.track.layers if x.rid == name), None)
        if layer is None:
            primary = next(
                (m.rtx_ssrcs[ssrc] for m in self._media.values() if ssrc in m.rtx_ssrcs), None
            )
            layer = self.layers.get(primary) if primary is not None else None
        if layer is not None and len(self.layers) + len(self._rtx) < MAX_STREAMS:
            self._rtx[ssrc] = layer
        return layer

    def close(self, now: float) -> None:
        """The transport is gone: tracks lose their layers but live on."""
        for track in self._tracks.values():
            track.drop_layers(now)
        # The transport closes a moment later: until then no packet may open a layer again.
        self._media.clear()
        self._tracks.clear()
        self.layers.clear()
        self._rtx.clear()
