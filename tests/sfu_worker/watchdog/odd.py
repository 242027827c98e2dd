"""A watchdog and its worker as they ship, but the worker misbehaves when a signal says so.

``python -m tests.sfu_worker.watchdog.odd`` is the watchdog; it starts the worker with arguments.
The spare follows sooner than it would: no test is about the time in between.

With ``ODD_STARVED`` the watchdog reads what the kernel tells of a process that waits for a CPU, and
says so each time.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from sfu_worker.watchdog import proc, watchdog
from sfu_worker.watchdog.health import Sample
from sfu_worker.watchdog.main import main

# For each signal to the worker: what its event loop does from then on.
SPIN, SLEEP = signal.SIGUSR1, signal.SIGUSR2


STARVED = "it is runnable and has had no CPU"


def starved(pid: int) -> Sample | None:
    sys.stdout.write(STARVED + "\n")
    sys.stdout.flush()
    return Sample("R", 1.0)


def spin(*_: object) -> None:
    while True:
        pass


if __name__ == "__main__":
    if len(sys.argv) == 1:
        watchdog.SPARE_AFTER_SECONDS = 0.5
        if "ODD_STARVED" in os.environ:
            proc.sample = starved
        sys.exit(main("tests.sfu_worker.watchdog.odd"))
    from sfu_worker import process

    signal.signal(SPIN, spin)
    signal.signal(SLEEP, lambda *_: time.sleep(3600))
    sys.exit(process.main(sys.argv[1:]))
