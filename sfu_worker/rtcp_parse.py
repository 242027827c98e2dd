"""Reading RTCP. Whatever the bytes are, the only error is ValueError, and the work is linear in their number."""

from __future__ import annotations

from struct import Struct

from sfu_worker.rtcp_types import (
    BYE,
    PSFB,
    RR,
    RTPFB,
    SR,
    Bye,
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    Report,
    ReportBlock,
    SenderReport,
    TransportFeedback,
)

MAX_NACKED = 1024
"A NACK that names more packets is cut off here: nobody keeps that many to send again."

MAX_FEEDBACK = 8192
"Packets in one transport-wide feedback message; one run-length chunk holds up to this many (section 3.1.3)."

_HEADER = Struct("!BBH")
_SENDER_INFO = Struct("!IQIII")
_BLOCK = Struct("!IIIIII")
_PAIR = Struct("!II")
_NACK_ITEM = Struct("!HH")
_FEEDBACK_HEAD = Struct("!HHI")
_U16 = Struct("!H")
_U32 = Struct("!I")
_I16 = Struct("!h")


def parse_compound(data: bytes) -> list[Report]:
    """The packets of a datagram in order, unknown ones left out. Raises ValueError for malformed ones.

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
    return None


def _need(body: bytes, size: int) -> None:
    if len(body) < size:
        raise ValueError("RTCP: a packet is cut off")


def _blocks(body: bytes, pos: int, count: int) -> tuple[ReportBlock, ...]:
    _need(body, pos + 24 * count)
    blocks = []
    for ssrc, loss, highest, jitter, lsr, dlsr in _BLOCK.iter_unpack(body[pos : pos + 24 * count]):
        lost = loss & 0xFFFFFF
        blocks.append(ReportBlock(ssrc, loss >> 24, lost - (lost >> 23 << 24), highest, jitter, lsr, dlsr))
    return tuple(blocks)


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
        return Remb(sender, mantissa << exponent, [ssrc for (ssrc,) in _U32.iter_unpack(body[16 : 16 + 4 * count])])
    return None


def _parse_transport_feedback(sender: int, media: int, body: bytes) -> TransportFeedback:
    _need(body, 16)
    base, count, tail = _FEEDBACK_HEAD.unpack_from(body, 8)
    if count > MAX_FEEDBACK:
        raise ValueError("RTCP: feedback about too many packets")
    symbols, pos = _symbols(body, 16, count)
    arrival = (tail >> 8) * 64000
    received: list[tuple[int, int | None]] = []
    for offset, symbol in enumerate(symbols):
        seq = (base + offset) & 0xFFFF
        if symbol == 0:
            received.append((seq, None))
            continue
        if symbol == 1:
            _need(body, pos + 1)
            arrival += body[pos] * 250
            pos += 1
        elif symbol == 2:
            _need(body, pos + 2)
            arrival += _I16.unpack_from(body, pos)[0] * 250
            pos += 2
        else:
            raise ValueError("RTCP: a reserved packet status")
        received.append((seq, arrival))
    return TransportFeedback(sender, media, base, tail & 0xFF, received)


def _symbols(body: bytes, pos: int, count: int) -> tuple[list[int], int]:
    """The status of each packet (0 lost, 1 small delta, 2 large delta), and where the deltas begin (sections 3.1.2 to 3.1.4)."""
    symbols: list[int] = []
    while len(symbols) < count:
        _need(body, pos + 2)
        (chunk,) = _U16.unpack_from(body, pos)
        pos += 2
        if not chunk & 0x8000:
            symbols.extend([chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(symbols)))
            if not chunk & 0x1FFF:
                raise ValueError("RTCP: an empty run")
        elif chunk & 0x4000:
            symbols.extend(chunk >> shift & 3 for shift in range(12, -1, -2))
        else:
            symbols.extend(chunk >> shift & 1 for shift in range(13, -1, -1))
    return symbols[:count], pos
