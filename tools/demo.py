"""Start confcall with a few rooms, and a blog beside it that embeds them.

    make demo

The blog is another site than confcall for a browser, as it is in real life: it is at ``localhost``,
confcall at ``127.0.0.1``. The demo keeps its data in a folder of its own, so your rooms stay as
they are.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOG = ROOT / "demo" / "blog"
sys.path[:0] = [str(ROOT)]

from tools.product import answers  # noqa: E402

FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/blog.css": ("blog.css", "text/css; charset=utf-8"),
}
BESIDE = "Choose free ports, as in: PORT=8100 BLOG_PORT=8190 SFU_PORT=40100 make demo"
# Seconds that a first start may take on a slow machine.
PATIENCE = 300


def main() -> int:
    port, blog_port = os.environ.get("PORT", "8000"), int(os.environ.get("BLOG_PORT", "8090"))
    # Whatever the demo changes is not the data of a site in use.
    os.environ.setdefault("DATA_DIR", str(ROOT / "data" / "demo"))
    Path(os.environ["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
    call, blog = f"http://127.0.0.1:{port}", f"http://localhost:{blog_port}"
    try:
        server = serve_blog(call, blog_port)
    except OSError as exc:
        print(f"The blog cannot start on port {blog_port}: {exc.strerror}. {BESIDE}")
        return 1
    # Another confcall would answer in its place.
    if answers(f"{call}/health/"):
        print(f"{call} is in use, maybe by another confcall. {BESIDE}")
        return 1
    child = subprocess.Popen([sys.executable, "manage.py", "serve"], cwd=ROOT)
    # Ctrl-C reaches both; this process only waits for the other one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    end = time.monotonic() + PATIENCE
    while child.poll() is None and not answers(f"{call}/health/") and time.monotonic() < end:
        time.sleep(0.2)
    if child.poll() is None:
        rooms = [sys.executable, str(ROOT / "tools" / "demo_rooms.py"), blog]
        made = subprocess.run(rooms, cwd=ROOT, check=False)
        # A child that could not start may end only now.
        if made.returncode == 0 and child.poll() is None:
            print(f"\n  The demo blog    {blog}/\n", flush=True)
        elif child.poll() is None:
            child.terminate()
    code = child.wait()
    server.shutdown()
    return code


def serve_blog(call: str, port: int) -> ThreadingHTTPServer:
    """The blog at ``port`` of this machine, in a thread. ``call`` is confcall's address."""

    class Blog(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, kind = FILES.get(self.path.partition("?")[0], ("", ""))
            if not name:
                return self.send_error(HTTPStatus.NOT_FOUND)
            body = (BLOG / name).read_text(encoding="utf-8").replace("{call}", call).encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Confcall's own lines are enough."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Blog)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    sys.exit(main())
