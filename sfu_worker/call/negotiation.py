"""Offer in, terms out: what an offer leads to, before anything changes. Pure."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping

from sfu_worker import sdp, wire
from sfu_worker.call.stream_rules import check_whole, one_way, sources_of_stream

# m-lines that one participant may receive in. A page asks for 36 pairs and 4 voice slots at most.
MAX_SLOTS = 80


@dataclasses.dataclass(frozen=True, slots=True)
class Sender:
    """What a participant may send: ``kind`` and ``publish`` of their ``wire.Join``."""

    kind: wire.Kind
    publish: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """What offer and answer agree on. ``media`` has one entry for each m-line of the offer.

    ``sources`` maps the mid of each m-line that the client sends in to its source.
    """

    offer: sdp.Offer
    media: list[sdp.AnsweredMedia]
    sources: dict[str, str]


def read_offer(kind: wire.Kind, text: str) -> sdp.Offer:
    """Parse an offer, and leave the directions in it that ``kind`` has. Raises SdpError."""
    return one_way(kind, sdp.parse_offer(text))


def agree(
    sender: Sender,
    offer: sdp.Offer,
    sources: dict[str, str],
    ssrcs: Mapping[str, tuple[int, int | None]],
) -> Terms:
    """What to answer. Raises SdpError.

    ``ssrcs`` maps the mid of each slot that stays open to its SSRC and that of its RTX stream.
    """
    answered = sdp.answer_media(offer, lambda: random.getrandbits(32))
    media = [_adapt(m, sender.publish, ssrcs) for m in answered]
    check_whole(sender.kind, offer, media)
    if sender.kind == "whip":
        sources = sources_of_stream(media)
    _check(media, sources)
    media = [m if m.direction != "recvonly" or m.mid in sources else inactive(m) for m in media]
    return Terms(offer, media, sources)


def inactive(media: sdp.AnsweredMedia) -> sdp.AnsweredMedia:
    """The m-line with nothing on it."""
    return dataclasses.replace(
        media, direction="inactive", rids=[], simulcast=[], ssrc=None, rtx_ssrc=None
    )


def _adapt(
    media: sdp.AnsweredMedia, publish: bool, ssrcs: Mapping[str, tuple[int, int | None]]
) -> sdp.AnsweredMedia:
    """Keep the SSRCs of slots that stay open; accept media only from those who may publish."""
    if media.direction == "sendonly" and media.mid in ssrcs:
        ssrc, rtx_ssrc = ssrcs[media.mid]
        return dataclasses.replace(media, ssrc=ssrc, rtx_ssrc=rtx_ssrc)
    if media.direction == "recvonly" and not publish:
        return inactive(media)
    return media


def _check(media: list[sdp.AnsweredMedia], sources: dict[str, str]) -> None:
    kinds = {m.mid: m.kind for m in media if m.direction == "recvonly"}
    if len(set(sources.values())) != len(sources):
        raise sdp.SdpError("two m-lines name the same source")
    for mid, source in sources.items():
        kind = "audio" if source in wire.AUDIO_SOURCES else "video"
        if source not in wire.SOURCES or (mid in kinds and kinds[mid] != kind):
            raise sdp.SdpError(f"the source of m-line {mid[:16]!r} does not fit it")
    if sum(m.direction == "sendonly" for m in media) > MAX_SLOTS:
        raise sdp.SdpError(f"more than {MAX_SLOTS} slots")
