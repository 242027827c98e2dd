"""Sound that repeats itself to a receiver that loses packets (RFC 2198).

The worker makes it from what it has forwarded.
"""

from __future__ import annotations

from sfu_worker.down.pacer import Put
from sfu_worker.down.receiver import Receiver
from sfu_worker.down.segments import Segment
from sfu_worker.rtp import red
from sfu_worker.rtp.header import PLAIN, PLAIN_SIZE, WITH_TWCC, WITH_TWCC_SIZE
from sfu_worker.sdp.codecs import Codec, red_types
from sfu_worker.up.batch import Packet

# Octets of RTP: below 1200, as all that browsers send, with the 20 that SRTP adds at most and some
# to spare.
MAX_SIZE = 1150


class RedStream:
    """The packets of one output with earlier payloads in them.

    They have the same SSRC and numbers, and another payload type. ``twcc_extension``
    is that of ``rtp.header``.
    """

    __slots__ = ("_payload_type", "_red_type", "_red_types", "_ssrc", "_twcc_extension", "octets")

    def __init__(self, ssrc: int, twcc_extension: bytes, codecs: list[Codec]) -> None:
        # Of payload, beyond those of the packets themselves.
        self.octets = 0
        self._ssrc = ssrc
        self._twcc_extension = twcc_extension
        self._red_types = {carried: red for red, carried in red_types(codecs).items()}
        self._red_type: int | None = None
        self._payload_type = 0

    @property
    def possible(self) -> bool:
        """Whether the receiver takes RED at all."""
        return bool(self._red_types)

    def switched(self, payload_type: int) -> None:
        """Forward with this payload type from now on."""
        self._payload_type = payload_type
        self._red_type = self._red_types.get(payload_type)

    def forward(
        self,
        packets: list[Packet],
        segment: Segment,
        put: Put,
        to: Receiver,
        blocks: int,
        now: float,
    ) -> None:
        """Send packets with up to ``blocks`` before each one in it.

        Where none may be, as just after a switch, a packet is ``put`` as it came.
        """
        for p in packets:
            if (p.seq - segment.first_in) & 0x8000:
                continue
            repeated = repeatable(p, segment, blocks) if self._red_type is not None else []
            if repeated:
                self.octets += self._send(to, p, segment, repeated, now)
            else:
                put(p, segment, now)

    def _send(
        self,
        to: Receiver,
        p: Packet,
        segment: Segment,
        repeated: list[red.Repeated],
        now: float,
    ) -> int:
        """Send ``p`` with what it repeats. Returns the bytes of payload beyond those of ``p``."""
        payload_type = self._payload_type
        transport = to.transport
        at = transport.reserve()
        out = transport.out
        seq, timestamp = (
            (p.seq + segment.seq) & 0xFFFF,
            (p.timestamp + segment.timestamp) & 0xFFFFFFFF,
        )
        second = p.marker | (self._red_type or 0)
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
    """The payloads before ``p`` to send with it, at most ``blocks``, oldest first.

    They are of this segment, if they are cached and fit.

    What the segment does not hold has another source, or left with other offsets. Holes and padding
    are left out: receivers go by the timestamp of a block, not by its place.
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
