"""Answering an offer: what to accept, and how to write it down (RFC 8829, RFC 8843, RFC 8853)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from sfu_worker.sdp.codecs import Codec, is_supported, preference, red_types
from sfu_worker.sdp.types import (
    AUDIO_LEVEL,
    DEPENDENCY_DESCRIPTOR,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
    AnsweredMedia,
    LocalTransport,
    Offer,
    OfferedMedia,
)

# Not accepted on purpose: abs-send-time (transport-cc replaces it) and video-orientation (without
# it the sender turns the picture itself, so that a switch of source in a slot never leaves a stale
# rotation behind).
_RECEIVED_EXTENSIONS = (MID, RID, REPAIRED_RID, TRANSPORT_CC, AUDIO_LEVEL, DEPENDENCY_DESCRIPTOR)
# Where we send, the SSRCs are in the answer, so mid and rid would only cost bytes. So would the
# dependency descriptor: without it a receiver goes by the sequence numbers, which have no gaps.
_SENT_EXTENSIONS = (TRANSPORT_CC,)
_FEEDBACK = ("transport-cc", "nack", "nack pli", "ccm fir", "rrtr")

_OUR_DIRECTION = {
    "sendrecv": "recvonly",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


def local_setup(offer_setup: str) -> str:
    """Our DTLS role: ``passive`` if the offer leaves the choice.

    ``active`` for a ``passive`` offer, as FFmpeg's WHIP makes.
    """
    return "active" if offer_setup == "passive" else "passive"


def answer_media(offer: Offer, allocate_ssrc: Callable[[], int]) -> list[AnsweredMedia]:
    """Decide on every m-line of the offer, in its order.

    ``allocate_ssrc`` is called for each slot (a recvonly m-line), twice for video with
    retransmission.
    """
    answered = []
    streams = _streams([m for m in offer.media if m.direction == "recvonly"])
    for media in offer.media:
        codecs = _answered_codecs(media)
        if media.rejected or not codecs:
            answered.append(AnsweredMedia(media.mid, media.kind, "inactive", rejected=True))
            continue
        direction = _OUR_DIRECTION[media.direction]
        if direction == "sendonly":
            answered.append(_slot(media, codecs, streams[media.mid], allocate_ssrc))
            continue
        rids = media.rids if direction == "recvonly" else []
        answered.append(
            AnsweredMedia(
                media.mid,
                media.kind,
                direction,
                codecs,
                {
                    uri: media.extensions[uri]
                    for uri in _RECEIVED_EXTENSIONS
                    if uri in media.extensions
                },
                rids=rids,
                simulcast=[rid for rid in media.simulcast if rid in rids],
            )
        )
    return answered


def _streams(slots: list[OfferedMedia]) -> dict[str, str]:
    """The stream id ``slot<k>`` of each slot, by mid. A browser synchronises a stream's tracks.

    Audio with video right behind it is a pair, as call pages offer them. Of the others the k-th of
    each kind make a pair, since a player may offer video first. Audio that is left over is a slot
    for voices. Ids stay when an offer grows at its end.
    """
    pairs = [
        (one.mid, other.mid)
        for one, other in pairwise(slots)
        if (one.kind, other.kind) == ("audio", "video")
    ]
    paired = {mid for pair in pairs for mid in pair}
    rest = {
        kind: [m.mid for m in slots if m.kind == kind and m.mid not in paired]
        for kind in ("audio", "video")
    }
    partners = dict(pairs + list(zip(rest["audio"], rest["video"], strict=False)))
    partners |= {other: one for one, other in partners.items()}
    streams: dict[str, str] = {}
    for media in slots:
        streams[media.mid] = (
            streams.get(partners.get(media.mid, "")) or f"slot{len(set(streams.values())) + 1}"
        )
    return streams


def _slot(
    media: OfferedMedia, codecs: list[Codec], stream: str, allocate_ssrc: Callable[[], int]
) -> AnsweredMedia:
    repaired = media.kind == "video" and any(codec.rtx_pt is not None for codec in codecs)
    return AnsweredMedia(
        media.mid,
        media.kind,
        "sendonly",
        codecs,
        {uri: media.extensions[uri] for uri in _SENT_EXTENSIONS if uri in media.extensions},
        ssrc=allocate_ssrc(),
        rtx_ssrc=allocate_ssrc() if repaired else None,
        stream_id=stream,
        track_id=f"{stream}-{media.kind}",
        # A pair shares a clock and different pairs do not, so each has a CNAME (RFC 7022).
        cname=stream,
    )


def _answered_codecs(media: OfferedMedia) -> list[Codec]:
    """The offered codecs that we forward, in our order, with the offer's payload types."""
    codecs = [codec for codec in media.codecs if is_supported(media.kind, codec)]
    red = red_types(codecs)
    codecs = [codec for codec in codecs if codec.name.lower() != "red" or codec.pt in red]
    codecs.sort(key=lambda codec: preference(media.kind, codec))
    return [replace(codec, feedback=_feedback(media, codec), fmtp=_fmtp(codec)) for codec in codecs]


