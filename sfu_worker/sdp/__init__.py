"""Offers in, answers out: the names that other packages import."""

from sfu_worker.sdp.answer import answer_media, build_answer, local_setup, tagged
from sfu_worker.sdp.fragment import Fragment, build_fragment, parse_fragment
from sfu_worker.sdp.host_candidates import candidate, candidates
from sfu_worker.sdp.parse import parse_answer, parse_offer
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
    SdpError,
)

__all__ = [
    "AUDIO_LEVEL",
    "DEPENDENCY_DESCRIPTOR",
    "MID",
    "REPAIRED_RID",
    "RID",
    "TRANSPORT_CC",
    "AnsweredMedia",
    "Fragment",
    "LocalTransport",
    "Offer",
    "OfferedMedia",
    "SdpError",
    "answer_media",
    "build_answer",
    "build_fragment",
    "candidate",
    "candidates",
    "local_setup",
    "parse_answer",
    "parse_fragment",
    "parse_offer",
    "tagged",
]
