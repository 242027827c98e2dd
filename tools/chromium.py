"""The Chromium that tests, benchmarks and the screenshots drive, and a page for it to open."""

from __future__ import annotations

import http.server
import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from playwright.async_api import Browser, async_playwright

FLAGS = [
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
    # Tabs of one browser share the two cores of a small machine: none may be put to sleep.
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
]


def executable() -> str | None:
    """The browser to drive; None: the one that Playwright has installed."""
    return (
        os.environ.get("CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )


@asynccontextmanager
async def browser(*flags: str, without: str = "") -> AsyncIterator[Browser]:
    """A headless Chromium with a fake camera and microphone until the end of the block.

    ``flags`` come after FLAGS, of which the one named ``without`` is left out.
    """
    args = [*(flag for flag in FLAGS if flag != without), *flags]
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=executable(), args=args)
        try:
            yield launched
        finally:
            await launched.close()


@contextmanager
def page_server(body: str = "") -> Iterator[str]:
    """The address of a page on loopback, which browsers trust with camera and microphone."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html>" + body.encode())

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
