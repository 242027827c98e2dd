"""What happens to messages on their way in the model: they arrive, late, twice, or not at all."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Odds:
    """The share of messages that are lost, late or doubled, from 0 to 1."""

    lost: float = 0.0
    late: float = 0.0
    doubled: float = 0.0


CALM = Odds()

# From sending to arriving, in seconds.
USUAL = 0.02
LATEST = 12.0


class Post:
    """Carries messages between the parts. Those that are not late arrive in order."""

    def __init__(self, chance: random.Random) -> None:
        self.odds = CALM
        self._chance = chance
        self._bag: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def send(self, now: float, arrive: Callable[[], None]) -> None:
        """``arrive`` is called when the message arrives."""
        if self._chance.random() < self.odds.lost:
            return
        copies = 2 if self._chance.random() < self.odds.doubled else 1
        for _ in range(copies):
            late = self._chance.random() < self.odds.late
            delay = self._chance.uniform(USUAL, LATEST) if late else USUAL
            heapq.heappush(self._bag, (now + delay, next(self._count), arrive))

    def deliver(self, now: float) -> None:
        """Everything that is due by now."""
        while self._bag and self._bag[0][0] <= now:
            _, _, arrive = heapq.heappop(self._bag)
            arrive()
