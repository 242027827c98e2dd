"""What one client knows of its room: the numbered events, as the call page applies them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]

NUMBERED = {
    "participant_joined",
    "participant_changed",
    "participant_left",
    "track_published",
    "track_muted",
    "track_unpublished",
    "speakers_changed",
}


@dataclass
class Room:
    """People and tracks as the server gives them, by id."""

    epoch: str = ""
    n: int = 0
    people: dict[str, Message] = field(default_factory=dict)
    tracks: dict[str, Message] = field(default_factory=dict)
    # Ids that one state listed twice.
    doubles: list[str] = field(default_factory=list)

    def take_state(self, state: Message) -> None:
        """A ``room_state``."""
        self.epoch, self.n = state["epoch"], state["n"]
        self.people = {person["id"]: person for person in state["people"]}
        self.tracks = {track["id"]: track for track in state["tracks"]}
        ids = [thing["id"] for thing in (*state["people"], *state["tracks"])]
        self.doubles += {one for one in ids if ids.count(one) > 1}

    def take_event(self, event: Message) -> bool:
        """A numbered event. False: one is missing before it, or it is about another epoch."""
        if event["epoch"] == self.epoch and event["n"] <= self.n:
            return True
        if event["epoch"] != self.epoch or event["n"] != self.n + 1:
            return False
        self.n += 1
        kind = event["type"]
        if kind in ("participant_joined", "participant_changed"):
            self.people[event["person"]["id"]] = event["person"]
        elif kind == "participant_left":
            gone = event["participant"]
            self.people.pop(gone, None)
            self.tracks = {i: t for i, t in self.tracks.items() if t["participant"] != gone}
        elif kind == "track_published":
            self.tracks[event["track"]["id"]] = event["track"]
        elif kind == "track_unpublished":
            self.tracks.pop(event["track"], None)
        elif kind == "track_muted" and event["track"] in self.tracks:
            self.tracks[event["track"]] |= {"muted": event["muted"]}
        return True


# Those who have not arrived at another worker after so long have left, as the page shows it.
EXPECTED_SECONDS = 15.0


class Shown:
    """Whom the page shows, while people arrive at another worker one after the other."""

    def __init__(self) -> None:
        self._people: set[str] = set()
        self._expected: set[str] = set()
        self._epoch = ""
        self._until = 0.0

    def enter(self, epoch: str, now: float) -> None:
        """The room has this epoch now. In another one everyone is expected again."""
        if self._epoch and epoch != self._epoch:
            self._expected, self._until = set(self._people), now + EXPECTED_SECONDS
        self._epoch = epoch

    def take(self, people: set[str], now: float) -> tuple[set[str], set[str]]:
        """Who has come and who has left, when the server lists these people."""
        # From the moment that the new worker names someone, it knows best.
        self._expected = self._expected - people if now < self._until else set()
        before, self._people = self._people, people | self._expected
        return self._people - before, before - self._people
