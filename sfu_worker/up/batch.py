"""RTP packets on their way through the worker, and the batch of one read from the sockets."""

from __future__ import annotations

from typing import Protocol

from sfu_worker.net.mmsg import RECEIVE_SLOTS

# Missing packets that one datagram may bring beside its own, as redundant blocks.
MAX_FILLED = 4


class Packet:
    """A parsed packet. Instances are reused: keep none, nor its payload, beyond its batch.

    ``marker`` is 0 or 0x80. ``payload`` has no header, extensions or padding. For VP8 and VP9
    ``picture_id_at`` and ``tl0_at`` are the places of these fields in the payload (0: not there)
    and ``picture_id_bits`` is 7 or 15.

    ``temporal`` is the temporal layer, -1 without one. ``layer_sync``: the picture refers to the
    base layer alone, so that its own layer can be taken up with it (VP8's Y). ``switch_up``: the
    highest temporal layer that can be taken up behind the picture by those who receive its own,
    -1 for none (VP9's U, a switch indication of the dependency descriptor).
    """

    __slots__ = (
        "begins_frame",
        "keyframe",
        "layer_sync",
        "marker",
        "payload",
        "picture_id",
        "picture_id_at",
        "picture_id_bits",
        "seq",
        "size",
        "switch_up",
        "temporal",
        "timestamp",
        "tl0",
        "tl0_at",
    )

    def __init__(self) -> None:
        self.seq = 0
        self.timestamp = 0
        self.marker = 0
        self.payload = memoryview(b"")
        self.size = 0
        self.begins_frame = False
        self.keyframe = False
        self.layer_sync = False
        self.switch_up = -1
        self.temporal = -1
        self.picture_id = 0
        self.picture_id_at = 0
        self.picture_id_bits = 15
        self.tl0 = 0
        self.tl0_at = 0

    def copy(self) -> Packet:
        """A copy with a payload of its own, to be kept beyond the batch."""
        p = Packet()
        for name in Packet.__slots__:
            setattr(p, name, getattr(self, name))
        p.payload = memoryview(bytes(self.payload))
        return p


class Gatherer(Protocol):
    """Keeps packets of a batch until its end."""

    def deliver(self) -> None: ...


class Batch:
    """The packets of one read. Each layer collects its own; they leave receiver by receiver.

    So the state of a receiver is looked up once for a burst, and packets to one receiver lie side
    by side for the kernel, which takes such a run as one segmented datagram.
    """

    __slots__ = ("gatherers", "now", "packets", "used")

    def __init__(self) -> None:
        # The port ends a batch after RECEIVE_SLOTS datagrams at the latest.
        self.packets = [Packet() for _ in range(RECEIVE_SLOTS * (1 + MAX_FILLED))]
        self.used = 0
        # Monotonic seconds of the newest packet.
        self.now = 0.0
        self.gatherers: list[Gatherer] = []

    def take(self) -> Packet:
        """A packet to fill in.

        Raises IndexError when the batch is full, which the port does not let happen.
        """
        packet = self.packets[self.used]
        self.used += 1
        return packet

    def deliver(self) -> None:
        """Hand everything to the receivers: the port calls this before it lets the memory go."""
        for gatherer in self.gatherers:
            gatherer.deliver()
        self.gatherers.clear()
        self.used = 0
