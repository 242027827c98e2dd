"""What one slot sends a second time: packets that the receiver lacks, and packets that probe its path."""

from __future__ import annotations

from sfu_worker.rtx import Receiver, RtxStream
from sfu_worker.segments import Segments

STORM = 600
"Retransmissions to one slot within two seconds; a link that loses more needs less media, not more of it."

RESENT_SECONDS = 2.0
FAILED_AFTER = 0.8
"Seconds for which a packet is asked for again and again until a key frame has to do: libwebrtc asks for one after 3 s."

MIN_RESEND = 0.005

PAD_BACK = 256
"How far back a probe looks for packets to repeat."

MIN_PAD = 200
"Bytes: smaller packets fill a probe with headers."


class Repair:
    """The RTX stream of a slot (RFC 4588). ``segments`` are the slot's own; ``any_type`` is an RTX type of any of its codecs."""

    def __init__(self, ssrc: int, twcc_bits: int, segments: Segments, any_type: int | None) -> None:
        self.retransmitted = 0
        self.octets = 0
        "Sent so far, probes included."
        self._stream = RtxStream(ssrc, twcc_bits)
        self._segments = segments
        self._type: int | None = None
        self._any_type = any_type
        self._first_out = 0
        self._resent: dict[int, tuple[float, float]] = {}
        "When a number was last and first sent again."

    def switched(self, rtx_type: int | None, first_out: int) -> None:
        """The slot goes on with another layer, from the number ``first_out`` on."""
        self._type = rtx_type
        self._first_out = first_out

    def retransmit(self, to: Receiver, lost: list[int], now: float, rtt: float, room: int) -> int:
        """Send again what the receiver asks for, at most ``room`` bytes. Returns how many they were.

        A packet is not sent again before the answer to the last time can have told that it is lost too. What was sent before the
        last switch is not sent again at all: the key frame that came then needs nothing of it.
        """
        if self._type is None:
            return 0
        self._resent = {seq: last for seq, last in self._resent.items() if now - last[0] < RESENT_SECONDS}
        sent = 0
        for seq in lost:
            if sent >= room or len(self._resent) >= STORM:
                break
            if (seq - self._first_out) & 0x8000:
                continue
            segment = self._segments.outgoing(seq)
            found = segment.layer.cache.get((seq - segment.seq) & 0xFFFF) if segment else None
            last, first = self._resent.get(seq, (-1.0, now))
            if segment is None or found is None or now - last < max(rtt, MIN_RESEND):
                continue
            self._resent[seq] = (now, first)
            if now - first > FAILED_AFTER:
                segment.layer.request_keyframe(now)
            self.retransmitted += 1
            sent += self._stream.send(to, self._type, segment, seq, found, now)
        self.octets += sent
        return sent

    def pad(self, to: Receiver, size: int, now: float, probe: int, *, bound: bool) -> int:
        """Send about ``size`` bytes to probe the path: the newest packets again, padding where nothing is ``bound``.

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
        # The last that has begun: one in which dropped pictures are gathered holds nothing that was sent.
        segment, sent = self._segments.last, 0
        if segment is None:
            return 0
        top = segment.layer.top_seq if segment.last_in is None else segment.last_in
        for seq in range(top, top - PAD_BACK, -1):
            found = segment.layer.cache.get(seq & 0xFFFF)
            if sent >= size or not segment.holds(seq & 0xFFFF):
                break
            if found is not None and len(found[2]) > MIN_PAD:
                sent += self._stream.send(to, rtx_type, segment, (seq + segment.seq) & 0xFFFF, found, now, probe)
        return sent
