"""Who speaks, by the audio levels in packet headers (RFC 6464); nothing is decoded. Pure."""

from __future__ import annotations

# Levels of -50 dBov and below are a quiet room, not speech.
SILENT_DBOV = 50

# Levels above -20 dBov count as -20 dBov: a speaker near the microphone is not more important.
CEILING_DBOV = 20

# The share of one packet (20 ms) in the smoothed level. It rises within about 150 ms, so that a
# click does not count, and falls more slowly.
ATTACK = 0.15
RELEASE = 0.03

# The smoothed score (0 to 1) above which somebody has begun to speak, and below which they have
# stopped. The score during pauses between words is in between.
ON_SCORE = 0.25
OFF_SCORE = 0.12

# How many times louder a speaker must be to overtake another one in the list.
LEAD = 1.3

# After so long without a loud packet a speaker has stopped, whatever the score: this covers mute
# and discontinuous transmission.
QUIET_SECONDS = 0.9

_SPAN = SILENT_DBOV - CEILING_DBOV


class SpeakerRanking:
    """Ranks tracks by loudness.

    ``level`` is called for each audio packet, ``update`` on a timer of 100 to 500 ms.
    """

    __slots__ = ("_order", "_tracks")

    def __init__(self) -> None:
        # Track -> [smoothed score 0..1, when it was last loud].
        self._tracks: dict[str, list[float]] = {}
        self._order: list[str] = []

    def level(self, track: str, dbov: int, now: float) -> None:
        """Note the level of one packet in -dBov: 0 is the loudest, 127 is digital silence."""
        state = self._tracks.get(track)
        if state is None:
            if dbov >= SILENT_DBOV:
                return
            state = self._tracks[track] = [0.0, now]
        if dbov < SILENT_DBOV:
            loud = (SILENT_DBOV - dbov) / _SPAN if dbov > CEILING_DBOV else 1.0
            state[1] = now
        else:
            loud = 0.0
        score = state[0]
        state[0] = score + (loud - score) * (ATTACK if loud > score else RELEASE)

    def update(self, now: float) -> list[str] | None:
        """The tracks of those who speak, loudest first; None if that has not changed."""
        for track in [
            track for track, (_, loud_at) in self._tracks.items() if now - loud_at >= QUIET_SECONDS
        ]:
            del self._tracks[track]
        scores = {track: state[0] for track, state in self._tracks.items()}
        order = [track for track in self._order if scores.get(track, 0.0) >= OFF_SCORE]
        fresh = [
            track for track, score in scores.items() if score >= ON_SCORE and track not in order
        ]
        for track in sorted(fresh, key=lambda track: -scores[track]):
            order.append(track)
        self._settle(order, scores)
        if order == self._order:
            return None
        self._order = order
        return list(order)

    @staticmethod
    def _settle(order: list[str], scores: dict[str, float]) -> None:
        """Move each track before those that it is clearly louder than."""
        for i in range(1, len(order)):
            track, at = order[i], i
            while at > 0 and scores[track] > LEAD * scores[order[at - 1]]:
                order[at] = order[at - 1]
                at -= 1
            order[at] = track

    def score(self, track: str) -> float:
        """The smoothed loudness, 0 to 1; 0 for a track that is silent."""
        state = self._tracks.get(track)
        return state[0] if state is not None else 0.0

    def forget(self, track: str) -> None:
        """The track is gone. The next ``update`` leaves it out."""
        self._tracks.pop(track, None)
