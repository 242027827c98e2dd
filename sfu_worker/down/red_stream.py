"""Sound that repeats itself to a receiver that loses packets (RFC 2198): the worker makes it from what it has forwarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfu_worker.down.rtx import Receiver
from sfu_worker.rtp import red
from sfu_worker.rtp.header import PLAIN, PLAIN_SIZE, WITH_TWCC, WITH_TWCC_SIZE

if TYPE_CHECKING:
    from sfu_worker.down.segments import Segment
    from sfu_worker.up.batch import Packet

MAX_SIZE = 1150
"Octets of RTP: below 1200, as all that browsers send, with the 20 that SRTP adds at most and some to spare."


class RedStream:
    """The packets of one slot with earlier payloads in them: same SSRC and numbers, another payload type.

    ``twcc_extension`` is that of ``rtp.header``.
    """

    def __init__(self, ssrc: int, twcc_extension: bytes) -> None:
        self._ssrc = ssrc
        self._twcc_extension = twcc_extension

    def send(
        self,
        to: Receiver,
        red_type: int,
        payload_type: int,
        p: Packet,
        segment: Segment,
        repeated: list[red.Repeated],
        now: float,
    ) -> int:
        """Send ``p`` with what it repeats, both of ``payload_type``. Returns the bytes of payload beyond those of ``p``."""
        transport = to.transport
        at = transport.reserve()
        out = transport.out
        seq, timestamp = (
            (p.seq + segment.seq) & 0xFFFF,
            (p.timestamp + segment.timestamp) & 0xFFFFFFFF,
        )
        second = p.marker | red_type
        if self._twcc_extension:
            transport.twcc_seq = twcc = (transport.twcc_seq + 1) & 0xFFFF
            WITH_TWCC.pack_into(
                out, at, 0x90, second, seq, timestamp, self._ssrc, self._twcc_extension, twcc
            )
            start = at + WITH_TWCC_SIZE
            end = red.write(out, start, payload_type, repeated, p.payload)
            to.history.sent(twcc, end - at, now)
        else:
            PLAIN.pack_into(out, at, 0x80, second, seq, timestamp, self._ssrc)
            start = at + PLAIN_SIZE
            end = red.write(out, start, payload_type, repeated, p.payload)
        transport.commit(at, end - at)
        return end - start - p.size


def repeatable(p: Packet, segment: Segment, blocks: int) -> list[red.Repeated]:
    """The payloads before ``p`` to send with it, at most ``blocks``, oldest first: of this segment, where they are there and fit.

    What the segment does not hold has another source, or left with other offsets. Holes and padding are left out: receivers go
    by the timestamp of a block, not by its place.
    """
    if not p.size:
        return []  # padding
    cache = segment.layer.cache
    room = MAX_SIZE - WITH_TWCC_SIZE - 1 - p.size
    repeated: list[red.Repeated] = []
    for seq in range(p.seq - 1, p.seq - 1 - blocks, -1):
        if not segment.holds(seq & 0xFFFF):
            break
        found = cache.get(seq & 0xFFFF)
        if found is None or not found[2]:
            continue
        timestamp, _, payload = found
        offset = (p.timestamp - timestamp) & 0xFFFFFFFF
        room -= red.HEADER_SIZE + len(payload)
        if room < 0 or len(payload) > red.MAX_LENGTH or offset > red.MAX_OFFSET:
            break
        repeated.append((offset, payload))
    repeated.reverse()
    return repeated
