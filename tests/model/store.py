"""Redis in the model: what the two scripts do, and keys that expire by the model's own time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from rooms.workers import placing
from sfu_worker import wire
from sfu_worker.control import claims


class Away(Exception):
    """Redis does not answer."""


class Store:
    """``now`` is in seconds. While ``away`` is set everything raises Away."""

    def __init__(self) -> None:
        self.now = 0.0
        self.away = False
        self.eras = 0
        self._data: dict[str, tuple[Any, float]] = {}

    def get(self, key: str) -> Any:
        """The value; None if there is none, or no longer."""
        self._answer()
        value, until = self._data.get(key, (None, math.inf))
        return value if until > self.now else None

    def put(self, key: str, value: Any, seconds: float = math.inf) -> None:
        self._answer()
        self._data[key] = (value, self.now + seconds)

    def delete(self, key: str) -> None:
        self._answer()
        self._data.pop(key, None)

    def lose_everything(self) -> None:
        self._data.clear()

    def expire_everything(self) -> None:
        """Every key that has a time to live expires: its clock has jumped ahead."""
        self._data = {key: kept for key, kept in self._data.items() if kept[1] == math.inf}

    def era(self) -> str:
        """As the web side reads it: made where it is missing."""
        if self.get(wire.ERA_KEY) is None:
            self.eras += 1
            self.put(wire.ERA_KEY, f"era {self.eras}")
        era: str = self.get(wire.ERA_KEY)
        return era

    def _answer(self) -> None:
        if self.away:
            raise Away

    # The scripts

    def beat(
        self, worker: str, report: str, rooms: Mapping[str, tuple[int, str]]
    ) -> dict[str, int]:
        """``claims.beat``."""
        self.put(wire.worker_key(worker), report, wire.WORKER_TTL_SECONDS)
        self.put(wire.WORKERS_KEY, {*(self.get(wire.WORKERS_KEY) or ()), worker})
        return {slug: self._keep(worker, slug, *room) for slug, room in rooms.items()}

    def _keep(self, worker: str, slug: str, mine: int, live: str) -> int:
        key = wire.room_key(slug)
        held = self.get(key)
        claim = wire.Claim.parse(held) if held else None
        if claim is None or (claim.worker != worker and claim.fence < mine):
            fence = max(int(self.get(wire.FENCE_KEY) or 0), mine) + 1
            self.put(wire.FENCE_KEY, str(fence))
        elif claim.worker == worker:
            fence = max(claim.fence, mine)
        else:
            return 0
        self.put(key, str(wire.Claim(fence, worker)), claims.ROOM_TTL_MS / 1000)
        self.put(wire.live_key(slug), live, wire.WORKER_TTL_SECONDS)
        return fence

    def place(self, room: str, *, newcomer: bool, dead: Iterable[str]) -> str | None:
        """``placing.place``."""
        gone = set(dead)
        held: str | None = self.get(wire.room_key(room))
        holder = None
        if held and wire.Claim.parse(held).worker not in gone:
            holder = self._state(wire.Claim.parse(held).worker)
        if holder and not holder["draining"]:
            return placing.CROWDED if newcomer and holder["busy"] else held
        best = self._least(gone, busy=False)
        if best is None and holder is None:
            best = self._least(gone, busy=True)
            if best and newcomer:
                return placing.CROWDED
        if best is None:
            return held if holder else None
        fence = int(self.get(wire.FENCE_KEY) or 0) + 1
        self.put(wire.FENCE_KEY, str(fence))
        claim = str(wire.Claim(fence, best))
        self.put(wire.room_key(room), claim, placing.ROOM_TTL_MS / 1000)
        key = wire.placed_key(best)
        self.put(key, str(int(self.get(key) or 0) + 1), placing.PLACED_TTL_MS / 1000)
        return claim

    def _state(self, worker: str) -> dict[str, Any] | None:
        raw = self.get(wire.worker_key(worker))
        found: dict[str, Any] = json.loads(raw) if raw else {"dead": True}
        return None if found.get("dead") else found

    def _least(self, gone: set[str], *, busy: bool) -> str | None:
        ranked = []
        for worker in self.get(wire.WORKERS_KEY) or ():
            state = self._state(worker) if worker not in gone else None
            if state and not state["draining"] and (busy or not state["busy"]):
                count = state["rooms"] + int(self.get(wire.placed_key(worker)) or 0)
                ranked.append((math.floor(state["load"] * 20), count, worker))
        return min(ranked)[2] if ranked else None
