"""Which microphones are forwarded in a large room, and whose voice goes into which voice slot. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sfu_worker.call.speakers import LEAD, SpeakerRanking

CROWD_ABOVE = 12
CROWD_UNTIL = 10
"Above 12 people silent microphones are held back, until the room has 10 again: not to and fro where somebody comes and goes."

RECENT_SECONDS = 2.0
"Whoever was loud within this time is forwarded: longer than the pauses in what somebody says."

KEPT_OPEN = 4
"The last four who spoke stay open through silence: a conversation of a few has no gate in it."

MOST_OPEN = 8
"Open at once at most: beyond eight voices at a time nobody follows, and fifty open windows must not become fifty streams."

SHUT, EMPTY = -1.0, -2.0
"Claims to a voice slot: of a voice that is held back now, and of nobody. Open voices claim with their loudness, 0 to 1."


def stronger(claim: float, other: float) -> bool:
    """Whether a voice takes another's place: always from one that has gone quiet, else only when it is clearly louder."""
    return claim > LEAD * other if other >= 0 else claim >= 0


class VoiceGate:
    """Who is open. A loud packet opens its track at once, before any ranking has settled, as long as there is a place.

    With all places taken, it takes that of the quietest: at once when that one has stopped, else when it has become clearly
    louder, which the ranking's attack makes about 150 ms.
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
        """Say how many are in the room. True when ``crowded`` has changed."""
        crowded = people > (CROWD_UNTIL if self.crowded else CROWD_ABOVE)
        changed, self.crowded = crowded != self.crowded, crowded
        return changed

    def loud(self, track: str, now: float) -> tuple[str, ...]:
        """Note a loud packet, which the ranking knows already.

        Returns whose state it has changed: nobody's, or the track's and after it that of the one whose place it took.
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
        """Timer: shut who has been quiet for long. Returns them."""
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
        """How much a voice asks to be heard, for ``place``."""
        return self._ranking.score(track) if track in self._loud_at else SHUT


def place(slots: list[str], claims: dict[str, float]) -> list[str]:
    """Put voices into voice slots. ``slots``: whose voice each has now, '' for nobody's; ``claims``: of all who could be heard.

    A voice keeps its slot until another needs it, a silent one too, so that nobody is told of each pause.
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
