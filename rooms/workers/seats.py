"""Where each seat in a call should be, and whether it must enter again. Pure: time is a parameter.

A seat is a page's place in a room, held by a consumer. It knows what it last asked for, and what
the worker last confirmed. ``due`` compares that with what Redis says. There is one act, to enter,
whatever the reason; it is repeated until the two agree. Times are seconds of one process' monotonic
clock, so no clock of another machine matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rooms.workers.pulse import Live, Report
from sfu_worker import wire

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
