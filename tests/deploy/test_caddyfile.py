"""deploy/Caddyfile in a real Caddy (Debian's package) with small web servers behind it."""

from __future__ import annotations

import http.client
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE, NOTES = "call.localhost", "pad.call.localhost"
TOKEN = "Zm9vYmFyLXRva2VuLTE2"


@pytest.fixture(scope="module")
def caddy_program() -> str:
    program = shutil.which("caddy")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("needs caddy: apt-get install caddy")
        pytest.skip("needs caddy: apt-get install caddy")
    return program


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the request line and the headers that it got."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.server.server_port} {self.path}\n{self.headers}".encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@dataclass
class Front:
    port: int
    web: int
    etherpad: int
    log: Path

    def get(
        self, host: str, path: str, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Ask over TLS with the right server name. Status, headers (small letters), body."""
        context = ssl._create_unverified_context()  # Caddy's own authority
        with socket.create_connection(("127.0.0.1", self.port), 30) as plain:
            connection = http.client.HTTPSConnection(host, self.port, timeout=30)
            connection.sock = context.wrap_socket(plain, server_hostname=host)
            connection.request(
                "GET", path, headers={"Host": f"{host}:{self.port}", **(headers or {})}
            )
            response = connection.getresponse()
            return (
                response.status,
                {k.lower(): v for k, v in response.getheaders()},
                response.read().decode(),
            )


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def front(caddy_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    home = tmp_path_factory.mktemp("caddy")
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    web, etherpad = (server.server_port for server in servers)
    env = os.environ | {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "SITE_ADDRESS": f"https://{SITE}:{port}",
        "NOTES_ADDRESS": f"https://{NOTES}:{port}",
        "SITE_ORIGIN": f"https://{SITE}:{port}",
        "WEB_UPSTREAM": f"127.0.0.1:{web}",
        "ETHERPAD_UPSTREAM": f"127.0.0.1:{etherpad}",
        "TLS": "tls internal",
        "GLOBAL_OPTIONS": "auto_https disable_redirects",
    }
    log = home / "log"
    command = [
        caddy_program,
        "run",
        "--config",
        str(ROOT / "deploy/Caddyfile"),
        "--adapter",
        "caddyfile",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=subprocess.STDOUT)
    front = Front(port, web, etherpad, log)

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return front.get(SITE, "/")[0] == 200 and front.get(NOTES, "/p/x")[0] == 200
        except OSError:
            return False

    try:
        wait_until(answers)
        yield front
    finally:
        process.terminate()
        process.wait(30)
        for server in servers:
            server.shutdown()
            server.server_close()


def test_each_host_name_reaches_its_own_server(front: Front) -> None:
    assert front.get(SITE, "/r/room/")[2].startswith(f"{front.web} /r/room/")
    assert front.get(NOTES, "/p/pad?showChat=true")[2].startswith(
        f"{front.etherpad} /p/pad?showChat=true"
    )


def test_only_the_site_may_frame_the_notes(front: Front) -> None:
    headers = front.get(NOTES, "/p/pad")[1]
    assert headers["content-security-policy"] == f"frame-ancestors https://{SITE}:{front.port}"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/api",
            "/api/1.3.1/createPad?padID=x",
            "/API/1.2.15/getText",
            "/%61pi/1.3.1/listAllPads",
            "//api/1.3.1/listAllPads",
        ),
        *(
            "/p/../api/1.3.1/listAllPads",
            "/admin",
            "/admin/settings",
            "/Admin/",
            "/api-docs",
            "/rest/1.3.1/openapi.json",
            "/stats",
        ),
    ],
)
def test_what_is_for_operators_is_closed(front: Front, path: str) -> None:
    status, _, body = front.get(NOTES, path)
    assert status == 404
    assert str(front.etherpad) not in body


@pytest.mark.parametrize(
    "path", ["/p/pad", "/socket.io/?x=1", "/static/js/pad.js", "/p/api", "/locales/en.json"]
)
def test_what_a_pad_needs_is_open(front: Front, path: str) -> None:
    assert front.get(NOTES, path)[0] == 200


def test_a_client_cannot_say_where_it_comes_from(front: Front) -> None:
    body = front.get(SITE, "/", {"X-Forwarded-For": "203.0.113.99", "X-Forwarded-Proto": "http"})[
        2
    ].lower()
    assert "203.0.113.99" not in body
    assert "x-forwarded-for: 127.0.0.1" in body
    assert "x-forwarded-proto: https" in body


def test_no_token_reaches_the_log_even_when_the_server_behind_is_away(
    front: Front, caddy_program: str, tmp_path: Path
) -> None:
    front.get(SITE, f"/i/{TOKEN}/")
    dead = tmp_path / "Caddyfile"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    dead.write_bytes((ROOT / "deploy/Caddyfile").read_bytes())
    log = tmp_path / "log"
    env = os.environ | {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "SITE_ADDRESS": f"http://127.0.0.1:{port}",
        "NOTES_ADDRESS": f"http://notes.localhost:{port}",
        "WEB_UPSTREAM": "127.0.0.1:1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [caddy_program, "run", "--config", str(dead), "--adapter", "caddyfile"],
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def refused() -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", f"/i/{TOKEN}/", headers={"Referer": f"http://x/n/{TOKEN}/"})
            return connection.getresponse().status == 502
        except OSError:
            return False

    try:
        wait_until(refused)
        wait_until(lambda: "connection refused" in log.read_text())
    finally:
        process.terminate()
        process.wait(30)
    assert TOKEN not in log.read_text() + front.log.read_text()
