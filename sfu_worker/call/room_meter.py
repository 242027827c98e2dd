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
        kinds = [p.kind for p in participants]
        return RoomNumbers(
            epoch=self._epoch,
            people=len(kinds) - kinds.count("whep"),
            streams=kinds.count("whip"),
            viewers=kinds.count("whep"),
            audio_tracks=tracks.count("audio"),
            video_tracks=tracks.count("video"),
            paused=sum(
                slot.paused_why == "bandwidth" for p in participants for slot in p.slots.values()
            ),
            links=_links(participants),
            total=total,
            last=last,
            seconds=float(seconds),
        )


def _links(participants: Collection[Participant]) -> Links:
    """The links of those receivers that report what arrives."""
    return Links.of(
        p.connection.egress.link
        for p in participants
        if p.connection is not None and p.connection.egress.heard
    )
