"""Start a PostgreSQL server for tests, with its data in a folder that goes with it.

It listens on a socket in that folder only. The server refuses to run as root, so root starts it as
``nobody``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.product import wait_until
from tools.system_packages import find

USER = "confcall"
# Data that nobody keeps need not reach the disk.
OPTIONS = ("fsync=off", "full_page_writes=off")


@dataclass(frozen=True)
class Postgres:
    """The server of a folder, which may be running or not."""

    folder: Path

    @property
    def url(self) -> str:
        """For DATABASE_URL."""
        return f"postgres://{USER}@{quote(str(self.folder), safe='')}/postgres"

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def pids(self) -> list[int]:
        """The server and the processes of its connections."""
        pid = self.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [pid, *map(int, children.split())]

    def stop(self) -> None:
        """Let all of them stand still (SIGSTOP). The system still accepts connections for them."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [part for option in OPTIONS for part in ("-c", option)]
        command = [program("postgres"), "-D", "data", "-k", str(self.folder), "-h", "", *options]
        with (self.folder / "log").open("ab") as log:
            subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **self._as_owner())
        wait_until(self._answers, (self.folder / "log").read_text)

    def kill(self) -> None:
        """End it at once, with its connections (SIGQUIT: immediate shutdown)."""
        with suppress(FileNotFoundError, ProcessLookupError):
            self.go_on()
            os.kill(self.pid, signal.SIGQUIT)
        wait_until(lambda: not (self.folder / "data" / "postmaster.pid").exists())

    def prepare(self) -> None:
        """Write the data of a new server."""
        options = ["-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(
            [program("initdb"), *options],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=True,
            **self._as_owner(),
        )

    def _answers(self) -> bool:
        asking = [program("pg_isready"), "-q", "-h", str(self.folder), "-U", USER]
        return subprocess.run(asking, check=False).returncode == 0

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _as_owner(self) -> dict[str, Any]:
        """Arguments for subprocess: run as the folder's owner."""
        arguments: dict[str, Any] = {"env": os.environ | {"LC_ALL": "C.UTF-8"}}
        if os.geteuid() == 0:
            owner = self.folder.stat()
            arguments |= {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        return arguments


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server, from when it answers until the end of the block."""
    server = Postgres(Path(tempfile.mkdtemp(prefix="confcall-pg-")))
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(server.folder, nobody.pw_uid, nobody.pw_gid)
        server.prepare()
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)


def program(name: str) -> str:
    """The path of one of the server's programs."""
    path = find(name)
    assert path is not None, f"{name} is missing"
    return path