def _feedback(media: OfferedMedia, codec: Codec) -> tuple[str, ...]:
    """The offered feedback that we use.

    REMB only if transport-cc (feedback and extension) is not offered.
    """
    offered = codec.feedback
    kept = tuple(name for name in _FEEDBACK if name in offered)
    if TRANSPORT_CC not in media.extensions:
        kept = tuple(name for name in kept if name != "transport-cc")
    if "transport-cc" not in kept and "goog-remb" in offered:
        kept += ("goog-remb",)
    return kept


def _fmtp(codec: Codec) -> dict[str, str]:
    """The offered parameters, so that nothing (such as stereo) is forced; Opus always with FEC."""
    if codec.name.lower() == "opus":
        return {"minptime": "10"} | codec.fmtp | {"useinbandfec": "1"}
    return codec.fmtp


def tagged(offer: Offer, media: list[AnsweredMedia]) -> AnsweredMedia | None:
    """The first accepted m-line of the BUNDLE group, which stands for it (RFC 8843, 7.3.1)."""
    accepted = {m.mid: m for m in media if not m.rejected}
    return next((accepted[mid] for mid in offer.bundle if mid in accepted), None)


def build_answer(offer: Offer, media: list[AnsweredMedia], local: LocalTransport) -> str:
    """Write the answer. ``media`` is one per m-line of ``offer``, as ``answer_media`` made it."""
    accepted = [m.mid for m in media if not m.rejected]
    leader = tagged(offer, media)
    lines = ["v=0", f"o=- 1 {offer.version} IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
    lines.append(
        f"a=group:BUNDLE {' '.join(mid for mid in offer.bundle if mid in accepted)}".rstrip()
    )
    if offer.extmap_allow_mixed:
        lines.append("a=extmap-allow-mixed")
    lines.append("a=msid-semantic:WMS *")
    for offered, answered in zip(offer.media, media, strict=True):
        if answered.rejected:
            lines += [
                f"m={offered.kind} 0 {offered.protocol} {' '.join(offered.formats)}",
                "c=IN IP4 0.0.0.0",
            ]
            lines += [f"a=mid:{answered.mid}", "a=inactive"]
            continue
        lines += _media_lines(offered, answered)
        lines += _transport_lines(local, with_candidates=answered is leader)
    return "\r\n".join(lines) + "\r\n"


def _transport_lines(local: LocalTransport, *, with_candidates: bool) -> list[str]:
    lines = [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{local.setup}",
    ]
    if with_candidates:
        lines += [f"a={candidate}" for candidate in local.candidates]
        lines.append("a=end-of-candidates")
    return lines


def _media_lines(offered: OfferedMedia, answered: AnsweredMedia) -> list[str]:
    formats = [
        str(pt) for codec in answered.codecs for pt in (codec.pt, codec.rtx_pt) if pt is not None
    ]
    lines = [
        f"m={answered.kind} 9 {offered.protocol} {' '.join(formats)}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=mid:{answered.mid}",
        f"a={answered.direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]
    lines += [f"a=extmap:{number} {uri}" for uri, number in answered.extensions.items()]
    for codec in answered.codecs:
        lines += _codec_lines(codec)
    lines += [f"a=rid:{rid} recv" for rid in answered.rids]
    if answered.simulcast:
        lines.append(f"a=simulcast:recv {';'.join(answered.simulcast)}")
    if answered.ssrc is not None:
        lines += _source_lines(answered)
    return lines


def _codec_lines(codec: Codec) -> list[str]:
    channels = f"/{codec.channels}" if codec.channels != 1 else ""
    lines = [f"a=rtpmap:{codec.pt} {codec.name}/{codec.clock}{channels}"]
    lines += [f"a=rtcp-fb:{codec.pt} {feedback}" for feedback in codec.feedback]
    if codec.fmtp:
        parameters = (f"{name}={value}" if value else name for name, value in codec.fmtp.items())
        lines.append(f"a=fmtp:{codec.pt} {';'.join(parameters)}")
    if codec.rtx_pt is not None:
        lines += [
            f"a=rtpmap:{codec.rtx_pt} rtx/{codec.clock}",
            f"a=fmtp:{codec.rtx_pt} apt={codec.pt}",
        ]
    return lines


def _source_lines(answered: AnsweredMedia) -> list[str]:
    lines = [f"a=msid:{answered.stream_id} {answered.track_id}"]
    ssrcs = [answered.ssrc]
    if answered.rtx_ssrc is not None:
        ssrcs.append(answered.rtx_ssrc)
        lines.append(f"a=ssrc-group:FID {answered.ssrc} {answered.rtx_ssrc}")
    for ssrc in ssrcs:
        lines.append(f"a=ssrc:{ssrc} cname:{answered.cname}")
        lines.append(f"a=ssrc:{ssrc} msid:{answered.stream_id} {answered.track_id}")
    return lines
