"""Read RTCP.

For any bytes the only error is ValueError, and the work is linear in their number.
"""

from __future__ import annotations

from itertools import accumulate
from struct import Struct

from sfu_worker.rtp.rtcp.types import (
    BYE,
    PSFB,
    RECEIVER_REFERENCE_TIME,
    REFERENCE_TICKS,
    RR,
    RTPFB,
    SR,
    XR,
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

# A NACK that names more packets is cut off here. No one keeps that many for retransmission.
MAX_NACKED = 1024

# Packets in one transport-wide feedback message. One run-length chunk holds up to this many
# (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1.3).
MAX_FEEDBACK = 8192

_HEADER = Struct("!BBH")
_XR_BLOCK = Struct("!BxH")
_U64 = Struct("!Q")
_SENDER_INFO = Struct("!IQIII")
_BLOCK = Struct("!IIIIII")
_PAIR = Struct("!II")
_NACK_ITEM = Struct("!HH")
_FEEDBACK_HEAD = Struct("!HHI")
_U32 = Struct("!I")
_I16 = Struct("!h")
_RUNS = (b"\0", b"\1", b"\2", b"\3")
_ONE_BIT = [bytes(bits >> shift & 1 for shift in range(6, -1, -1)) for bits in range(1 << 7)]
# The symbols of half a status vector chunk: a look-up instead of a loop over bits.
_TWO_BIT = [bytes(bits >> shift & 3 for shift in range(6, -1, -2)) for bits in range(1 << 8)]


def parse_compound(data: bytes) -> list[Report]:
    """The packets of a datagram in order, without unknown ones. Raises ValueError if malformed.

    The first need not be a report: reduced-size RTCP (RFC 5506) is what browsers send.
    """
    packets: list[Report] = []
    pos, end = 0, len(data)
    while pos < end:
        if end - pos < 4:
            raise ValueError("RTCP: a header is cut off")
        first, kind, words = _HEADER.unpack_from(data, pos)
        stop = pos + 4 * (words + 1)
        if first >> 6 != 2 or stop > end:
            raise ValueError("RTCP: the version or the length is wrong")
        body_end = stop
        if first & 0x20:
            padding = data[stop - 1]
            if padding == 0 or padding > stop - pos - 4:
                raise ValueError("RTCP: the padding is wrong")
            body_end -= padding
        packet = _parse(kind, first & 0x1F, data[pos + 4 : body_end])
        if packet is not None:
            packets.append(packet)
        pos = stop
    return packets


def _parse(kind: int, count: int, body: bytes) -> Report | None:
    if kind == SR:
        _need(body, 24)
        ssrc, ntp, rtp, sent, octets = _SENDER_INFO.unpack_from(body)
        return SenderReport(ssrc, ntp, rtp, sent, octets, _blocks(body, 24, count))
    if kind == RR:
        _need(body, 4)
        return ReceiverReport(_U32.unpack_from(body)[0], _blocks(body, 4, count))
    if kind == BYE:
        _need(body, 4 * count)
        return Bye([ssrc for (ssrc,) in _U32.iter_unpack(body[: 4 * count])])
    if kind == RTPFB:
        return _parse_rtpfb(count, body)
    if kind == PSFB:
        return _parse_psfb(count, body)
    if kind == XR:
        return _parse_extended(body)
    return None


def _need(body: bytes, size: int) -> None:
    if len(body) < size:
        raise ValueError("RTCP: a packet is cut off")


def _blocks(body: bytes, pos: int, count: int) -> tuple[ReportBlock, ...]:
    _need(body, pos + 24 * count)
    blocks = []
    for ssrc, loss, highest, jitter, lsr, dlsr in _BLOCK.iter_unpack(body[pos : pos + 24 * count]):
        lost = loss & 0xFFFFFF
        blocks.append(
            ReportBlock(ssrc, loss >> 24, lost - (lost >> 23 << 24), highest, jitter, lsr, dlsr)
        )
    return tuple(blocks)


def _parse_extended(body: bytes) -> Report | None:
    """The reference time in an extended report; other blocks are skipped."""
    _need(body, 4)
    pos = 4
    while pos < len(body):
        _need(body, pos + 4)
        kind, words = _XR_BLOCK.unpack_from(body, pos)
        _need(body, pos + 4 + 4 * words)
        if (kind, words) == (RECEIVER_REFERENCE_TIME, 2):
            return ReferenceTime(_U32.unpack_from(body)[0], _U64.unpack_from(body, pos + 4)[0])
        pos += 4 + 4 * words
    return None


def _parse_rtpfb(fmt: int, body: bytes) -> Report | None:
    _need(body, 8)
    sender, media = _PAIR.unpack_from(body)
    if fmt == 1:
        if len(body) % 4:
            raise ValueError("RTCP: a NACK is cut off")
        seqs: list[int] = []
        for pid, mask in _NACK_ITEM.iter_unpack(body[8:]):
            seqs.append(pid)
            seqs.extend((pid + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
            if len(seqs) >= MAX_NACKED:
                break
        return Nack(sender, media, seqs[:MAX_NACKED])
    if fmt == 15:
        return _parse_transport_feedback(sender, media, body)
    return None


def _parse_psfb(fmt: int, body: bytes) -> Report | None:
    _need(body, 8)
    sender, media = _PAIR.unpack_from(body)
    if fmt == 1:
        return Pli(sender, media)
    if fmt == 4:
        if len(body) % 8:
            raise ValueError("RTCP: a FIR is cut off")
        return Fir(sender, [ssrc for ssrc, _ in _PAIR.iter_unpack(body[8:])])
    if fmt == 15 and body[8:12] == b"REMB":
        _need(body, 16)
        (value,) = _U32.unpack_from(body, 12)
        count, exponent, mantissa = value >> 24, value >> 18 & 0x3F, value & 0x3FFFF
        _need(body, 16 + 4 * count)
        return Remb(
            sender,
            mantissa << exponent,
            [ssrc for (ssrc,) in _U32.iter_unpack(body[16 : 16 + 4 * count])],
        )
    return None


def _parse_transport_feedback(sender: int, media: int, body: bytes) -> TransportFeedback:
    _need(body, 16)
    base, count, tail = _FEEDBACK_HEAD.unpack_from(body, 8)
    if count > MAX_FEEDBACK:
        raise ValueError("RTCP: feedback about too many packets")
    symbols, pos = _symbols(body, 16, count)
    if 3 in symbols:
        raise ValueError("RTCP: a reserved packet status")
    small, large = symbols.count(1), symbols.count(2)
    _need(body, pos + small + 2 * large)
    deltas = _steps(body, pos, symbols) if large else body[pos : pos + small]
    times = accumulate(deltas, initial=(tail >> 8) * REFERENCE_TICKS)
    next(times)  # the reference time itself
    arrivals = (
        list(times)
        if small + large == count
        else [next(times) if symbol else None for symbol in symbols]
    )
    return TransportFeedback(sender, media, base, tail & 0xFF, arrivals)


def _symbols(body: bytes, pos: int, count: int) -> tuple[bytearray, int]:
    """The status of each packet, and where the deltas begin (sections 3.1.2 to 3.1.4).

    A status is 0 for lost, 1 for a small delta, 2 for a large one.
    """
    symbols = bytearray()
    while len(symbols) < count:
        _need(body, pos + 2)
        chunk = body[pos] << 8 | body[pos + 1]
        pos += 2
        if chunk < 0x8000:
            if not chunk & 0x1FFF:
                raise ValueError("RTCP: an empty run")
            symbols += _RUNS[chunk >> 13] * min(chunk & 0x1FFF, count - len(symbols))
        elif chunk < 0xC000:
            symbols += _ONE_BIT[chunk >> 7 & 0x7F] + _ONE_BIT[chunk & 0x7F]
        else:
            # Seven symbols of two bits: three and four.
            symbols += _TWO_BIT[chunk >> 8 & 0x3F][1:] + _TWO_BIT[chunk & 0xFF]
    return symbols[:count], pos


def _steps(body: bytes, pos: int, symbols: bytearray) -> list[int]:
    """The deltas of arrived packets, if some are large: two bytes, signed (section 3.1.5)."""
    steps = []
    for symbol in symbols:
        if symbol == 1:
            steps.append(body[pos])
            pos += 1
        elif symbol == 2:
            steps.append(_I16.unpack_from(body, pos)[0])
            pos += 2
    return steps
