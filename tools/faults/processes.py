"""Processes of this machine, as /proc shows them: who started whom, and what they hold open."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

PROC = Path("/proc")


def descendants(pid: int) -> list[int]:
    """All processes that a process has started, and those that they have started."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                words = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(words[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def command(pid: int) -> str:
    """The command line; empty of a process that is gone."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return ""


def parent(pid: int) -> int:
    """The process that started it. Raises OSError if it is gone."""
    return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])


def open_files(pid: int) -> list[str]:
    """What the file descriptors of a process lead to. Raises OSError if it is gone."""
    found = []
    for link in (PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(os.readlink(link))
    return found


def sockets(pid: int) -> set[int]:
    """The inodes of its sockets."""
    return {int(name[8:-1]) for name in open_files(pid) if name.startswith("socket:[")}


def udp_sockets(port: int) -> set[int]:
    """The inodes of the sockets that are bound to a UDP port."""
    found = set()
    for table in ("udp", "udp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            words = line.split()
            if int(words[1].rpartition(":")[2], 16) == port:
                found.add(int(words[9]))
    return found


def at_port(port: int, among: list[int]) -> int | None:
    """Which of these processes has a UDP port open."""
    wanted = udp_sockets(port)
    for pid in among:
        with contextlib.suppress(OSError):
            if sockets(pid) & wanted:
                return pid
    return None


def send(number: signal.Signals, *pids: int) -> None:
    """Send a signal to processes, of which some may be gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
