"""Counting what arrives: every packet is checked against its sender's stamp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32

from sfu_worker.light_client.sending import STAMP, STAMP_AT
from sfu_worker.rtp.header import PLAIN, PLAIN_SIZE, WITH_TWCC
from sfu_worker.rtp.twcc import ArrivalLog

# A larger jump is a new beginning, not a loss.
MAX_GAP = 5000


@dataclass(slots=True)
class Gaps:
    """Which numbers of a growing sequence are missing. ``bits`` is its width."""

    bits: int
    received: int = 0
    duplicates: int = 0
    reordered: int = 0
    missing: set[int] = field(default_factory=set)
    expected: int = -1

    def see(self, number: int) -> None:
        mask = (1 << self.bits) - 1
        if number == self.expected:
            self.received += 1
            self.expected = (number + 1) & mask
            return
        ahead = (number - self.expected) & mask
        if self.expected < 0 or MAX_GAP < ahead <= mask - MAX_GAP:
            self.received += 1
            self.expected = (number + 1) & mask
        elif ahead <= MAX_GAP:
            self.received += 1
            self.missing.update((self.expected + i) & mask for i in range(ahead))
            self.expected = (number + 1) & mask
        elif number in self.missing:
            self.missing.discard(number)
            self.received += 1
            self.reordered += 1
        else:
            self.duplicates += 1

    def jumps(self, number: int) -> bool:
        """Whether ``number`` would leave a gap."""
        return 0 <= self.expected < number

    @property
    def lost(self) -> int:
        return len(self.missing)


class Receiver:
    """What one client receives: gaps by SSRC (as forwarding numbers) and by stream (as sent).

    If a stream goes on with a key frame, in an SSRC without a gap, then the server paused it: that
    counts as a pause, not as a loss.
    """

    def __init__(self, heard: Callable[[int, float], None] = lambda _stream, _now: None) -> None:
        """``heard`` is called with the stream of each packet that is whole, and when it came."""
        self._heard = heard
        # For transport-wide feedback: without it the server assumes a narrow path to us.
        self.arrivals = ArrivalLog()
        self.twcc_extension = b""
        self.rtx_types: set[int] = set()
        # Retransmissions, and probes for bandwidth that look like them.
        self.repairs = 0
        self.pauses = 0
        self.by_ssrc: dict[int, Gaps] = {}
        self.by_stream: dict[int, Gaps] = {}
        # Stream -> when its first key frame was complete, or the first packet of audio; monotonic
        # seconds.
        self.first_frame: dict[int, float] = {}
        # Packets whose payload is not what was sent.
        self.broken = 0
        # Seconds from sending to arrival of each 64th packet; both ends must be on one machine.
        self.delays: list[float] = []
        self._keyframe_begun: set[int] = set()

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        """Take a decrypted packet."""
        first, second, seq, _, ssrc = PLAIN.unpack_from(view, start)
        at = start + PLAIN_SIZE
        if first & 0x10:
            # The server writes this extension alone.
            *_, extension, number = WITH_TWCC.unpack_from(view, start)
            if self.twcc_extension and extension == self.twcc_extension:
                self.arrivals.record(number, int(now * 1_000_000))
            at += 4 + 4 * (view[at + 2] << 8 | view[at + 3])
        if second & 0x7F in self.rtx_types:
            self.repairs += 1
            return
        if first & 0x20:
            end -= view[end - 1]
        if end - at < STAMP_AT + STAMP.size:
            return  # padding that probes for bandwidth
        gaps = self.by_ssrc.get(ssrc)
        if gaps is None:
            gaps = self.by_ssrc[ssrc] = Gaps(16)
        whole = gaps.expected == seq
        gaps.see(seq)
        stream, count, sent, checksum = STAMP.unpack_from(view, at + STAMP_AT)
        if crc32(view[at + STAMP_AT + STAMP.size : end], count) != checksum:
            self.broken += 1
            return
        gaps = self.by_stream.get(stream)
        if gaps is None:
            gaps = self.by_stream[stream] = Gaps(32)
        if whole and gaps.jumps(count) and is_key(view, at):
            self.pauses += 1
            gaps.expected = count
        gaps.see(count)
        self._heard(stream, now)
        if stream not in self.first_frame:
            self._look_for_frame(stream, view, at, second, now)
        if not count & 63:
            self.delays.append(now - sent)

    def _look_for_frame(
        self, stream: int, view: memoryview, at: int, second: int, now: float
    ) -> None:
        if view[at] == 0xFC:
            self.first_frame[stream] = now
            return
        if is_key(view, at):
            self._keyframe_begun.add(stream)
        if second & 0x80 and stream in self._keyframe_begun:
            self.first_frame[stream] = now

    @property
    def received(self) -> int:
        return sum(gaps.received for gaps in self.by_stream.values())

    @property
    def lost(self) -> int:
        """Packets that a stream or an SSRC has a hole for."""
        return max(
            sum(g.lost for g in self.by_stream.values()), sum(g.lost for g in self.by_ssrc.values())
        )

    @property
    def duplicates(self) -> int:
        return sum(gaps.duplicates for gaps in self.by_ssrc.values())

    @property
    def reordered(self) -> int:
        return sum(gaps.reordered for gaps in self.by_ssrc.values())


def is_key(view: memoryview, at: int) -> bool:
    """Whether a packet begins a key frame, or is sound, where each packet is one."""
    return view[at] == 0xFC or (view[at] & 0x1F == 0x10 and not view[at + 6] & 1)
