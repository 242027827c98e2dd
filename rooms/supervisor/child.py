"""One supervised process: start it, prefix its output, restart it when it dies, and stop it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rooms.supervisor.backoff import Backoff
from rooms.supervisor.output import Write, pump

LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True, slots=True)
class Spec:
    """What to run. ``env`` is added to ours.

    ``ends_with`` is the signal that stops it; after ``grace`` seconds SIGKILL follows. Output lines
    that contain one of ``hide`` are not shown.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    grace: float = 5.0
    hide: tuple[str, ...] = ()
    ends_with: signal.Signals = signal.SIGTERM


class Child:
    """Keeps the process of ``spec`` running from ``start()`` to ``stop()``."""

    def __init__(self, spec: Spec, write: Write, directory: Path) -> None:
        self.spec = spec
        self._write = write
        self._directory = directory
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The current process, or None between two lives."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_running(), name=f"child {self.spec.name}")

    async def stop(self) -> None:
        """Stop it as its specification says; returns when the process is gone."""
        self._stopping = True
        if self._task is None:
            return
        if self._process is None or self._process.returncode is not None:
            self._task.cancel()  # it waits before a restart
        self._signal(self.spec.ends_with)
        done, _ = await asyncio.wait([self._task], timeout=self.spec.grace)
        if not done:
            self._write(
                "serve", f"{self.spec.name} did not stop within {self.spec.grace:g} s and is killed"
            )
            self._signal(signal.SIGKILL)
            await asyncio.wait([self._task])

    def _signal(self, number: signal.Signals) -> None:
        """Signal its whole process group, so that its own children end too."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def _keep_running(self) -> None:
        backoff = Backoff()
        while not self._stopping:
            began = time.monotonic()
            ending = await self._run_once()
            if self._stopping:
                return
            pause = backoff.after(time.monotonic() - began)
            self._write("serve", f"{self.spec.name} {ending}; restarting it in {pause:g} s")
            await asyncio.sleep(pause)

    def _show(self, line: str) -> None:
        if not any(part in line for part in self.spec.hide):
            self._write(self.spec.name, line)

    async def _run_once(self) -> str:
        """Run the process to its end; return in words how it ended."""
        try:
            self._process = process = await self._spawn()
        except OSError as exc:
            # Out of memory, processes or files, perhaps only for a while.
            return f"could not be started ({exc})"
        if self._stopping:  # asked to stop while the process was being started
            self._signal(self.spec.ends_with)
        assert process.stdout is not None
        await pump(process.stdout, self._show)
        return _ending(await process.wait())

    async def _spawn(self) -> asyncio.subprocess.Process:
        # Its own session: a terminal's Ctrl-C reaches only the supervisor, which stops all in
        # order.
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), "--", *self.spec.command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.spec.env},
            cwd=self._directory,
            start_new_session=True,
        )


def _ending(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"
