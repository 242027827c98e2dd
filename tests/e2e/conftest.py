"""A whole confcall as its README starts it, and real browsers."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).resolve().parents[2]

CHROMIUM_FLAGS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-loopback-in-peer-connection",
    # A name that browsers do not hold for secure, as they do loopback.
    "--host-resolver-rules=MAP plain.test 127.0.0.1",
    # Tabs of one browser share the two cores of a small machine: none of them may be put to sleep.
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
]


def free_ports(count: int) -> int:
    """The first of ``count`` successive ports that are free for UDP and TCP."""
    for base in range(42000 + os.getpid() % 500 * 20, 64000, count):
        with suppress(OSError):
            for port in range(base, base + count):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    with socket.socket(socket.AF_INET, kind) as s:
                        s.bind(("127.0.0.1", port))
            return base
    raise RuntimeError("no free ports")


@dataclass
class Confcall:
    """A running product. ``said`` is everything that it has printed."""

    url: str
    data: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def link(self, pattern: str) -> str:
        """The first match of a pattern in what was printed."""
        found = re.search(pattern, "".join(self.said))
        assert found, f"{pattern} was not printed:\n{''.join(self.said)}"
        return found.group(1) if found.groups() else found.group(0)

    @property
    def password(self) -> str:
        return self.link(r"(?i)password:?\s+(\S+)")

    def manage(self, *words: str) -> str:
        """Run a management command beside the running product."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        """Run Python against the product's database."""
        return self.manage("shell", "-v0", "-c", code).strip()

    @property
    def env(self) -> dict[str, str]:
        return self._env

    _env: dict[str, str] = field(default_factory=dict)


def start_confcall(data: Path, **settings: str) -> Confcall:
    """Start ``manage.py serve`` on free ports and wait until it answers."""
    ports = free_ports(4)
    # The tests' own Valkey and settings are not the product's.
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in ("REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")
    }
    env |= {
        "DATA_DIR": str(data),
        "PORT": str(ports),
        "SFU_PORT": str(ports + 1),
        "SFU_WORKERS": "2",
        "EXTRA_HOSTS": f"plain.test:{ports}",
        "PYTHONUNBUFFERED": "1",
    }
    env |= settings
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    product = Confcall(f"http://127.0.0.1:{env['PORT']}", data, process, _env=env)
    printed = process.stdout
    assert printed is not None
    threading.Thread(target=lambda: product.said.extend(printed), daemon=True).start()
    wait_for(lambda: answers(f"{product.url}/health/") or process.poll() is not None, 90, product)
    assert process.poll() is None, "".join(product.said)
    # The links come after everything answers.
    wait_for(lambda: "/i/" in "".join(product.said), 30, product)
    return product


def wait_for(what: Callable[[], bool], seconds: float, product: Confcall) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError("".join(product.said))
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def stop_confcall(product: Confcall) -> None:
    product.process.send_signal(signal.SIGTERM)
    try:
        product.process.wait(30)
    except subprocess.TimeoutExpired:
        product.process.kill()
        raise


@pytest.fixture(scope="session")
def confcall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confcall]:
    """One product for all tests: each makes rooms of its own."""
    data = tmp_path_factory.mktemp("confcall")
    product = start_confcall(data)
    yield product
    stop_confcall(product)
    text = "".join(product.said)
    assert "Traceback" not in text, text[-20_000:]
    shutil.rmtree(data, ignore_errors=True)


def chromium() -> str | None:
    """The browser to drive; None: the one that Playwright has installed."""
    return (
        os.environ.get("CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium with a fake camera and microphone."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


class Tiny(http.server.BaseHTTPRequestHandler):
    """A page that has a video element and nothing else."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><video></video>")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def other_site() -> Iterator[str]:
    """A site that is not confcall's: the address of its page."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tiny) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
