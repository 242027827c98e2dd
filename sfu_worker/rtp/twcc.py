"""Transport-wide feedback: the arrivals that the sender's estimator needs.

draft-holmer-rmcat-transport-wide-cc-extensions-01.
"""

from __future__ import annotations

from struct import pack

from sfu_worker.rtp.rtcp.types import REFERENCE_TICKS, RTPFB, TICK_US

# Arrivals kept between two reports. More in one interval is a flood; the rest is not reported.
MAX_LOGGED = 8192

# Arrivals in one message. With large deltas that is 800 bytes, which fits into a datagram beside
# other RTCP.
MAX_ARRIVALS = 400

# A longer gap is not reported as loss: the sender has forgotten those packets, or has restarted its
# numbers.
MAX_GAP = 4096

# Messages about packets that arrived after they were reported lost. Further ones stay lost.
MAX_LATE_MESSAGES = 16

# (extended sequence number, arrival in ticks)
Arrival = tuple[int, int]


class ArrivalLog:
    """Records when packets arrive. A timer turns that into RTCP every 50 to 100 ms."""

    __slots__ = ("_count", "_log", "_next", "_record")

    def __init__(self) -> None:
        self._log: list[int] = []
        self._record = self._log.append
        self._next = -1  # the extended number that the next report begins with; -1 before the first
        self._count = 0

    def record(self, seq16: int, now_us: int) -> None:
        """Record the arrival of the packet with this transport-wide number.

        Called per packet: one append.
        """
        self._record(now_us << 16 | seq16)

    def feedback(self, sender_ssrc: int, media_ssrc: int) -> list[bytes]:
        """RTCP packets about all arrivals since the last call, and the gaps between them.

        Empty if nothing arrived.
        """
        if not self._log:
            return []
        late, arrivals = self._sorted()
        messages = []
        for run in _consecutive(late)[:MAX_LATE_MESSAGES]:
            messages += self._messages(run, run[0][0])
        if arrivals:
            messages += self._messages(arrivals, self._next)
            self._next = arrivals[-1][0] + 1
        result = []
        for base, part in messages:
            result.append(_message(sender_ssrc, media_ssrc, base, part, self._count))
            self._count = (self._count + 1) & 0xFF
        return result

    def _sorted(self) -> tuple[list[Arrival], list[Arrival]]:
        """The arrivals by number, without duplicates: (late ones, the others).

        Late ones have numbers that were reported already.
        """
        log = self._log[:MAX_LOGGED]
        self._log.clear()
        reference = self._next
        if reference < 0:
            # Start high, so that packets from before the first one have numbers as well.
            reference = 0x10000 + (log[0] & 0xFFFF)
        found: dict[int, int] = {}
        newest = reference
        for entry in log:
            step = (entry - newest) & 0xFFFF
            number = newest + step - (0x10000 if step >= 0x8000 else 0)
            found.setdefault(number, (entry >> 16) // TICK_US)
            newest = max(newest, number)
        numbers = sorted(found)
        if self._next < 0:
            self._next = numbers[0]
        first = self._next
        return [(n, found[n]) for n in numbers if n < first], [
            (n, found[n]) for n in numbers if n >= first
        ]

    @staticmethod
    def _messages(arrivals: list[Arrival], base: int) -> list[tuple[int, list[Arrival]]]:
        """Cut into messages (first number, arrivals) that the format can hold."""
        messages: list[tuple[int, list[Arrival]]] = []
        part: list[Arrival] = []
        last = base - 1
        ticks = 0
        for number, at in arrivals:
            gap = number - last - 1 > MAX_GAP
            if part and (
                gap
                or len(part) == MAX_ARRIVALS
                or number - base > MAX_GAP
                or not -0x8000 <= at - ticks <= 0x7FFF
            ):
                messages.append((base, part))
                base, part = last + 1, []
            if gap:
                base = number
            part.append((number, at))
            last, ticks = number, at
        messages.append((base, part))
        return messages


def _consecutive(arrivals: list[Arrival]) -> list[list[Arrival]]:
    """Runs without a gap.

    Packets between late ones have been reported already, and must not be called lost now.
    """
    runs: list[list[Arrival]] = []
    for arrival in arrivals:
        if runs and runs[-1][-1][0] + 1 == arrival[0]:
            runs[-1].append(arrival)
        else:
            runs.append([arrival])
    return runs


def _message(
    sender_ssrc: int, media_ssrc: int, base: int, arrivals: list[Arrival], count: int
) -> bytes:
    reference = arrivals[0][1] // REFERENCE_TICKS
    ticks = reference * REFERENCE_TICKS
    symbols = bytearray(arrivals[-1][0] - base + 1)
    deltas = bytearray()
    for number, at in arrivals:
        delta = at - ticks
        ticks = at
        if 0 <= delta <= 0xFF:
            symbols[number - base] = 1
            deltas.append(delta)
        else:
            symbols[number - base] = 2
            deltas += pack("!h", delta)
    head = pack(
        "!IIHHI",
        sender_ssrc,
        media_ssrc,
        base & 0xFFFF,
        len(symbols),
        (reference & 0xFFFFFF) << 8 | count,
    )
    body = head + _chunks(bytes(symbols)) + deltas
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    return pack("!BBH", 0x8F | (0x20 if padding else 0), RTPFB, len(body) // 4) + body


def _chunks(symbols: bytes) -> bytes:
    """Packet status chunks (sections 3.1.3 and 3.1.4).

    A run length is used where it is shorter than vectors of 14 or 7 symbols.
    """
    chunks = bytearray()
    at, size = 0, len(symbols)
    while at < size:
        window = symbols[at : at + 14]
        capacity = 7 if 2 in window else 14
        if window[:capacity] == window[:1] * min(capacity, len(window)):
            run = size - at - len(symbols[at:].lstrip(window[:1]))
            run = min(run, 0x1FFF)
            chunk = window[0] << 13 | run
            at += run
        elif capacity == 14:
            chunk = 0x8000
            for bit, symbol in enumerate(window):
                chunk |= symbol << (13 - bit)
            at += 14
        else:
            chunk = 0xC000
            for place, symbol in enumerate(window[:7]):
                chunk |= symbol << (12 - 2 * place)
            at += 7
        chunks += pack("!H", chunk)
    return bytes(chunks)
