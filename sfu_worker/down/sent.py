"""How much an output has sent, for sender reports and the worker's numbers. Pure."""

from __future__ import annotations

from sfu_worker.up.batch import Packet
from sfu_worker.up.layer import UpLayer


class Sent:
    """Packets and octets of payload.

    The layer counts them; this remembers from where on an output has followed it.
    """

    __slots__ = ("_from", "_layer", "_octets", "_packets", "_taken", "lost")

    def __init__(self) -> None:
        self._packets = 0
        self._octets = 0
        self._layer: UpLayer | None = None
        self._from = (0, 0)
        # Packets that the receiver says it has not got by themselves.
        self.lost = 0
        self._taken: tuple[int, ...] = (0,) * 5

    def begin(self, layer: UpLayer, p: Packet) -> None:
        """Follow ``layer`` from ``p`` on, which the layer has counted already."""
        self._layer = layer
        self._from = (layer.packets - 1, layer.octets - p.size)

    def end(self) -> None:
        """Follow nothing."""
        self._packets, self._octets = self.total
        self._layer = None

    def report_lost(self, packets: int) -> None:
        """Reports come late and out of order; the total only grows."""
        self.lost = max(self.lost, packets)

    def take(self, counts: tuple[int, ...]) -> tuple[int, ...]:
        """By how much the output's counts have grown since the last call."""
        before, self._taken = self._taken, counts
        return tuple([new - old for new, old in zip(counts, before, strict=True)])

    @property
    def total(self) -> tuple[int, int]:
        """All that the layers have counted while they were followed."""
        if self._layer is None:
            return self._packets, self._octets
        packets, octets = self._from
        return (
            self._packets + self._layer.packets - packets,
            self._octets + self._layer.octets - octets,
        )
