"""`manage.py serve` as a person runs it: real processes, real signals."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import product

ROOT = Path(__file__).resolve().parents[2]
# Generous: a start takes three seconds on an idle machine. No test judges speed.
LIMIT_SECONDS = 120.0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    product.wait_until(condition, lambda: f"waited in vain: {what}", LIMIT_SECONDS)


def children_of(pid: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [tuple(map(int, line.split())) for line in listing.splitlines()]
    # The listing's own process is gone by now; it is never a child of a supervisor.
    return [child for child, parent in pairs if parent == pid]


def is_alive(pid: int) -> bool:
    """A zombie that nobody has collected counts as dead."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def command_of(pid: int) -> str:
    return subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout


class Served:
    """A running `manage.py serve` with its own data folder and ports."""

    def __init__(self, data: Path, **env: str) -> None:
        web = product.free_port(3)
        clean = {
            k: v
            for k, v in os.environ.items()
            if k not in ("REDIS_URL", "SECRET_KEY", "SITE_URL", "HOST")
        }
        settings = {
            "DATA_DIR": str(data),
            "PORT": str(web),
            "SFU_PORT": str(web + 1),
            "SFU_WORKERS": "2",
        }
        self.url = f"http://127.0.0.1:{web}"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=clean | settings | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_ready(self) -> None:
        try:
            wait_until(
                lambda: "confcall is ready at" in self.output or self.process.poll() is not None,
                "ready",
            )
        finally:
            assert "confcall is ready at" in self.output, self.output

    def get(self, path: str) -> int:
        browser = {"Sec-Fetch-Mode": "navigate"}
        request = urllib.request.Request(self.url + path, headers=browser)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return int(response.status)
        except urllib.error.HTTPError as exc:
            return exc.code

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def child(self, *words: str) -> int | None:
        """The child whose command contains all ``words``."""
        return next(
            (pid for pid in self.children() if all(word in command_of(pid) for word in words)), None
        )

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(LIMIT_SECONDS)
        self._reading.join(LIMIT_SECONDS)
        return code


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(data: Path | None = None, **env: str) -> Served:
        started.append(Served(data or tmp_path / "data", **env))
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.end(signal.SIGTERM)


