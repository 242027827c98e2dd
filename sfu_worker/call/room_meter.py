"""A room's numbers for operators, once a second."""

from __future__ import annotations

from collections.abc import Collection

from sfu_worker.call.participant import Participant
from sfu_worker.numbers import Counts, Links, RoomNumbers, added, grown


class RoomMeter:
    """One room's counts, including those of participants who have left."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._gone = Counts()
        self._before = Counts()
        self._at: float | None = None

    def left(self, participant: Participant) -> None:
        """A participant has left; their connection is closed already."""
        self._gone = added([participant.tally.counts], self._gone)

    def measure(self, participants: Collection[Participant], now: float) -> RoomNumbers:
        """Every second: the room's numbers. ``participants`` are those who have arrived."""
        for p in participants:
            if p.connection is not None:
                p.connection.count()
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
            links=Links.of(
                p.connection.egress.link
                for p in participants
                if p.connection is not None and p.connection.egress.heard
            ),
            total=total,
            last=last,
            seconds=float(seconds),
        )
