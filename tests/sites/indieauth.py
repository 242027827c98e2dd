"""A personal site that speaks IndieAuth: a page with an h-card, and a server that signs one in.

It checks what a careful server checks (https://indieauth.spec.indieweb.org/): the client, where the
answer goes, PKCE, and that a code is used once. Tests make it lie by replacing its parts.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import ProxyHandler, build_opener

from PIL import Image

Reply = tuple[int, dict[str, str], bytes]
HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}

# The client is asked directly, whatever proxy the environment names.
_open = build_opener(ProxyHandler({})).open


@dataclass
class Identity:
    """``base`` is the site's address without a path. ``asked`` lists every request's path.

    ``approves``: what its owner answers. ``answers`` replaces a reply by path, ``me`` and ``iss``
    what the server says, and ``profile`` is None to leave it to the page. Without ``asks_client``
    the client need not be a running server.
    """

    base: str
    name: str = "Ann Example"
    approves: bool = True
    asks_client: bool = True
    me: str = ""
    iss: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] | None = None
    rels: str = "indieauth-metadata"
    answers: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    referers: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def reply(self, method: str, path: str, query: dict[str, str], form: dict[str, str]) -> Reply:
        self.asked.append(f"{method} {path}")
        if path in self.answers:
            return self.answers[path]
        if path == "/auth":
            return self.approve(query) if method == "GET" else self.redeem(form)
        if path == "/metadata":
            return 200, JSON, json.dumps(self.described()).encode()
        if path == "/photo.png":
            return 200, {"Content-Type": "image/png"}, _photo()
        return (200, HTML, self.page().encode()) if path in ("/", "/about") else (404, HTML, b"")

    def page(self) -> str:
        """With an h-card, and the relations that lead to the server."""
        target = {"indieauth-metadata": "/metadata"}.get(self.rels, "/auth")
        link = f'<link rel="{self.rels}" href="{target}">' if self.rels else ""
        return (
            f"<!doctype html><title>{self.name}</title>{link}"
            f'<p class="h-card"><img class="u-photo" src="/photo.png" alt="">'
            f'<a class="p-name u-url u-uid" href="/">{self.name}</a></p>'
        )

    def described(self) -> dict[str, Any]:
        """The server's metadata (4.1.1)."""
        return {
            "issuer": self.base + "/",
            "authorization_endpoint": self.base + "/auth",
            "token_endpoint": self.base + "/token",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def approve(self, query: dict[str, str]) -> Reply:
        """5.2: the owner agrees at once, or does not."""
        if self.asks_client:
            self.check_client(query)
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        answer = {"state": query["state"], "iss": self.iss or self.base + "/"}
        if self.approves:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = query
        else:
            answer["error"] = "access_denied"
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode(answer)}"}, b""

    def check_client(self, query: dict[str, str]) -> None:
        """4.2: who asks, and whether the answer may go there."""
        client = json.loads(_open(query["client_id"], timeout=10).read())
        assert client["client_id"] == query["client_id"]
        assert query["client_id"].startswith(client["client_uri"])
        assert query["redirect_uri"] in client["redirect_uris"]

    def redeem(self, form: dict[str, str]) -> Reply:
        """5.3: the code, once, from whoever began."""
        began = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            began is None
            or form.get("grant_type") != "authorization_code"
            or challenge != began["code_challenge"]
            or any(form.get(name) != began[name] for name in ("client_id", "redirect_uri"))
        ):
            return 400, JSON, b'{"error": "invalid_grant"}'
        profile = {} if self.profile is None else {"profile": self.profile}
        said = {"me": self.me or self.base + "/", **profile}
        return 200, JSON, json.dumps(said).encode()


def _photo() -> bytes:
    import io

    body = io.BytesIO()
    Image.new("RGB", (120, 90), (30, 140, 90)).save(body, "PNG")
    return body.getvalue()


@contextmanager
def serve(host: str = "127.0.0.1") -> Iterator[Identity]:
    """A site on a port of its own, under ``host``, which must lead to this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    site = Identity(f"http://{host}:{server.server_port}")
    server.site = site  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def _reply(self) -> None:
        site: Identity = self.server.site  # type: ignore[attr-defined]
        url = urlsplit(self.path)
        size = int(self.headers.get("Content-Length", 0))
        site.referers.append(self.headers.get("Referer", ""))
        form = _single(self.rfile.read(size).decode())
        status, headers, body = site.reply(self.command, url.path, _single(url.query), form)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = _reply

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