def test_it_starts_everything_and_a_second_start_keeps_what_was_there(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    first = serve()
    first.wait_ready()
    wait_until(lambda: "changepassword owner" in first.output, "the links")
    # It is the last output.
    assert "changepassword owner" in "".join(first.lines).strip().splitlines()[-1]
    assert first.get("/health/") == 200
    invite = re.search(r"/i/[\w-]{16,}/", first.output)
    assert invite, first.output
    password = re.search(r"(?i)password:?\s+(\S+)", first.output)
    assert password, first.output
    assert first.end(signal.SIGTERM) == 0
    second = serve()
    second.wait_ready()
    assert second.get("/health/") == 200
    with sqlite3.connect(tmp_path / "data/db.sqlite3") as database:
        kept = {token for (token,) in database.execute("SELECT token FROM rooms_invite")}
    assert invite.group(0).split("/")[2] in kept
    second.end(signal.SIGTERM)
    # A service's journal would keep them.
    assert invite.group(0) not in second.output
    assert password.group(1) not in second.output
    assert "/admin/" in second.output


def test_sigterm_ends_every_child_in_order(serve: Callable[..., Served]) -> None:
    served = serve()
    served.wait_ready()
    children = served.children()
    assert len(children) == 5, [
        command_of(pid) for pid in children
    ]  # valkey, two workers, keeper, web
    assert served.end(signal.SIGTERM) == 0
    assert not [pid for pid in children if is_alive(pid)]
    assert served.lines[-1].endswith("| stopped\n")
    assert "is killed" not in served.output


def test_ctrl_c_ends_it_too(serve: Callable[..., Served]) -> None:
    served = serve()
    served.wait_ready()
    children = served.children()
    assert served.end(signal.SIGINT) == 0
    assert not [pid for pid in children if is_alive(pid)]


def test_a_killed_worker_comes_back(serve: Callable[..., Served]) -> None:
    served = serve()
    served.wait_ready()
    workers = {pid for pid in served.children() if "sfu_worker" in command_of(pid)}
    assert len(workers) == 2
    victim = min(workers)
    os.kill(victim, signal.SIGKILL)

    def both_are_back() -> bool:
        now = {pid for pid in served.children() if "-m sfu_worker" in command_of(pid)}
        return victim not in now and len(now) == 2

    wait_until(both_are_back, "a new worker")
    assert "was killed by SIGKILL; restarting it in 0.5 s" in served.output


def test_a_worker_process_that_dies_is_replaced_by_its_own_watchdog(
    serve: Callable[..., Served],
) -> None:
    served = serve(SFU_WORKERS="1")
    served.wait_ready()
    watchdog = served.child("-m sfu_worker")
    assert watchdog
    workers = [pid for pid in children_of(watchdog) if "sfu_worker.process" in command_of(pid)]
    os.kill(workers[0], signal.SIGKILL)
    wait_until(lambda: "taken over" in served.output, "the next worker")
    assert re.search(r"^w1 .*the media worker \S+ was killed by SIGKILL$", served.output, re.M)
    assert served.child("-m sfu_worker") == watchdog
    assert "restarting" not in served.output


def test_nothing_outlives_a_killed_supervisor(serve: Callable[..., Served]) -> None:
    served = serve()
    served.wait_ready()
    children = served.children()
    assert len(children) == 5
    children += [pid for child in children for pid in children_of(child)]
    assert len(children) >= 7
    served.end(signal.SIGKILL)
    wait_until(lambda: not [pid for pid in children if is_alive(pid)], "no orphans")


def test_a_taken_port_is_said_in_one_sentence(serve: Callable[..., Served], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served = serve(PORT=str(port))
        assert served.process.wait(LIMIT_SECONDS) == 1
    served._reading.join(LIMIT_SECONDS)
    assert f"port {port} (address already in use)" in served.output
    assert f"PORT={port + 1} make run" in served.output
    assert len(served.lines) == 1, served.output
    assert not (tmp_path / "data" / "db.sqlite3").exists()


def test_a_data_folder_has_one_supervisor(serve: Callable[..., Served]) -> None:
    serve().wait_ready()
    second = serve()
    assert second.process.wait(LIMIT_SECONDS) == 1
    second._reading.join(LIMIT_SECONDS)
    assert "is already running with the data in" in second.output


def test_the_redis_of_the_settings_is_used_instead_of_an_own_one(
    serve: Callable[..., Served], redis_url: str
) -> None:
    served = serve(REDIS_URL=redis_url)
    served.wait_ready()
    assert served.child("valkey-server") is None
    assert served.get("/health/") == 200


def test_tokens_of_requests_reach_no_log(serve: Callable[..., Served]) -> None:
    served = serve()
    served.wait_ready()
    links = set(re.findall(r"/i/([\w-]{16,})/", served.output))
    said_before = len(served.lines)
    secret = "Zm9vYmFyLXRva2VuLTE2"
    assert served.get(f"/i/{secret}/") in (403, 404, 410)
    assert served.get(f"/n/{secret}/") in (403, 404, 410)
    for token in links:
        served.get(f"/i/{token}/")
    with socket.create_connection(("127.0.0.1", int(served.url.rsplit(":", 1)[1])), 30) as plain:
        plain.sendall(
            f"GET /ws/call/{secret}/ HTTP/1.1\r\nHost: {served.url[7:]}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
        )
        assert plain.recv(100)
    served.end(signal.SIGTERM)
    after = "".join(served.lines[said_before:])
    assert secret not in after
    assert not [token for token in links if token in after]


def test_without_the_redis_that_was_asked_for_it_says_so_and_shows_the_links_at_the_end(
    serve: Callable[..., Served],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    served = serve(REDIS_URL=f"redis://127.0.0.1:{port}/0")
    wait_until(
        lambda: "Redis" in served.output or served.process.poll() is not None, "a word about Redis"
    )
    assert served.end(signal.SIGTERM) == 0
    assert "confcall is ready" not in served.output
    assert re.search(r"(?i)password:?\s+(\S+)", served.output)
