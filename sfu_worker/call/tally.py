"""One participant's counts: sums over what layers and outputs count anyway, once a second."""

from __future__ import annotations

from collections.abc import Iterable

from sfu_worker.down.output import Output
from sfu_worker.numbers import Counts
from sfu_worker.up.layer import UpLayer


class Tally:
    """What one participant has sent and received since they joined, over all of their connections.

    Layers and outputs come and go. Each remembers which of its own counts were taken, so that
    nothing is lost or counted twice when one ends.
    """

    def __init__(self) -> None:
        self.nacks_in = 0
        self.plis_in = 0
        self._in: tuple[int, ...] = (0,) * 6
        self._out: tuple[int, ...] = (0,) * 5

    def take(self, layers: Iterable[UpLayer], outputs: Iterable[Output]) -> None:
        """Add what they have counted since the last call."""
        for layer in layers:
            self._in = _sum(self._in, layer.take_counts())
        for output in outputs:
            self._out = _sum(self._out, output.take_counts())

    @property
    def counts(self) -> Counts:
        """As of the last ``take``."""
        packets_in, octets_in, lost, given_up, nacks, plis = self._in
        packets_out, octets_out, reported, resent, repair_octets = self._out
        return Counts(
            packets_in=packets_in,
            octets_in=octets_in,
            packets_out=packets_out,
            octets_out=octets_out,
            lost_in=lost,
            given_up_in=given_up,
            lost_out=reported,
            resent_out=resent,
            repair_octets_out=repair_octets,
            nacks_in=self.nacks_in,
            nacks_out=nacks,
            plis_in=self.plis_in,
            plis_out=plis,
        )


def _sum(total: tuple[int, ...], more: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([a + b for a, b in zip(total, more, strict=True)])
