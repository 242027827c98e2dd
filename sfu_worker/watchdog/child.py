"""A worker process as its watchdog sees it: a spare until it is told to go."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys

from sfu_worker.watchdog.link import GO, READY, TURNED


class Child:
    """Starts ``python -m module``, which waits until ``go``. Raises OSError if that fails.

    ``name`` is the worker's in this life. ``ready`` is whether it has imported everything,
    ``started`` whether its event loop has turned.
    """

    def __init__(self, name: str, module: str) -> None:
        self.name = name
        self.ready = self.started = False
        self.line, theirs = socket.socketpair()
        self.line.setblocking(False)
        # The arguments can be read by every user of the machine; settings are in the environment.
        command = [sys.executable, "-m", module, str(os.getpid()), name]
        with theirs:
            try:
                # Its own session: what the watchdog's group is sent is for the watchdog alone.
                self._process = subprocess.Popen(
                    command, stdin=theirs.fileno(), start_new_session=True
                )
            except OSError:
                self.line.close()
                raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None if it lives."""
        return self._process.poll()

    @property
    def is_open(self) -> bool:
        """Whether it can say anything more."""
        return self.line.fileno() >= 0

    def go(self) -> None:
        with contextlib.suppress(OSError):  # it has died; its code tells
            self.line.send(GO)

    def hear(self) -> bool:
        """Read what it has said. Returns whether its event loop has turned."""
        said = b""
        try:
            while part := self.line.recv(4096) if self.is_open else b"":
                said += part
            self.line.close()
        except BlockingIOError:
            pass
        except OSError:
            self.line.close()
        self.ready |= READY in said
        self.started |= TURNED in said
        return TURNED in said

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> None:
        """Kill it if it lives, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        self.line.close()
