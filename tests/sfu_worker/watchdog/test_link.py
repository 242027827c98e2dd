"""A worker process' end of the line to its watchdog."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

from sfu_worker.watchdog.link import GO, READY, TURNED, Link
from tests.sfu_worker.watchdog.watched import LIMIT_SECONDS, lives, until
from tools import product

# Waits for "go", says it, and lives until it is killed.
WORKER = """
import sys, time
from sfu_worker.watchdog.link import Link
link = Link.from_stdin(int(sys.argv[1]))
print(link.wait(), flush=True)
time.sleep(3600)
"""
# Starts such a worker, says its process id, tells it to go, and lives until it is killed.
PARENT = """
import os, socket, subprocess, sys, time
ours, theirs = socket.socketpair()
command = [sys.executable, "-c", sys.argv[1], str(os.getpid())]
worker = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, start_new_session=True)
assert ours.recv(1) == b"r"
ours.send(b"g")
print(worker.stdout.readline(), worker.pid, flush=True)
time.sleep(3600)
"""


def worker(theirs: socket.socket, parent: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(parent)],
        cwd=product.ROOT,
        stdin=theirs.fileno(),
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_says_that_it_is_ready_and_waits_for_go() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, worker(theirs, os.getpid()) as process:
        assert process.stdout is not None
        assert ours.recv(1) == READY
        # A signal to all that belongs to a service is for the watchdog, not for a spare.
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        ours.send(GO)
        assert process.stdout.readline() == "True\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_SECONDS) == -signal.SIGTERM


def test_a_spare_whose_watchdog_is_gone_goes_nowhere() -> None:
    ours, theirs = socket.socketpair()
    with worker(theirs, os.getpid()) as process:
        assert process.stdout is not None
        theirs.close()
        assert ours.recv(1) == READY
        ours.close()
        assert process.stdout.readline() == "False\n"
        process.kill()


def test_one_that_was_too_late_to_see_its_watchdog_die_goes_nowhere() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, worker(theirs, os.getpid() + 1) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "False\n"
        process.kill()


def test_a_worker_dies_with_its_watchdog() -> None:
    command = [sys.executable, "-c", PARENT, WORKER]
    with subprocess.Popen(command, cwd=product.ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        said, pid = parent.stdout.readline().rsplit(maxsplit=1)
        assert "True" in said
        assert lives(int(pid))
        parent.kill()
    until(lambda: not lives(int(pid)))


def test_telling_a_turn_neither_waits_nor_fails() -> None:
    ours, theirs = socket.socketpair()
    link = Link(theirs, os.getppid())
    link.turned()
    assert ours.recv(10) == TURNED
    # While the watchdog is stopped nobody reads, and the line fills up.
    for _ in range(100_000):
        link.turned()
    ours.close()
    link.turned()
    theirs.close()
    link.turned()
