"""Cards as a browser reads them, and people in a call as a worker reports them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from sfu_worker import wire


def live(client: Any, slug: str, people: int) -> None:
    """Let a worker report so many people in a room."""
    client.set(wire.live_key(slug), json.dumps({"people": people, "epoch": "e"}))


class Parsed(HTMLParser):
    """A card's text, its links, and what it loads."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.body = response.content.decode()
        self.text = self.style = self.script = ""
        self.links: list[tuple[str, dict[str, str]]] = []
        self.loads: list[str] = []
        self._open: list[str] = []
        self.feed(self.body)

    @property
    def policy(self) -> dict[str, list[str]]:
        parts = [part.split() for part in self.response["Content-Security-Policy"].split(";")]
        return {name: values for name, *values in parts}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("style", "script", "a"):
            self._open.append(tag)
        if tag in ("a", "button", "input"):
            self.links.append(("", values))
        loads = values.get("src") or values.get("srcset") or (tag == "link" and values["href"])
        if loads:
            self.loads.append(str(loads))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in ("style", "script"):
            setattr(self, inside, data)
            return
        if inside == "a":
            name, values = self.links[-1]
            self.links[-1] = (name + data.strip(), values)
        self.text += data
