"""Run a command that dies with its parent: ``python leash.py PARENT_PID -- command …``.

A supervisor that is killed with SIGKILL cannot stop its children, so each child watches it. On
Linux the kernel does that (prctl(2), PR_SET_PDEATHSIG, which survives execve), and this process
becomes the command. Elsewhere (macOS) this process stays, passes signals on and watches its parent.
A ``preexec_fn`` may deadlock in a process with threads, hence a launcher. It uses only the standard
library, because it runs with ``-I -S`` and starts in 20 ms.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1  # linux/prctl.h
POLL_SECONDS = 0.5


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent dies. Raises OSError if that does not work."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it died before the call
        sys.exit(1)


def watch(parent: int, command: list[str]) -> int:
    """Run ``command`` beside this process, and kill it once ``parent`` is gone.

    Return its exit code.
    """
    process = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: process.send_signal(received))
    while process.poll() is None:
        if os.getppid() != parent:
            process.kill()
        time.sleep(POLL_SECONDS)
    return process.returncode


def main(arguments: list[str]) -> int:
    parent, command = int(arguments[0]), arguments[2:]
    if sys.platform != "linux":
        return watch(parent, command)
    die_with_parent(parent)
    os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
