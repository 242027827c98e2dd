"""The proxy configurations that docs/operations.md prints, in the real programs."""

from __future__ import annotations

import base64
import hashlib
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.parts import Echo, ask, web_server
from tests.deploy.proxies import HOST, PROXIES, Proxy
from tools.product import free_port, wait_until

TOKEN = "Zm9vYmFyLXRva2VuLTE2"
# RFC 6455, 1.3
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Web(Echo):
    """Tells what it got: headers, the length of a body, and a WebSocket it accepts."""

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") != "websocket":
            super().do_GET()
            return
        key = self.headers["Sec-WebSocket-Key"].encode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest()).decode()
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(f"{self.command} {len(body)}".encode())

    do_PATCH = do_DELETE = do_POST


@pytest.fixture(scope="module", params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    with web_server(Web) as web, PROXIES[request.param](folder, web) as proxy:
        yield proxy


def test_the_site_is_told_its_name_and_that_it_is_https(proxy: Proxy) -> None:
    body = proxy.get("/r/garden/?x=1")[2].lower()
    assert "/r/garden/?x=1\n" in body
    assert f"host: {HOST}:{proxy.port}\n" in body
    assert "x-forwarded-proto: https\n" in body


def test_a_client_cannot_say_where_it_comes_from(proxy: Proxy) -> None:
    body = proxy.get("/", {"X-Forwarded-For": "203.0.113.99", "X-Forwarded-Proto": "http"})[2]
    assert "203.0.113.99" not in body
    assert "x-forwarded-for: 127.0.0.1\n" in body.lower()
    assert "x-forwarded-proto: https\n" in body.lower()


@pytest.mark.parametrize("path", ["/ws/call/garden/", "/ws/notes/?key=1"])
def test_a_websocket_passes(proxy: Proxy, path: str) -> None:
    status, headers, _ = proxy.get(path, UPGRADE)
    assert status == 101
    assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_body_as_large_as_the_settings_allow_passes(proxy: Proxy, method: str) -> None:
    # MAX_UPLOAD_MB is 15 unless it is changed; the form around the file is small.
    size = (15 << 20) + 4096
    assert ask(HOST, proxy.port, "/whip/", method=method, body=bytes(size))[2] == f"{method} {size}"


def test_plain_http_leads_to_https(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=30)
    connection.request("GET", f"/i/{TOKEN}/", headers={"Host": f"{HOST}:{proxy.plain_port}"})
    response = connection.getresponse()
    assert response.status in (301, 308)
    assert response.headers["Location"].startswith(f"https://{HOST}")
    assert response.headers["Location"].endswith(f"/i/{TOKEN}/")


def test_no_token_was_logged_by_then(proxy: Proxy) -> None:
    proxy.get(f"/i/{TOKEN}/")
    assert TOKEN not in proxy.logs()


@pytest.mark.parametrize("name", PROXIES)
def test_no_token_is_logged_when_the_site_is_away(name: str, tmp_path: Path) -> None:
    with PROXIES[name](tmp_path, free_port()) as proxy:
        wait_until(lambda: proxy.get("/")[0] in (502, 503))
        proxy.get(f"/i/{TOKEN}/", {"Referer": f"https://{HOST}/n/{TOKEN}/"})
        proxy.get(f"/ws/notes/?key={TOKEN}", UPGRADE)
    assert TOKEN not in proxy.logs()
