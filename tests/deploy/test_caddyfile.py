"""deploy/Caddyfile in a real Caddy (Debian's package) with small web servers behind it."""

from __future__ import annotations

import http.client
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.deploy.caddy import NOTES, SITE, Front, caddy
from tests.deploy.parts import program, running, web_server
from tools.product import ROOT, free_port, wait_until

TOKEN = "Zm9vYmFyLXRva2VuLTE2"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with (
        web_server() as web,
        web_server() as etherpad,
        caddy(tmp_path_factory.mktemp("caddy"), web, etherpad) as front,
    ):
        yield front


def test_each_host_name_reaches_its_own_server(front: Front) -> None:
    assert front.get(SITE, "/r/room/")[2].startswith(f"{front.web} /r/room/")
    assert front.get(NOTES, "/p/pad?showChat=true")[2].startswith(
        f"{front.etherpad} /p/pad?showChat=true"
    )


def test_only_the_site_may_frame_the_notes(front: Front) -> None:
    headers = front.get(NOTES, "/p/pad")[1]
    assert headers["content-security-policy"] == f"frame-ancestors 'self' {front.site}"
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
    front: Front, tmp_path: Path
) -> None:
    front.get(SITE, f"/i/{TOKEN}/")
    unused = free_port()
    log = tmp_path / "caddy.log"
    environment = {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "SITE_ADDRESS": f"http://127.0.0.1:{(port := free_port())}",
        "NOTES_ADDRESS": f"http://notes.localhost:{port}",
        "WEB_UPSTREAM": f"127.0.0.1:{unused}",
    }

    def refused() -> bool:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", f"/i/{TOKEN}/", headers={"Referer": f"http://x/n/{TOKEN}/"})
            return connection.getresponse().status == 502
        return False

    command = [program("caddy"), "run", "--config", str(ROOT / "deploy/Caddyfile")]
    with running([*command, "--adapter", "caddyfile"], log, refused, **environment):
        wait_until(lambda: "connection refused" in log.read_text())
    assert TOKEN not in log.read_text() + front.log.read_text()


def test_it_works_without_the_block_of_the_notes(tmp_path: Path) -> None:
    """As the guide says for those who leave Etherpad out."""
    shipped = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    alone = tmp_path / "Caddyfile"
    alone.write_text(shipped[: shipped.index("{$NOTES_ADDRESS")])
    command = [program("caddy"), "validate", "--config", str(alone), "--adapter", "caddyfile"]
    home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(tmp_path))
    subprocess.run(command, env=os.environ | home, check=True, capture_output=True)
