"""A worker process' end of the line to its watchdog, which is its standard input.

The process says that it is ready and waits for "go". Then it says several times a second that its
event loop turns. It dies with its watchdog, whatever ends that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading

# What travels over the line, a byte each.
GO = b"g"
READY = b"r"
TURNED = b"."

# How often the event loop tells that it turns.
TURN_SECONDS = 0.25

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Link:
    """The line of a process whose parent, the watchdog, has the process id ``parent``."""

    def __init__(self, line: socket.socket, parent: int) -> None:
        self._line = line
        self._parent = parent

    @classmethod
    def from_stdin(cls, parent: int) -> Link:
        return cls(socket.socket(fileno=0), parent)

    def wait(self) -> bool:
        """Say that all is prepared, and wait for "go". False if the watchdog is gone.

        Until then signals are for the watchdog, which ends a spare by itself.
        """
        dies_by_itself = _die_with(self._parent)
        if os.getppid() != self._parent:  # it died before the call
            return False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        try:
            self._line.sendall(READY)
            if self._line.recv(1) != GO:
                return False
        except OSError:
            return False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        if not dies_by_itself:
            threading.Thread(target=self._end_with_line, daemon=True).start()
        return True

    def turned(self) -> None:
        """Say that the event loop has turned. Never waits, and is never an error."""
        with contextlib.suppress(OSError):
            # The line is full while the watchdog is stopped.
            self._line.send(TURNED, socket.MSG_DONTWAIT)

    def _end_with_line(self) -> None:
        with contextlib.suppress(OSError):
            while self._line.recv(16):
                pass
        os._exit(1)


def _die_with(parent: int) -> bool:
    """Ask the kernel for SIGKILL when the parent dies. False where it cannot do that."""
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0)
