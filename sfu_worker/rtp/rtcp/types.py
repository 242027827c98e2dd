"""RTCP reports and feedback as values.

RFC 3550, RFC 3611, RFC 4585, RFC 5104, draft-holmer-rmcat-transport-wide-cc-extensions-01.
"""

from __future__ import annotations

from dataclasses import dataclass

# Packet types.
SR, RR, SDES, BYE, RTPFB, PSFB, XR = 200, 201, 202, 203, 205, 206, 207

# Block types of an extended report (RFC 3611 section 8.1).
RECEIVER_REFERENCE_TIME, DELAY_SINCE_LAST = 4, 5

# Transport-wide feedback counts arrivals in 250 µs, its reference time in 64 ms
# (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1.5 and 3.1).
TICK_US = 250
REFERENCE_TICKS = 256


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """RFC 3550 section 6.4.1.

    ``fraction_lost`` is in 1/256, ``jitter`` in RTP clock units, ``lsr`` and ``dlsr`` in 1/65536 s.
    """

    ssrc: int
    fraction_lost: int
    lost: int
    highest_seq: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    """``ntp`` is the 64-bit NTP timestamp at which the sender's media clock showed ``rtp``."""

    ssrc: int
    ntp: int
    rtp: int
    packets: int
    octets: int
    reports: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    reports: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferenceTime:
    """The clock of a peer that sends no media, to learn its round-trip time (RFC 3611, 4.4)."""

    sender: int
    ntp: int


@dataclass(frozen=True, slots=True)
class Nack:
    """The packets of ``media`` that ``sender`` lacks, in the order given."""

    sender: int
    media: int
    seqs: list[int]


@dataclass(frozen=True, slots=True)
class Pli:
    sender: int
    media: int


@dataclass(frozen=True, slots=True)
class Fir:
    """``media`` are the SSRCs from which a key frame is requested."""

    sender: int
    media: list[int]


@dataclass(frozen=True, slots=True)
class Remb:
    """``bitrate`` is in bit/s, for all of ``ssrcs`` together."""

    sender: int
    bitrate: int
    ssrcs: list[int]


@dataclass(slots=True)
class TransportFeedback:
    """Transport-wide feedback: when packets arrived, from number ``base_seq`` on.

    ``arrivals`` are in ticks of 250 µs, None for a lost packet.

    They count from an origin of the receiver's that wraps after 2^24 * 64 ms: only differences mean
    anything. One list, and not frozen, because its cost grows with the packets of a busy receiver.
    """

    sender: int
    media: int
    base_seq: int
    fb_count: int
    arrivals: list[int | None]

    @property
    def received(self) -> list[tuple[int, int | None]]:
        """(16-bit sequence number, arrival in µs or None) of each packet."""
        numbered = enumerate(self.arrivals, self.base_seq)
        return [(seq & 0xFFFF, None if at is None else at * TICK_US) for seq, at in numbered]


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: list[int]


Report = (
    SenderReport
    | ReceiverReport
    | ReferenceTime
    | Nack
    | Pli
    | Fir
    | Remb
    | TransportFeedback
    | Bye
)
