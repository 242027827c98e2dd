"""A wall clock that a test moves while processes run, by libfaketime (Debian's ``faketime``).

The monotonic clock stays real: no one can set it. Give ``environment`` to a process when it starts,
then ``move`` its wall clock as often as you like.
"""

from __future__ import annotations

from pathlib import Path

from tests.deploy.parts import program

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


def _library() -> str:
    """The library of the program, which has its folder in a folder of each architecture."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, "the package faketime has no libfaketimeMT.so.1"
    return str(found[0])
