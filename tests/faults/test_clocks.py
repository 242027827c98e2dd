"""Wall clocks are moved by an hour, in both directions. Real processes, a real Redis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.clocks import HOUR, MovableClock

# Prints both clocks for each line of its input, after a sleep.
SHOW = """
import datetime, sys, time
for line in sys.stdin:
    time.sleep(0.01)
    print(time.time(), datetime.datetime.now().timestamp(), time.monotonic(), flush=True)
"""


@pytest.fixture
def clock(tmp_path: Path) -> MovableClock:
    return MovableClock(tmp_path / "clock")


def test_a_wall_clock_moves_while_a_process_runs_and_its_monotonic_clock_does_not(
    clock: MovableClock,
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SHOW],
        env=os.environ | clock.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    asked, told = process.stdin, process.stdout
    assert asked is not None
    assert told is not None
    with process, asked:

        def shown() -> list[float]:
            asked.write("\n")
            return [float(word) for word in told.readline().split()]

        before = shown()
        for seconds in (HOUR, -HOUR):
            clock.move(seconds)
            wall, date, monotonic = shown()
            assert abs(wall - before[0] - seconds) < HOUR / 2
            assert abs(date - wall) < 1
            assert 0 < monotonic - before[2] < HOUR / 2
