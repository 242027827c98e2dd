"""Where a worker's numbers come from: sums over what layers, slots and receivers count anyway, once a second."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from sfu_worker.numbers import Counts, Links, RoomNumbers, added, grown

if TYPE_CHECKING:
    from sfu_worker.call.participant import Participant
    from sfu_worker.down.slot import DownTrack
    from sfu_worker.up.layer import UpLayer


class Tally:
    """What one participant has sent and received since it came, over all of its connections.

    Layers and slots come and go. Each knows what of its own counts is in here already (``tallied``), so that nothing is lost
    or counted twice when one ends.
    """

    def __init__(self) -> None:
        self.nacks_in = 0
        self.plis_in = 0
        self._in: tuple[int, ...] = (0,) * 6
        self._out: tuple[int, ...] = (0,) * 5

    def take(self, layers: Iterable[UpLayer], slots: Iterable[DownTrack]) -> None:
        """Gather what is new."""
        for layer in layers:
            counts: tuple[int, ...] = layer.counts
            if counts != layer.tallied:
                self._in = tuple(
                    [
                        total + new - old
                        for total, new, old in zip(self._in, counts, layer.tallied, strict=True)
                    ]
                )
                layer.tallied = counts
        for slot in slots:
            counts = slot.counts
            if counts != slot.tallied:
                self._out = tuple(
                    [
                        total + new - old
                        for total, new, old in zip(self._out, counts, slot.tallied, strict=True)
                    ]
                )
                slot.tallied = counts

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


class RoomMeter:
    """One room's counts, with those of participants who have left."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._gone = Counts()
        self._before = Counts()
        self._at: float | None = None

    def left(self, participant: Participant) -> None:
        """Somebody has left; its transport is gone already."""
        self._gone = added([participant.tally.counts], self._gone)

    def measure(self, participants: Collection[Participant], now: float) -> RoomNumbers:
        """Timer: every second."""
        for p in participants:
            p.count()
        total = added([p.tally.counts for p in participants], self._gone)
        seconds = now - self._at if self._at is not None and now > self._at else 1.0
        last = grown(total, self._before)
        self._before, self._at = total, now
        tracks = [t.kind for p in participants for t in p.tracks.values() if t.published]
        return RoomNumbers(
            epoch=self._epoch,
            people=sum(p.kind != "whep" for p in participants),
            streams=sum(p.kind == "whip" for p in participants),
            viewers=sum(p.kind == "whep" for p in participants),
            audio_tracks=tracks.count("audio"),
            video_tracks=tracks.count("video"),
            paused=sum(
                slot.paused_why == "bandwidth" for p in participants for slot in p.slots.values()
            ),
            links=Links.of(p.egress.link for p in participants if p.egress.heard),
            total=total,
            last=last,
            seconds=float(seconds),
        )
