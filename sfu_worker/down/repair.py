"""What an output sends again: packets that the receiver lacks, and packets that probe its path."""

from __future__ import annotations

from dataclasses import dataclass

from sfu_worker.down.receiver import Receiver
from sfu_worker.down.rtx import RtxStream
from sfu_worker.down.segments import Segments

# Retransmissions by one output within two seconds. A link that loses more needs less media, not
# more of it.
STORM = 600

RESENT_SECONDS = 2.0
# If a packet has not arrived this many seconds after its first retransmission, request a key frame
# instead. libwebrtc asks for one only after 3 s.
FAILED_AFTER = 0.8

MIN_RESEND = 0.005

# How far back a probe looks for packets to repeat.
PAD_BACK = 256

# Bytes: smaller packets fill a probe with headers.
MIN_PAD = 200


@dataclass(slots=True)
class Resent:
    """When a packet was sent again, first and last; the transport-wide number of the last time."""

    first: float
    last: float
    twcc: int


class Repair:
    """The RTX stream of an output (RFC 4588). ``segments`` are the output's own.

    ``any_type`` is an RTX type of any of its codecs.
    """

    def __init__(
        self, ssrc: int, twcc_extension: bytes, segments: Segments, any_type: int | None
    ) -> None:
        self.retransmitted = 0
        # Sent so far, probes included.
        self.octets = 0
        self._stream = RtxStream(ssrc, twcc_extension)
        self._segments = segments
        self._type: int | None = None
        self._any_type = any_type
        self._first_out = 0
        self._resent: dict[int, Resent] = {}
        # Those whose fate is not known yet. Empty for receivers that do not report arrivals.
        self.open: dict[int, Resent] = {}
        self._told = bool(twcc_extension)

    def switched(self, rtx_type: int | None, first_out: int) -> None:
        """The slot goes on with another layer, from the number ``first_out`` on."""
        self._type = rtx_type
        self._first_out = first_out

    def retransmit(self, to: Receiver, lost: list[int], now: float, rtt: float, room: int) -> int:
        """Send again what the receiver asks for, at most ``room`` bytes.

        Returns how many they were.

        A packet is not sent again before the receiver can have told that the last one was lost
        too. Packets from before the last switch are not sent again: the key frame that came then
        needs none of them.
        """
        self._resent = {
            seq: resent
            for seq, resent in self._resent.items()
            if now - resent.last < RESENT_SECONDS
        }
        sent = 0
        for seq in lost:
            if sent >= room or len(self._resent) >= STORM:
                break
            resent = self._resent.get(seq)
            if resent is None or now - resent.last >= max(rtt, MIN_RESEND):
                sent += self._send_again(to, seq, resent, now)
        return sent

    def follow_up(self, to: Receiver, now: float, room: int) -> int:
        """Timer: send again what was lost once more, at most ``room`` bytes.

        Returns how many they were.

        The receiver's next request would come later, or never: libwebrtc gives up after ten, each a
        round trip after the last.
        """
        sent = 0
        for seq, resent in list(self.open.items()):
            arrived = to.history.fate(resent.twcc)
            if arrived is False and now - resent.first <= FAILED_AFTER:
                if sent < room:
                    sent += self._send_again(to, seq, resent, now)
                continue
            if arrived is False:
                self._fail(seq, now)
            if arrived is not None or now - resent.last > RESENT_SECONDS:
                del self.open[seq]
        return sent

    def _send_again(self, to: Receiver, seq: int, resent: Resent | None, now: float) -> int:
        segment = self._segments.outgoing(seq)
        found = segment.layer.cache.get((seq - segment.seq) & 0xFFFF) if segment else None
        if (
            self._type is None
            or segment is None
            or found is None
            or (seq - self._first_out) & 0x8000
        ):
            self.open.pop(seq, None)
            return 0
        if resent is None:
            resent = self._resent[seq] = Resent(now, now, 0)
        elif now - resent.first > FAILED_AFTER:
            self._fail(seq, now)
        sent = self._stream.send(to, self._type, segment, seq, found, now)
        resent.last, resent.twcc = now, to.transport.twcc_seq
        if self._told:
            self.open[seq] = resent
        self.retransmitted += 1
        self.octets += sent
        return sent

    def _fail(self, seq: int, now: float) -> None:
        """A key frame has to do, unless one has begun another segment since."""
        segment = self._segments.outgoing(seq)
        if segment is not None and not (seq - self._first_out) & 0x8000:
            segment.layer.request_keyframe(now)

    def pad(self, to: Receiver, size: int, now: float, probe: int, *, bound: bool) -> int:
        """Send about ``size`` bytes to probe the path: the newest packets again, or padding.

        Padding is for when nothing is ``bound``.

        Returns how many they were.
        """
        rtx_type = self._type or self._any_type
        if rtx_type is None:
            return 0
        sent = self._repeat(to, rtx_type, size, now, probe) if bound else 0
        sent += self._stream.pad(to, rtx_type, size - sent, now, probe)
        self.octets += sent
        return sent

    def _repeat(self, to: Receiver, rtx_type: int, size: int, now: float, probe: int) -> int:
        # The last that has begun: one in which dropped pictures are gathered holds nothing that was
        # sent.
        segment, sent = self._segments.last, 0
        if segment is None:
            return 0
        top = segment.layer.top.seq if segment.last_in is None else segment.last_in
        for seq in range(top, top - PAD_BACK, -1):
            found = segment.layer.cache.get(seq & 0xFFFF)
            if sent >= size or not segment.holds(seq & 0xFFFF):
                break
            if found is not None and len(found[2]) > MIN_PAD:
                sent += self._stream.send(
                    to, rtx_type, segment, (seq + segment.seq) & 0xFFFF, found, now, probe
                )
        return sent
