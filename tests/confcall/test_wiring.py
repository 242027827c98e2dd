"""Static files, logs, and who may open a WebSocket."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client

from confcall.asgi import application
from confcall.logs import NoTokens, masked

ROOT = Path(__file__).resolve().parents[2]


def test_static_files_are_served_without_collecting_them(client: Client) -> None:
    response = client.get("/static/rooms/ui/entry/countdown.js")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/javascript")
    assert response.content == (ROOT / "static/rooms/ui/entry/countdown.js").read_bytes()


def test_collected_modules_import_each_other_by_their_hashed_names(tmp_path: Path) -> None:
    code = (
        "from django.conf import settings; from pathlib import Path; "
        f"settings.STATIC_ROOT = Path({str(tmp_path)!r}) / 'static'; "
        "from django.core.management import call_command; "
        "call_command('collectstatic', interactive=False, verbosity=0)"
    )
    env = {**os.environ, "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    collected = tmp_path / "static"
    [main] = (path for path in collected.glob("rooms/main.*.js"))
    # From the entry on, every import leads to an existing file under its hashed name.
    todo, seen = [main], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        code_only = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        for target in re.findall(
            r"""(?:^|\n)\s*(?:import|export)\b[^;'"]*?['"](\.[^'"]+)['"]""", code_only
        ):
            found = (path.parent / target).resolve()
            assert re.search(r"\.[0-9a-f]{12}\.m?js$", target), (path.name, target)
            assert found.exists(), (path.name, target)
            todo.append(found)
    assert len(seen) > 5


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Not Found: /i/AbCdEfGh-_123456789012/", "Not Found: /i/…/"),
        ("GET /n/AbCdEfGh-_123456789012/?userName=x", "GET /n/…/?userName=x"),
        ("subprotocol key.AbCdEfGh-_123456789012 refused", "subprotocol key.… refused"),
        ("Not Found: /I//AbCdEfGh-_123456789012/)", "Not Found: /I//…/)"),
        ("Not Found: /i/%20AbCdEfGh-_123456789012", "Not Found: /i/%20…"),
        ("Not Found: / i/AbCdEfGh-_123456789012", "Not Found: / i/…"),
        ("Not Found: /\uff0fi/AbCdEfGh-_123456789012", "Not Found: /\uff0fi/…"),
        (r"Not Found: /\uff0fi/AbCdEfGh-_123456789012", r"Not Found: /\uff0fi/…"),
        ("Not Found: /i/AbCdE\u200bfGh-_1234567890/", "Not Found: /i/…/"),
        (r"Not Found: /n/AbCdE\nfGh-_1234567890/", "Not Found: /n/…/"),
        ("Not Found: /i/AbCdE%E2%80%8BfGh-_1234567890/", "Not Found: /i/…/"),
        ("Not Found: /r/garden/", "Not Found: /r/garden/"),
        ("/i/" + r"\u200b" * 50_000, "/i/" + r"\u200b" * 50_000),
    ],
)
def test_tokens_do_not_reach_a_log(text: str, clean: str) -> None:
    assert masked(text) == clean
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (text,), None)
    assert NoTokens().filter(record)
    assert record.getMessage() == clean


@pytest.mark.django_db
def test_a_refused_invite_is_logged_without_its_token(client: Client) -> None:
    # pytest adds handlers of its own beside ours.
    [handler] = [
        each for each in logging.getLogger("django").handlers if type(each) is logging.StreamHandler
    ]
    out = io.StringIO()
    before = handler.setStream(out)
    try:
        client.get("/i/AbCdEfGhIjKlMnOpQrStUv/")
    finally:
        handler.setStream(before)
    assert "/i/…/" in out.getvalue()
    assert "AbCdEfGhIjKlMnOpQrStUv" not in out.getvalue()


@pytest.mark.parametrize(
    "origin",
    [b"https://evil.example", b"null", b"http://127.0.0.1:9999", b"https://127.0.0.1:8000", None],
)
async def test_a_websocket_from_elsewhere_is_refused(origin: bytes | None) -> None:
    headers = [(b"origin", origin)] if origin is not None else []
    socket = WebsocketCommunicator(application, "/ws/call/garden/", headers=headers)
    connected, _code = await socket.connect()
    assert not connected


# A consumer checks its thread's database connections, and earlier tests may have left some.
@pytest.mark.django_db(transaction=True)
async def test_a_websocket_of_our_own_pages_is_let_through_and_an_unknown_address_is_closed() -> (
    None
):
    own = [(b"origin", b"http://localhost:8000")]
    call = WebsocketCommunicator(application, "/ws/call/garden/", headers=own)
    connected, _code = await call.connect()
    assert connected
    await call.disconnect()
    unknown = WebsocketCommunicator(application, "/ws/nothing/", headers=own)
    connected, _code = await unknown.connect()
    assert not connected
