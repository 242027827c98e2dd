"""A running watchdog, its processes, and what others learn of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from sfu_worker import wire
from tools import product

# Generous: a start takes half a second on an idle machine. No test judges speed.
LIMIT_SECONDS = 90.0


def until(condition: Callable[[], Any], said: Callable[[], str] = str) -> None:
    product.wait_until(lambda: bool(condition()), said, LIMIT_SECONDS)


def living(client: Any) -> set[str]:
    """The names of the workers that others believe to live."""
    names = [name.decode() for name in client.smembers(wire.WORKERS_KEY)]
    return {name for name in names if wire.lives(client.get(wire.worker_key(name)))}


def tell_of_another(client: Any) -> None:
    """Let Redis name another worker to which people can move, so that a drain waits for them."""
    client.set(wire.worker_key("other"), json.dumps({"worker": "other", "draining": False}))
    client.sadd(wire.WORKERS_KEY, "other")


def state_of(pid: int) -> str:
    """A letter as of ps; empty if there is no such process."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout[:1]


def lives(pid: int) -> bool:
    return state_of(pid) not in ("", "Z")


class Watched:
    """``python -m module`` as a process in a session of its own. ``lines`` is what it has said."""

    def __init__(self, redis_url: str, module: str = "sfu_worker", **settings: str) -> None:
        self.port = product.free_port()
        settings = {
            "REDIS_URL": redis_url,
            "SFU_PORT": str(self.port),
            "SFU_LISTEN": "127.0.0.1",
            "LOG_LEVEL": "DEBUG",
            **settings,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=product.ROOT,
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def children(self) -> dict[str, int]:
        """Process ids by the name of each worker, the spare's included."""
        command = ["ps", "-e", "-ww", "-o", "pid=,ppid=,stat=,args="]
        listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in listing.splitlines()]
        return {
            row[-1]: int(row[0])
            for row in rows
            if row[1] == str(self.process.pid) and not row[2].startswith("Z") and "-m" in row
        }

    def until(self, condition: Callable[[], Any]) -> None:
        until(condition, lambda: f"waited in vain; it said:\n{self.output}")

    def until_said(self, text: str, times: int = 1) -> None:
        self.until(lambda: self.output.count(text) >= times)

    def until_only(self, client: Any, *but: str) -> str:
        """Wait until one worker lives, none of ``but``. Returns its name."""
        self.until(lambda: len(living(client)) == 1 and not living(client) & set(but))
        return next(iter(living(client)))

    def until_spare(self, times: int = 1) -> None:
        """Wait until a spare is ready, for the so manieth time."""
        self.until_said("a spare of the media worker is ready", times)

    def wait(self) -> int:
        """Its exit code, once it has ended; ``lines`` is complete then."""
        code = self.process.wait(LIMIT_SECONDS)
        self._reading.join(LIMIT_SECONDS)
        return code

    def close(self) -> None:
        """End it, and with it everything that it has started."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.wait()
