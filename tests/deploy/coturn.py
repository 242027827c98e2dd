"""Debian's coturn on loopback, started by compose.yaml's command with deploy/turnserver.conf."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.deploy.parts import accepts, program, running
from tools.product import ROOT, free_port

CONF = ROOT / "deploy/turnserver.conf"
SECRET = "a-turn-secret-for-tests"


@contextmanager
def coturn(folder: Path, *options: str, conf: Path = CONF) -> Iterator[int]:
    """Start it and yield its port. Only places are replaced; ``options`` are added."""
    port = free_port()
    service = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    shell, (command,) = service["coturn"]["entrypoint"], service["coturn"]["command"]
    (folder / "turn_secret").write_text(SECRET + "\n")
    own = [
        *(f"--listening-port={port}", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"),
        *(f"--pidfile={folder / 'pid'}", f"--userdb={folder / 'db'}", *options),
    ]
    for there, here in {
        "$$": "$",
        "/etc/coturn/confcall.conf": str(conf),
        "/run/secrets/": f"{folder}/",
        "/run/turn/": f"{folder}/",
        "exec turnserver": shlex.join(["exec", program("turnserver"), *own]),
    }.items():
        assert there in command
        command = command.replace(there, here)
    environment = {"REALM": "turn.example.org"}
    log = folder / "coturn.log"
    with running([*shell, command], log, lambda: accepts(port), **environment):
        yield port
