"""Real servers for the tests of deploy/, on free ports."""

from __future__ import annotations

import http.client
import http.server
import os
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tools.product import stop, wait_until
from tools.system_packages import PROGRAMS, find


def program(name: str) -> str:
    """The path of a server in PROGRAMS. If it is missing, fail in CI, and skip elsewhere."""
    package = next(known.package for known in PROGRAMS if name in known.names)
    if found := find(name):
        return found
    text = f"needs {name}: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something takes TCP connections there."""
    with suppress(OSError), closing(socket.create_connection((host, port), 5)):
        return True
    return False


@contextmanager
def running(
    command: Sequence[str], log: Path, ready: Callable[[], bool], **env: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server from ``ready`` until the end of the block. Its output goes into ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=os.environ | env, stdout=output, stderr=subprocess.STDOUT
        )

    def is_up() -> bool:
        assert process.poll() is None, log.read_text()
        return ready()

    try:
        wait_until(is_up, log.read_text)
        yield process
    finally:
        stop(process)
    assert process.returncode != -signal.SIGKILL, "it did not end when it was asked to"


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with its port, the path and the headers that it got."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        port = self.server.server_port  # type: ignore[attr-defined]
        self.answer(f"{port} {self.path}\n{self.headers}".encode())

    def answer(self, body: bytes, content_type: str = "text/plain") -> None:
        """One whole answer that keeps the connection open."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Silence."""


@contextmanager
def web_server(handler: type[http.server.BaseHTTPRequestHandler] = Echo) -> Iterator[int]:
    """A web server on 127.0.0.1: its port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def ask(
    host: str,
    port: int,
    path: str,
    headers: dict[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes | None = None,
) -> tuple[int, dict[str, str], str]:
    """Ask over TLS from loopback with the right server name: status, headers, body.

    Not every resolver knows *.localhost, and no public authority signed the certificates.
    """
    context = ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", port), 30) as plain:
        connection = http.client.HTTPSConnection(host, port, timeout=30)
        connection.sock = context.wrap_socket(plain, server_hostname=host)
        own = {"Host": f"{host}:{port}", **(headers or {})}
        connection.request(method, path, body, own)
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return response.status, names, response.read().decode()
