"""Which microphones a large room forwards, and whose voice fills which voice slot. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sfu_worker.call.speakers import LEAD, SpeakerRanking

# Above 12 people silent microphones are held back, until the room is down to 10. The gap keeps the
# gate from switching each time somebody comes or goes.
CROWD_ABOVE = 12
CROWD_UNTIL = 10

# Anyone who was loud within this time is forwarded. It is longer than the pauses in speech.
RECENT_SECONDS = 2.0

# The last four who spoke stay open while they are silent: a few people can talk without a gate.
KEPT_OPEN = 4

# The most that are open at once. Nobody can follow more than eight voices, and fifty noisy
# homes must not become fifty streams.
MOST_OPEN = 8

# Claims to a voice slot: of a voice that is held back, and of an empty slot. Open voices claim with
# their loudness, 0 to 1.
SHUT, EMPTY = -1.0, -2.0


def stronger(claim: float, other: float) -> bool:
    """Whether a voice takes another's place.

    It always does if the other has gone quiet; otherwise it has to be clearly louder.
    """
    return claim > LEAD * other if other >= 0 else claim >= 0


class VoiceGate:
    """The tracks that are open.

    While there is a free place, a loud packet opens its track at once, before the ranking has
    settled. Otherwise the track takes the place of the quietest one: at once if that one has
    stopped, or when it has become clearly louder, which takes the ranking about 150 ms.
    """

    __slots__ = ("_loud_at", "_ranking", "crowded")

    def __init__(self, ranking: SpeakerRanking) -> None:
        self.crowded = False
        self._ranking = ranking
        # Open track -> when it was last loud.
        self._loud_at: dict[str, float] = {}

    def __contains__(self, track: str) -> bool:
        return track in self._loud_at

    def __iter__(self) -> Iterator[str]:
        return iter(self._loud_at)

    def count(self, people: int) -> bool:
        """Take the number of people in the room. Returns whether ``crowded`` has changed."""
        crowded = people > (CROWD_UNTIL if self.crowded else CROWD_ABOVE)
        changed, self.crowded = crowded != self.crowded, crowded
        return changed

    def loud(self, track: str, now: float) -> tuple[str, ...]:
        """Note a loud packet, after the ranking has.

        Returns the tracks that were opened or shut by it: none, or this one, followed by the one
        whose place it took.
        """
        changed: tuple[str, ...] = ()
        if track not in self._loud_at:
            changed = self._let_in(track)
            if not changed:
                return changed
        self._loud_at[track] = now
        return changed

    def _let_in(self, track: str) -> tuple[str, ...]:
        if len(self._loud_at) < MOST_OPEN:
            return (track,)
        score = self._ranking.score
        quietest = min(self._loud_at, key=score)
        if not stronger(score(track), score(quietest)):
            return ()
        del self._loud_at[quietest]
        return track, quietest

    def update(self, now: float) -> list[str]:
        """Timer: shut the tracks that have been quiet for long. Returns them."""
        stale = sorted(
            (at, track) for track, at in self._loud_at.items() if now - at >= RECENT_SECONDS
        )
        gone = [track for _, track in stale[: max(0, len(self._loud_at) - KEPT_OPEN)]]
        for track in gone:
            del self._loud_at[track]
        return gone

    def forget(self, track: str) -> None:
        """The track is gone."""
        self._loud_at.pop(track, None)

    def claim(self, track: str) -> float:
        """The track's claim to a voice slot, for ``place``."""
        return self._ranking.score(track) if track in self._loud_at else SHUT


def place(slots: list[str], claims: dict[str, float]) -> list[str]:
    """Put voices into voice slots.

    ``slots`` has the track in each slot now, '' for none; ``claims`` has the claim of each track
    that could be heard. A voice keeps its slot, silent or not, until another needs it: clients are
    not told of each pause.
    """
    placed = list(slots)
    if not placed:
        return placed
    waiting = [track for track, claim in claims.items() if claim >= 0 and track not in placed]
    for track in sorted(waiting, key=lambda track: -claims[track]):
        held = [claims.get(other, SHUT) if other else EMPTY for other in placed]
        weakest = held.index(min(held))
        if not stronger(claims[track], held[weakest]):
            break
        placed[weakest] = track
    return placed
