"""Write RTCP. Each function returns one packet; concatenated packets form a compound packet."""

from __future__ import annotations

from collections.abc import Iterable
from struct import pack

from sfu_worker.rtp.rtcp.types import (
    BYE,
    DELAY_SINCE_LAST,
    PSFB,
    RR,
    RTPFB,
    SDES,
    SR,
    XR,
    ReferenceTime,
    ReportBlock,
)

# The limit of the five-bit count in a report.
MAX_BLOCKS = 31


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def _blocks(reports: Iterable[ReportBlock]) -> tuple[int, bytes]:
    some = list(reports)[:MAX_BLOCKS]
    return len(some), b"".join(
        pack(
            "!IIIIII",
            r.ssrc,
            # 24 bits, signed: duplicates can make it negative (RFC 3550 section 6.4.1). Clamped,
            # not wrapped.
            (r.fraction_lost & 0xFF) << 24 | max(-0x800000, min(r.lost, 0x7FFFFF)) & 0xFFFFFF,
            r.highest_seq & 0xFFFFFFFF,
            min(r.jitter, 0xFFFFFFFF),
            r.lsr,
            min(r.dlsr, 0xFFFFFFFF),
        )
        for r in some
    )


def build_sr(
    ssrc: int, ntp: int, rtp: int, packets: int, octets: int, reports: Iterable[ReportBlock] = ()
) -> bytes:
    """A sender report: ``ntp`` (64 bits) is the moment at which the media clock shows ``rtp``.

    Counters may be of any size.
    """
    count, blocks = _blocks(reports)
    mask = 0xFFFFFFFF
    return _packet(
        SR, count, pack("!IQIII", ssrc, ntp, rtp & mask, packets & mask, octets & mask) + blocks
    )


def build_rr(ssrc: int, reports: Iterable[ReportBlock]) -> bytes:
    """A receiver report. Blocks after the 31st are left out."""
    count, blocks = _blocks(reports)
    return _packet(RR, count, pack("!I", ssrc) + blocks)


def build_sdes(ssrc: int, cname: str) -> bytes:
    """A source description with the CNAME, which ties audio and video together for lip sync."""
    text = cname.encode()[:255]
    chunk = pack("!IBB", ssrc, 1, len(text)) + text
    return _packet(
        SDES, 1, chunk + bytes(4 - len(chunk) % 4)
    )  # at least one zero ends the list (RFC 3550 section 6.5)


def build_bye(ssrcs: Iterable[int]) -> bytes:
    """A goodbye for at most 31 sources."""
    some = list(ssrcs)[:31]
    return _packet(BYE, len(some), pack(f"!{len(some)}I", *some))


def build_dlrr(sender: int, told: ReferenceTime, delay: int = 1) -> bytes:
    """The answer to a reference time, which gives the peer a round-trip time (RFC 3611, 4.5).

    ``delay`` is the time since the reference time came, in 1/65536 s.

    A delay of 0 would mean that no reference time was ever received.
    """
    return _packet(
        XR,
        0,
        pack(
            "!IBxHIII", sender, DELAY_SINCE_LAST, 3, told.sender, told.ntp >> 16 & 0xFFFFFFFF, delay
        ),
    )


def build_nack(sender: int, media: int, seqs: Iterable[int]) -> bytes:
    """A generic NACK (RFC 4585 section 6.2.1).

    If ``seqs`` ascend modulo 2^16 they need the fewest items.
    """
    items: list[list[int]] = []
    for seq in seqs:
        distance = (seq - items[-1][0]) & 0xFFFF if items else 0
        if items and 1 <= distance <= 16:
            items[-1][1] |= 1 << (distance - 1)
        elif not items or distance:
            items.append([seq & 0xFFFF, 0])
    body = b"".join(pack("!HH", pid, mask) for pid, mask in items)
    return _packet(RTPFB, 1, pack("!II", sender, media) + body)


def build_pli(sender: int, media: int) -> bytes:
    """A picture loss indication: the sender of ``media`` is asked for a key frame."""
    return _packet(PSFB, 1, pack("!II", sender, media))


def build_remb(sender: int, bitrate: int, ssrcs: Iterable[int]) -> bytes:
    """A receiver's estimate in bit/s (draft-alvestrand-rmcat-remb-03).

    It is rounded down to 18 significant bits.
    """
    some = list(ssrcs)[:255]
    exponent = max(0, bitrate.bit_length() - 18)
    value = len(some) << 24 | min(exponent, 63) << 18 | bitrate >> exponent
    return _packet(
        PSFB, 15, pack("!II4sI", sender, 0, b"REMB", value) + pack(f"!{len(some)}I", *some)
    )
