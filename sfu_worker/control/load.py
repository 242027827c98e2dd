"""How full a worker is, and whether newcomers would suffer: ``Load``. Pure; time is a parameter.

CPU time alone does not tell. A process that gets no core uses little, while its packets wait. So
the load is the highest of three: packets that were read late, datagrams that the sockets dropped
because nobody read them in time, and CPU. docs/performance.md says where the limits come from.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sfu_worker.numbers import LATE_SECONDS

# Everything is judged over this time. It is three times as long as what must not count: the second
# in which many people join at once, or one pause of the process.
WINDOW_SECONDS = 3.0

# Of what should have arrived: the loss that receivers conceal without being heard.
DROPPED_SHARE = 0.01

# How often to judge.
STEP_SECONDS = 0.25

# A worker that was busy stays so until it was at ease for so long, or it would change its mind
# with each newcomer.
EASE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Shares:
    """Of the window: the time in which packets were late, or dropped, and the CPU time used."""

    late: float = 0.0
    dropping: float = 0.0
    cpu: float = 0.0

    def __str__(self) -> str:
        packets = f"packets late {self.late:.0%} and dropped {self.dropping:.0%} of the time"
        return f"{packets}, CPU {self.cpu:.0%}"

    def any_above(self, limits: Shares) -> bool:
        return self.late > limits.late or self.dropping > limits.dropping or self.cpu > limits.cpu


# Above one of these newcomers would suffer. For being late or dropping that is a second of three,
# which may touch five steps of dropping. The event loop has one core. Handshakes, key frames and
# the media of a few more newcomers, who come before the load is known, take what is left of it.
FULL = Shares(late=1 / 3, dropping=0.5, cpu=0.85)

# Below all of these the worker is at ease.
EASE = Shares(late=0.05, dropping=0.05, cpu=0.75)


@dataclass(frozen=True, slots=True)
class _Step:
    """What was seen between two calls of ``step``, in seconds."""

    begin: float
    end: float
    late: float
    dropping: float
    cpu: float


class Load:
    """Judges a worker. Call ``note`` at each tick, and ``step`` when it is ``due``.

    ``value`` is from 0 to 1, and placement compares it; ``busy`` means that newcomers should go
    elsewhere. ``shares`` says why.
    """

    def __init__(self, now: float, cpu: float = 0.0) -> None:
        """``cpu`` is what the process has used so far, in seconds."""
        self.busy = False
        self.shares = Shares()
        self._noted = self._stepped = self._strained = now
        self._late = 0.0
        self._cpu = cpu
        self._received = self._dropped = 0
        self._steps: deque[_Step] = deque()

    @property
    def value(self) -> float:
        found = self.shares
        return min(1.0, max(found.cpu, found.late / FULL.late, found.dropping / FULL.dropping))

    def note(self, now: float, waited: float) -> None:
        """Of what was due since the last call, the oldest waited for so many seconds.

        What waited is taken to have come in evenly. If it waited for the whole time (the process
        stood still), the youngest did not wait at all; otherwise there is a queue.
        """
        passed, self._noted = now - self._noted, now
        if waited > LATE_SECONDS and passed > 0:
            self._late += passed * min(1.0, (waited - LATE_SECONDS) / min(waited, passed))

    def due(self, now: float) -> bool:
        return now - self._stepped >= STEP_SECONDS

    def step(self, now: float, cpu: float, received: int, dropped: int) -> bool:
        """Judge the last seconds. Returns whether ``busy`` has changed.

        ``cpu`` (seconds) and the datagrams ``received`` and ``dropped`` count from the start.
        """
        passed = now - self._stepped
        if passed <= 0:
            return False
        lost = dropped - self._dropped
        dropping = lost > 0 and lost >= DROPPED_SHARE * (received - self._received + lost)
        self._steps.append(
            _Step(
                self._stepped,
                now,
                late=self._late,
                dropping=passed if dropping else 0.0,
                cpu=max(0.0, cpu - self._cpu),
            )
        )
        self._stepped, self._late, self._cpu = now, 0.0, cpu
        self._received, self._dropped = received, dropped
        self.shares = self._sum_up(now)
        return self._decide(now)

    def _decide(self, now: float) -> bool:
        before = self.busy
        if self.shares.any_above(EASE if before else FULL):
            self.busy, self._strained = True, now
        elif now - self._strained >= EASE_SECONDS:
            self.busy = False
        return self.busy != before

    def _sum_up(self, now: float) -> Shares:
        steps = self._steps
        while steps[0].end <= now - WINDOW_SECONDS:
            steps.popleft()
        # The oldest step may have begun before the window. A new process has none so old.
        span = max(WINDOW_SECONDS, now - steps[0].begin)
        return Shares(
            min(1.0, sum(step.late for step in steps) / span),
            min(1.0, sum(step.dropping for step in steps) / span),
            min(1.0, sum(step.cpu for step in steps) / span),
        )
