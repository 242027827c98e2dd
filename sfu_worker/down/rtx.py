"""The repair stream of an output (RFC 4588): how packets are sent a second time."""

from __future__ import annotations

import random
from struct import Struct

from sfu_worker.down.receiver import Receiver
from sfu_worker.down.segments import Segment
from sfu_worker.rtp import vp8, vp9
from sfu_worker.rtp.header import PLAIN, PLAIN_SIZE, WITH_TWCC, WITH_TWCC_SIZE

UINT16 = Struct("!H")

# The most that one packet can hold: the last byte says how much it is.
PADDING = 255
NOTHING = bytes(PADDING - 1) + bytes((PADDING,))


class RtxStream:
    """One outgoing RTX stream. ``twcc_extension`` is that of ``rtp.header``."""

    def __init__(self, ssrc: int, twcc_extension: bytes) -> None:
        self.ssrc = ssrc
        self._twcc_extension = twcc_extension
        self._seq = random.getrandbits(15)

    def send(
        self,
        to: Receiver,
        payload_type: int,
        segment: Segment,
        seq: int,
        found: tuple[int, int, bytes],
        now: float,
        probe: int = 0,
    ) -> int:
        """Send a cached packet as the outgoing number ``seq``.

        Returns the bytes of RTP that left.
        """
        transport = to.transport
        timestamp, marker, payload = found
        if segment.layer.has_picture_ids:
            payload = shift_ids(payload, segment)
        self._seq = (self._seq + 1) & 0xFFFF
        at = transport.reserve()
        out = transport.out
        second, timestamp = marker | payload_type, (timestamp + segment.timestamp) & 0xFFFFFFFF
        if self._twcc_extension:
            twcc = transport.twcc_seq = (transport.twcc_seq + 1) & 0xFFFF
            WITH_TWCC.pack_into(
                out, at, 0x90, second, self._seq, timestamp, self.ssrc, self._twcc_extension, twcc
            )
            start = at + WITH_TWCC_SIZE
        else:
            PLAIN.pack_into(out, at, 0x80, second, self._seq, timestamp, self.ssrc)
            start = at + PLAIN_SIZE
        end = start + 2 + len(payload)
        UINT16.pack_into(out, start, seq)
        out[start + 2 : end] = payload
        if self._twcc_extension:
            to.history.sent(transport.twcc_seq, end - at, now, probe)
        transport.commit(at, end - at)
        return end - at

    def pad(self, to: Receiver, payload_type: int, size: int, now: float, probe: int) -> int:
        """Send about ``size`` bytes of padding (RFC 3550, 5.1): nothing can be repeated yet."""
        if not self._twcc_extension:
            return 0
        transport, sent = to.transport, 0
        while sent < size:
            self._seq = (self._seq + 1) & 0xFFFF
            at = transport.reserve()
            twcc = transport.twcc_seq = (transport.twcc_seq + 1) & 0xFFFF
            WITH_TWCC.pack_into(
                transport.out,
                at,
                0xB0,
                payload_type,
                self._seq,
                0,
                self.ssrc,
                self._twcc_extension,
                twcc,
            )
            end = at + WITH_TWCC_SIZE + PADDING
            transport.out[end - PADDING : end] = NOTHING
            to.history.sent(twcc, end - at, now, probe)
            transport.commit(at, end - at)
            sent += end - at
        return sent


def shift_ids(payload: bytes, segment: Segment) -> bytes:
    """A VP8 or VP9 payload with its picture id and TL0PICIDX moved (RFC 7741 4.2, RFC 9628 4.2)."""
    descriptor = vp8.descriptor if segment.layer.is_vp8 else vp9.descriptor
    found = descriptor(payload, 0, len(payload))
    if found is None:
        return payload
    changed = bytearray(payload)
    at, value, bits, tl0_at, tl0_value = found[:5]
    if at and bits == 15:
        UINT16.pack_into(changed, at, 0x8000 | ((value + segment.picture_id) & 0x7FFF))
    elif at:
        changed[at] = (value + segment.picture_id) & 0x7F
    if tl0_at:
        changed[tl0_at] = (tl0_value + segment.tl0) & 0xFF
    return bytes(changed)
