"""Webmention as the other side speaks it: an endpoint that records, and a sender."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

from tests.sites.server import Reply, Request, Server

ENDPOINT = "/webmention"


class Inbox:
    """Webmentions that a site received: pairs of source and target. ``status`` is its answer."""

    def __init__(self, server: Server) -> None:
        self.received: list[tuple[str, str]] = []
        self.status = 202
        server.routes["POST", ENDPOINT] = self._receive

    def _receive(self, request: Request) -> Reply:
        form = request.form
        if self.status < 400:
            self.received.append((form["source"], form["target"]))
        return Reply("", self.status)


@dataclass(frozen=True, slots=True)
class Sent:
    status: int
    text: str
    headers: dict[str, str]


def ask(address: str, form: dict[str, str] | None = None) -> Sent:
    """GET, or POST with a form, as a program does it. An error status is an answer too."""
    data = urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(address, data, {"User-Agent": "reference site"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Sent(response.status, response.read().decode(), headers)
    except urllib.error.HTTPError as error:
        with error:
            headers = {name.lower(): value for name, value in error.headers.items()}
            return Sent(error.code, error.read().decode(), headers)


def discovered(target: str) -> str:
    """The endpoint that a page announces; empty if it announces none."""
    answer = ask(target)
    link = re.search(r'<([^>]*)>;\s*rel="?webmention"?', answer.headers.get("link", ""))
    tag = re.search(r'<link rel="webmention" href="([^"]*)"', answer.text)
    found = link or tag
    return urljoin(target, found[1]) if found else ""


def send(source: str, target: str) -> Sent:
    """Discover the endpoint of ``target``, then tell it of ``source``."""
    return ask(discovered(target), {"source": source, "target": target})
