"""Whether an event loop hangs. Pure: time is a parameter.

A loop that does not turn may hang, or its process may only wait for a CPU. What counts is the time
in which it could have turned: the CPU time that it got while it was runnable, and all time in which
it was not runnable (stopped, or in a system call that does not return). The watchdog's own pauses
do not count either. So nobody is killed because the machine is busy or was asleep.
"""

from __future__ import annotations

from dataclasses import dataclass

HUNG_SECONDS = 2.0
# Where the kernel does not tell the state of a process, waiting for a CPU counts too.
BLIND_SECONDS = 10.0
# The first turn comes after names were looked up and the port was opened.
START_SECONDS = 60.0
# If our own turns are further apart than this, it was we who were late.
LONGEST_TURN = 0.5

RUNNABLE = "R"
# The states of proc(5), in words.
WORDS = {"R": "busy", "T": "stopped", "t": "stopped by a debugger"}


@dataclass(frozen=True, slots=True)
class Sample:
    """What the kernel says of a process: its state (a letter of proc(5)), and its CPU seconds."""

    state: str
    cpu: float


class Health:
    """Of one process. ``turn`` is called several times a second."""

    def __init__(self, now: float) -> None:
        self._at = now
        self._cpu = 0.0
        self._counted = 0.0
        self._started = False

    def turn(self, now: float, turned: bool, sample: Sample | None) -> str | None:
        """Say in words what it does instead of turning, if it hangs.

        ``turned`` is whether its loop has turned since the last call. ``sample`` is None where
        there is none to be had.
        """
        elapsed = min(now - self._at, LONGEST_TURN)
        used = sample.cpu - self._cpu if sample else 0.0
        self._at, self._cpu = now, sample.cpu if sample else self._cpu
        if turned:
            self._started, self._counted = True, 0.0
        elif sample and sample.state == RUNNABLE:
            self._counted += min(max(used, 0.0), elapsed)
        else:
            self._counted += elapsed
        if self._counted < self._limit(sample):
            return None
        return WORDS.get(sample.state, "waiting") if sample else "unknown"

    def _limit(self, sample: Sample | None) -> float:
        if not self._started:
            return START_SECONDS
        return HUNG_SECONDS if sample else BLIND_SECONDS
