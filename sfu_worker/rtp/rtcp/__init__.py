"""RTCP in and out. Others import it from here, not from ``types``, ``parse`` and ``build``."""

from sfu_worker.rtp.rtcp.build import (
    build_bye,
    build_dlrr,
    build_nack,
    build_pli,
    build_remb,
    build_rr,
    build_sdes,
    build_sr,
)
from sfu_worker.rtp.rtcp.parse import parse_compound
from sfu_worker.rtp.rtcp.types import (
    Bye,
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    ReferenceTime,
    Remb,
    Report,
    ReportBlock,
    SenderReport,
    TransportFeedback,
)

__all__ = [
    "Bye",
    "Fir",
    "Nack",
    "Pli",
    "ReceiverReport",
    "ReferenceTime",
    "Remb",
    "Report",
    "ReportBlock",
    "SenderReport",
    "TransportFeedback",
    "build_bye",
    "build_dlrr",
    "build_nack",
    "build_pli",
    "build_remb",
    "build_rr",
    "build_sdes",
    "build_sr",
    "parse_compound",
]
