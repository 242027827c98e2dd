"""Where each seat in a call should be, and whether it must enter again. Pure: time is a parameter.

A seat is a page's place in a room, held by a consumer. It knows what it last asked for, and what
the worker last confirmed. ``due`` compares that with what Redis says. There is one act, to enter,
whatever the reason; it is repeated until the two agree. Times are seconds of one process' monotonic
clock, so no clock of another machine matters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sfu_worker import wire

# A worker whose beat has not changed for so long is dead. Only looks that Redis answered count.
SILENT_SECONDS = wire.WORKER_TTL_SECONDS

# What one look may add to a worker's silence: a process that was stopped has not watched.
STEP_SECONDS = 1.5

# After an outage of Redis, or an empty Redis, workers need a moment to report again.
QUIET_SECONDS = 2 * wire.WORKER_TTL_SECONDS

# A join that was not answered within this time is sent again, and then after twice as long, and so
# on: everyone's joins and answers must not be what keeps a worker late.
ANSWER_SECONDS = 2.0
LONGEST_ANSWER_SECONDS = 8.0

# A worker reports who is in a room once a second. A seat that is missing for longer is not there.
LISTED_SECONDS = 3.0

# The last of a room's events may be lost, and then no later one shows the gap.
HEARD_SECONDS = 2.0

Reason = Literal["era", "free", "dead", "moved", "draining", "unconfirmed", "unlisted", "behind"]

# The media has no worker any more: the page is told so.
LOST: frozenset[Reason] = frozenset({"free", "dead"})


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

    @classmethod
    def parse(cls, raw: bytes | str | None) -> Live | None:
        """A report from its key; None if there is none, or none that can be read."""
        body = _json(raw)
        channels = body.get("channels") if body is not None else None
        if body is None or not isinstance(channels, dict):
            return None
        n = int(body.get("n") or 0)
        return cls(int(body.get("fence") or 0), str(body.get("epoch")), channels, n)


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


@dataclass(frozen=True, slots=True)
class View:
    """What one look saw. ``began`` is the time before it: later changes of a seat are not in it.

    ``workers`` are those that live.
    """

    began: float
    era: str
    claims: Mapping[str, wire.Claim]
    workers: Mapping[str, Report]
    lives: Mapping[str, Live] = field(default_factory=dict)
    quiet: bool = False

    def another_than(self, worker: str) -> bool:
        """Whether a room can move away from this worker."""
        return any(
            name != worker and not report.draining and not report.busy
            for name, report in self.workers.items()
        )


@dataclass(slots=True)
class Seat:
    """A consumer (its channel) that wants to be in a room, and what has become of it.

    ``id`` names the page and ``socket`` counts its sockets, see ``wire.Join``. ``era`` is that of
    the Redis that holds its group. ``asked`` is the claim that it last sent a join to.
    ``confirmed`` is the claim whose holder last answered, with the ``epoch`` of the answer.
    ``sure``: that was the answer to the last join.
    ``lost``: no worker holds the media any more, as far as we know. ``n`` is the number of the
    last event that the page was sent.
    """

    channel: str
    room: str
    participant: str
    id: str
    socket: int = 0
    era: str | None = None
    asked: wire.Claim | None = None
    confirmed: wire.Claim | None = None
    epoch: str = ""
    sure: bool = False
    lost: bool = False
    n: int = 0
    changed: float = float("-inf")
    # The joins since the last answer to one with this claim.
    _asked_times: int = 0
    _unlisted: float | None = None
    # An event that the holder has sent and the page has not, and when that was seen.
    _missing: tuple[int, float] | None = None

    def ask(self, claim: wire.Claim, era: str, now: float) -> None:
        """A join goes to the holder of ``claim``, after the group of ``era`` was entered."""
        self._asked_times = self._asked_times + 1 if claim == self.asked else 1
        self.asked, self.era, self.sure = claim, era, False
        self.changed, self._unlisted, self._missing = now, None, None

    def confirm(self, fence: int, epoch: str, n: int, now: float) -> bool:
        """The room's state has come. False: it comes from a holder before the one we asked."""
        if self.asked is None or fence < self.asked.fence:
            return False
        self.confirmed = wire.Claim(fence, self.asked.worker)
        self.epoch, self.n = epoch, n
        self.sure, self.lost, self.changed, self._unlisted = True, False, now, None
        self._asked_times = 0
        return True

    def knows_more(self, epoch: str, n: int) -> bool:
        """Whether the page was sent events after a room_state, which comes late then."""
        return epoch == self.epoch and n < self.n

    def heard(self, n: int) -> None:
        """The page was sent the event with this number."""
        self.n = max(self.n, n)

    def doubt(self) -> bool:
        """The holder does not know us any more. False: a join is on its way already."""
        before, self.sure = self.sure, False
        return before

    def lose(self) -> bool:
        """There is no holder any more. True if that is news for the page."""
        before, self.sure, self.lost = self.lost, False, True
        return not before and self.confirmed is not None

    def hears(self, fence: int, epoch: str | None) -> bool:
        """Whether an event is about the room that the page knows.

        An event to the whole group names its ``epoch``. One to this seat alone has none; then the
        ``fence`` tells whether it comes from an earlier holder. Until a new holder has confirmed
        the seat, the page goes on with what the previous one says.
        """
        if epoch is not None:
            return epoch == self.epoch
        return not fence or self.confirmed is None or fence >= self.confirmed.fence

    def see(self, view: View) -> None:
        """Note whether the holder's report lists this seat, and what the page has not heard."""
        live = view.lives.get(self.room)
        if self._missing and self._missing[0] <= self.n:
            self._missing = None
        if live and live.epoch == self.epoch and live.n > self.n and not self._missing:
            self._missing = (live.n, view.began)
        if live is None or self.asked is None or live.fence != self.asked.fence:
            missing = False
        else:
            missing = live.channels.get(self.participant) != self.channel
        if not missing:
            self._unlisted = None
        elif self._unlisted is None:
            self._unlisted = view.began

    @property
    def patience(self) -> float:
        """How long an answer may take, in seconds."""
        return min(ANSWER_SECONDS * 2.0 ** max(0, self._asked_times - 1), LONGEST_ANSWER_SECONDS)

    def unlisted_for(self, now: float) -> float:
        """For how long the holder's reports have not listed this seat, in seconds."""
        return 0.0 if self._unlisted is None else now - self._unlisted

    def behind_for(self, now: float) -> float:
        """For how long an event of the holder has been missing, in seconds."""
        missing = self._missing and self._missing[0] > self.n
        return now - self._missing[1] if self._missing and missing else 0.0


def due(seat: Seat, view: View, now: float) -> Reason | None:
    """Why the seat must enter (again); None if it need not, or if the view is too old to tell."""
    if seat.changed >= view.began:
        return None
    claim = view.claims.get(seat.room)
    if claim is None:
        # After a loss of all keys the holder takes its rooms back, unless it is dead too.
        holder = seat.confirmed.worker if seat.confirmed else ""
        return None if view.quiet and holder in view.workers else "free"
    holding = view.workers.get(claim.worker)
    if holding is None:
        return "dead"
    if seat.era != view.era:
        return "era"
    if claim != seat.asked:
        return "moved"
    if holding.draining and view.another_than(claim.worker):
        return "draining"
    if not seat.sure:
        return "unconfirmed" if now - seat.changed >= seat.patience else None
    if seat.unlisted_for(now) > LISTED_SECONDS:
        return "unlisted"
    return "behind" if seat.behind_for(now) > HEARD_SECONDS else None
