"""What an SDP offer and its answer say, as far as the worker cares."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfu_worker.sdp.codecs import Codec

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
DEPENDENCY_DESCRIPTOR = (
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
)


class SdpError(ValueError):
    """A session description that we cannot work with.

    The text is for the developer of the client.
    """


@dataclass(frozen=True, slots=True)
class OfferedMedia:
    """One m-line.

    In an offer ``rids`` and ``simulcast`` are what the client sends; in an answer, what it accepts.
    """

    mid: str
    kind: str
    direction: str
    codecs: list[Codec]
    # Header extension URI -> id, one-byte ids (1..14) only.
    extensions: dict[str, int]
    rids: list[str]
    # The rids of ``a=simulcast``, in its order; empty without simulcast.
    simulcast: list[str]
    ssrcs: list[int]
    # Primary SSRC -> the SSRC of its retransmissions.
    rtx: dict[int, int]
    msid: str
    cname: str
    rejected: bool
    rtcp_mux: bool
    protocol: str
    formats: list[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """A session description.

    ``fingerprints`` are (algorithm in lower case, value); ``candidates`` start with ``candidate:``.
    """

    ufrag: str
    pwd: str
    fingerprints: list[tuple[str, str]]
    setup: str
    media: list[OfferedMedia]
    bundle: list[str]
    ice_options: list[str] = field(default_factory=list)
    ice_lite: bool = False
    extmap_allow_mixed: bool = False
    version: int = 1
    candidates: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AnsweredMedia:
    """What we answer to one m-line; ``direction`` is ours.

    ``ssrc``, ``cname`` and the ids are set where we send.
    """

    mid: str
    kind: str
    direction: str
    codecs: list[Codec] = field(default_factory=list)
    extensions: dict[str, int] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)
    simulcast: list[str] = field(default_factory=list)
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    stream_id: str = ""
    track_id: str = ""
    cname: str = ""
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our end of the transport.

    ``fingerprint`` is the value for sha-256; ``candidates`` are whole ``candidate:…`` values.
    """

    ufrag: str
    pwd: str
    fingerprint: str
    setup: str
    candidates: list[str]
