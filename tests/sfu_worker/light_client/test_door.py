"""What a visitor's program reads from the call page. A real HTTP server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sfu_worker.light_client.door import open_door

CONFIG = '{"room": {"slug": "garden"}, "pass": "signed", "ws": "/ws/call/garden/"}'
PAGE = f'<p>Hello</p><script id="config" type="application/json">{CONFIG}</script>'


@contextmanager
def site(page: str, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Set-Cookie", "pass=1; Path=/")
            self.end_headers()
            # A program would get a preview.
            if self.headers["Sec-Fetch-Mode"] == "navigate":
                self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_page_names_room_pass_and_socket_and_sets_the_cookie() -> None:
    with site(PAGE) as url:
        door = open_door(url + "/i/token/")
    assert (door.slug, door.pass_, door.cookie) == ("garden", "signed", "pass=1")
    assert door.socket == url.replace("http", "ws") + "/ws/call/garden/"
    assert door.origin == url


@pytest.mark.parametrize(("page", "status"), [(PAGE, 404), ("<p>The call is over.</p>", 200)])
def test_without_a_call_page_there_is_one_kind_of_error(page: str, status: int) -> None:
    with site(page, status) as url, pytest.raises(OSError, match=r"404|call page"):
        open_door(url)
