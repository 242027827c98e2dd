"""A supervisor's own folder.

It ensures one supervisor per data folder, and a private place for Valkey's socket.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# sun_path holds 108 bytes on Linux and 104 on macOS, including the final zero.
LONGEST_SOCKET_PATH = 100


class AlreadyRunning(Exception):
    """Another supervisor uses this data folder."""


@contextlib.contextmanager
def run_directory(data: Path) -> Iterator[Path]:
    """``data/run``, locked for the duration of the block.

    If its path is too long for a socket, a temporary folder.

    Raises AlreadyRunning. The kernel releases the lock however this process ends.
    """
    place = data / "run"
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise AlreadyRunning from None
    try:
        with _short_enough(place) as usable:
            yield usable
    finally:
        os.close(lock)


@contextlib.contextmanager
def _short_enough(place: Path) -> Iterator[Path]:
    if len(os.fsencode(place / "valkey.sock")) <= LONGEST_SOCKET_PATH:
        yield place
        return
    temporary = Path(tempfile.mkdtemp(prefix="confcall-"))  # made with mode 0700
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
