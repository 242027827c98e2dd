"""Starts Valkey, then workers and web, then the keeper; stops web, keeper, workers, Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rooms.supervisor import probe
from rooms.supervisor.child import Child, Spec
from rooms.supervisor.output import Write
from rooms.supervisor.plan import Plan, keeper_spec, reachable, valkey_spec, web_spec, worker_specs

POLL_SECONDS = 0.1
LONGEST_POLL_SECONDS = 10.0
# After this long we report a slow start. The children keep trying.
READY_SECONDS = 30.0
# Wait for the children's last lines, so that the summary does not scroll away.
QUIET_SECONDS = 0.4
LONGEST_WAIT_FOR_QUIET = 5.0


class Supervisor:
    """Runs everything in ``plan`` until a signal comes. ``run`` is called once."""

    def __init__(
        self,
        plan: Plan,
        directory: Path,
        run_directory: Path,
        write: Write,
        valkey_binary: Path | None,
    ) -> None:
        """``directory`` is the checkout; ``run_directory`` is ours alone.

        ``valkey_binary`` is None if REDIS_URL is set.
        """
        self._plan = plan
        self._directory = directory
        self._print = write
        self._said_at = 0.0
        self._cores = os.cpu_count() or 1
        self._socket = run_directory / "valkey.sock" if valkey_binary else None
        redis_url = f"unix://{self._socket}" if self._socket else plan.redis_url
        self._valkey: Child | None = None
        if valkey_binary and self._socket:
            self._valkey = self._child(valkey_spec(valkey_binary, run_directory, self._socket))
        self._workers = [self._child(spec) for spec in worker_specs(plan, self._cores, redis_url)]
        self._keeper = self._child(keeper_spec(redis_url))
        self._web = self._child(web_spec(plan, redis_url))
        self._asked_to_stop = asyncio.Event()

    def _write(self, name: str, line: str) -> None:
        self._said_at = time.monotonic()
        self._print(name, line)

    def _child(self, spec: Spec) -> Child:
        return Child(spec, self._write, self._directory)

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start all, call ``on_ready`` once the site answers, wait for a signal, and stop all in
        order.

        The signals are SIGINT, SIGTERM and SIGHUP.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        watching = asyncio.create_task(self._start(on_ready))
        watching.add_done_callback(self._on_started)
        try:
            await self._asked_to_stop.wait()
        finally:
            watching.cancel()
            await self._stop()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    def _on_started(self, task: asyncio.Task[None]) -> None:
        """An error of ours ends everything; `run` raises it when the children are gone."""
        if not task.cancelled() and task.exception():
            self._asked_to_stop.set()

    def _on_signal(self) -> None:
        if self._asked_to_stop.is_set():
            self._write("serve", "still stopping; send SIGKILL to stop everything at once")
        self._asked_to_stop.set()

    async def _start(self, on_ready: Callable[[], None]) -> None:
        if self._valkey and self._socket:
            self._valkey.start()
            await self._wait_for(partial(probe.redis_answers, str(self._socket)), "Valkey")
        for child in (*self._workers, self._web):
            child.start()
        host = reachable(self._plan.host)
        await self._wait_for(partial(probe.tcp_answers, host, self._plan.port), "the web server")
        # Each bad answer is a line in its log, so ask less and less often.
        await self._wait_for(
            partial(probe.http_answers, host, self._plan.port, "/health/"),
            "the site (/health/)",
            slower=1.5,
        )
        self._keeper.start()  # nobody waits for it, so the others get the cores first
        address = reachable(self._plan.listen().replace(",", " ").split()[0])
        for port in filter(None, self._plan.media_ports(self._cores)):
            await self._wait_for(
                partial(probe.tcp_answers, address, port), f"the media worker at port {port}"
            )
        await self._quiet()
        on_ready()

    async def _quiet(self) -> None:
        """Wait until there was no output for a moment."""
        began = time.monotonic()
        while (now := time.monotonic()) - began < LONGEST_WAIT_FOR_QUIET:
            if now - self._said_at >= QUIET_SECONDS:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _wait_for(self, answers: probe.Probe, what: str, slower: float = 1.0) -> None:
        """Poll until ``answers`` is true, without giving up: a failed child is restarted.

        The pause between two polls grows by the factor ``slower``.
        """
        began = asyncio.get_running_loop().time()
        warned, pause = False, POLL_SECONDS
        while not await answers():
            if not warned and asyncio.get_running_loop().time() - began > READY_SECONDS:
                self._write(
                    "serve",
                    f"{what} does not answer after {READY_SECONDS:g} s; see its lines above",
                )
                warned = True
            await asyncio.sleep(pause)
            pause = min(pause * slower, LONGEST_POLL_SECONDS)

    async def _stop(self) -> None:
        self._write("serve", "stopping")
        await self._web.stop()
        await self._keeper.stop()
        await asyncio.gather(*(worker.stop() for worker in self._workers))
        if self._valkey:
            await self._valkey.stop()
        self._write("serve", "stopped")
