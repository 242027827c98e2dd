"""Debian's coturn with the shipped deploy/turnserver.conf, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.parts import ROOT, accepts, free_port, program, running

SECRET = "a-turn-secret-for-tests"


@contextmanager
def coturn(folder: Path, *options: str) -> Iterator[int]:
    """Start it and yield its port. Only the place is replaced; ``options`` are added."""
    port = free_port()
    command = [
        program("turnserver"),
        *("-c", str(ROOT / "deploy/turnserver.conf")),
        *(f"--listening-port={port}", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"),
        *(f"--pidfile={folder / 'pid'}", f"--userdb={folder / 'db'}"),
        *(f"--static-auth-secret={SECRET}", "--realm=turn.example.org"),
        *options,
    ]
    with running(command, folder / "coturn.log", lambda: accepts(port)):
        yield port
