"""What WHIP and WHEP ask of offers and answers beyond SDP.

Media flows one way, there is one track of each kind, and all m-lines are answered or none.
"""

from __future__ import annotations

import dataclasses

from sfu_worker import wire
from sfu_worker.sdp import AnsweredMedia, Offer, SdpError

_ONE_WAY: dict[wire.Kind, dict[str, str]] = {
    "call": {},
    # RFC 9725, 4.2: sendrecv is allowed; the answer is recvonly.
    "whip": {"recvonly": "inactive"},
    # draft-ietf-wish-whep: the same the other way round, the answer is sendonly.
    "whep": {"sendrecv": "recvonly", "sendonly": "inactive"},
}


def one_way(kind: wire.Kind, offer: Offer) -> Offer:
    """The offer with only the directions that the protocol has."""
    ways = _ONE_WAY[kind]
    media = [
        dataclasses.replace(m, direction=ways.get(m.direction, m.direction)) for m in offer.media
    ]
    return dataclasses.replace(offer, media=media)


def check_whole(kind: wire.Kind, offer: Offer, media: list[AnsweredMedia]) -> None:
    """Raise SdpError if an m-line has to be rejected.

    There are no partially successful answers (RFC 9725, 4.4.3).
    """
    if kind == "call":
        return
    for offered, answered in zip(offer.media, media, strict=True):
        if answered.rejected and not offered.rejected and offered.kind in ("audio", "video"):
            raise SdpError(f"none of the codecs of m-line {offered.mid[:16]!r} is forwarded here")


def sources_of_stream(media: list[AnsweredMedia]) -> dict[str, str]:
    """The source of each m-line that a stream sends in, by mid.

    Raises SdpError for two tracks of one kind (RFC 9725, 4.4.2).
    """
    sources: dict[str, str] = {}
    for m in media:
        source = "microphone" if m.kind == "audio" else "camera"
        if m.direction == "recvonly":
            if source in sources.values():
                raise SdpError(f"a stream has one {m.kind} track at most")
            sources[m.mid] = source
    return sources
