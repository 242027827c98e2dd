"""Real servers for the tests of deploy/: on free ports, with everything they write in one folder."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tools.system_packages import PROGRAMS, find

ROOT = Path(__file__).resolve().parents[2]


def program(name: str) -> str:
    """The path of a server that PROGRAMS names. Without it: a failure in CI, else a skipped test."""
    package = next(known.package for known in PROGRAMS if name in known.names)
    if found := find(name):
        return found
    text = f"needs {name}: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def free_port() -> int:
    """A port of 127.0.0.1 that is free at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_until(condition: Callable[[], bool], said: Callable[[], str] = str) -> None:
    """Wait up to a minute. ``said`` explains a failure."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something takes TCP connections there."""
    with suppress(OSError), closing(socket.create_connection((host, port), 5)):
        return True
    return False


@contextmanager
def running(
    command: Sequence[str], log: Path, ready: Callable[[], bool], **env: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server from ``ready`` until the end of the block. What it prints goes into ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=os.environ | env, stdout=output, stderr=subprocess.STDOUT
        )

    def is_up() -> bool:
        assert process.poll() is None, log.read_text()
        return ready()

    try:
        wait_until(is_up, log.read_text)
        yield process
    finally:
        process.terminate()
        process.wait(30)
