"""What workers report of themselves and their rooms, and which of them live. Pure.

Time is a parameter, in seconds of one process' monotonic clock: no clock of another machine
matters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfu_worker import wire

# A worker whose beat has not changed for so long is dead. Only looks that Redis answered count.
SILENT_SECONDS = wire.WORKER_TTL_SECONDS

# What one look may add to a worker's silence: a process that was stopped has not watched.
STEP_SECONDS = 1.5

# After an outage of Redis, or an empty Redis, workers need a moment to report again.
QUIET_SECONDS = 2 * wire.WORKER_TTL_SECONDS


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker last said about itself, see ``wire.worker_key``."""

    beat: int = 0
    draining: bool = False
    busy: bool = False
    dead: bool = False

    @classmethod
    def parse(cls, raw: bytes | str | None) -> Report | None:
        """A report from its key; None if there is none, or none that can be read."""
        body = _json(raw)
        if body is None:
            return None
        beat = body.get("beat")
        return cls(
            beat if isinstance(beat, int) else 0,
            bool(body.get("draining")),
            bool(body.get("busy")),
            bool(body.get("dead")),
        )


@dataclass(frozen=True, slots=True)
class Live:
    """What the holder of a room last reported about it, see ``wire.live_key``."""

    fence: int
    epoch: str
    channels: Mapping[str, str]
    n: int = 0
    people: int = 0

    @classmethod
    def parse(cls, raw: bytes | str | None) -> Live | None:
        """A report from its key; None if there is none, or none that can be read."""
        body = _json(raw)
        channels = body.get("channels") if body is not None else None
        if body is None or not isinstance(channels, dict):
            return None
        n, people = int(body.get("n") or 0), int(body.get("people") or 0)
        return cls(int(body.get("fence") or 0), str(body.get("epoch")), channels, n, people)


def _json(raw: bytes | str | None) -> dict[str, Any] | None:
    try:
        body = json.loads(raw or b"null")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


@dataclass(slots=True)
class _Heard:
    """The last report of a worker, and for how long it has been the last."""

    report: Report | None
    silent: float = 0.0


@dataclass(slots=True)
class Pulse:
    """Which workers live, as one process sees it. ``era`` is that of the last look."""

    era: str | None = None
    _workers: dict[str, _Heard] = field(default_factory=dict)
    _last: float | None = None
    _missed: bool = False
    _quiet_until: float = float("-inf")

    def missed(self) -> None:
        """Redis did not answer a look."""
        self._missed = True

    def answered(self, now: float, era: str, reports: Mapping[str, Report | None]) -> None:
        """Redis answered a look. ``reports`` holds each worker that a room or Redis names.

        A Redis that has lost everything names none. The others are remembered until they are dead.
        """
        step = 0.0 if self._last is None else min(now - self._last, STEP_SECONDS)
        self._last = now
        remembered = dict.fromkeys(self.living)
        self._workers = {
            worker: self._heard(worker, report, step)
            for worker, report in {**remembered, **reports}.items()
        }
        if self._missed or self.era not in (None, era):
            self._quiet_until = now + QUIET_SECONDS
            for heard in self._workers.values():
                heard.silent = SILENT_SECONDS - QUIET_SECONDS
        self._missed, self.era = False, era

    def _heard(self, worker: str, report: Report | None, step: float) -> _Heard:
        before = self._workers.get(worker)
        if before is None:
            return _Heard(report)
        if report is None:  # the key has expired: what it said last still counts
            return _Heard(before.report, before.silent + step)
        if before.report is None or report.beat != before.report.beat:
            return _Heard(report)
        return _Heard(report, before.silent + step)

    @property
    def living(self) -> dict[str, Report]:
        """The workers that live, or may do so. Of whom nothing was heard, nothing is expected."""
        return {
            worker: heard.report or Report(busy=True)
            for worker, heard in self._workers.items()
            if not _is_dead(heard)
        }

    @property
    def dead(self) -> frozenset[str]:
        """The workers that are dead. Redis may not know it of all of them."""
        return frozenset(worker for worker, heard in self._workers.items() if _is_dead(heard))

    def quiet(self, now: float) -> bool:
        """Whether something that is missing in Redis may come back by itself."""
        return now < self._quiet_until


def _is_dead(heard: _Heard) -> bool:
    told = heard.report is not None and heard.report.dead
    return told or heard.silent > SILENT_SECONDS
