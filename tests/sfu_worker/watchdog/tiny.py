"""A watchdog whose worker does next to nothing, and starts in no time.

It turns until it is told to end. TINY says how it ends instead: an exit code, and whether before or
after its first turn.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from sfu_worker.watchdog.link import Link
from sfu_worker.watchdog.main import main


def run(arguments: list[str]) -> int:
    link = Link.from_stdin(int(arguments[0]))
    if not link.wait():
        return 0
    when, _, code = os.environ.get("TINY", "").partition(" ")
    if when == "before":
        return int(code)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    while True:
        link.turned()
        if when == "after":
            return int(code)
        time.sleep(0.1)


if __name__ == "__main__":
    module = "tests.sfu_worker.watchdog.tiny"
    sys.exit(main(module) if len(sys.argv) == 1 else run(sys.argv[1:]))
