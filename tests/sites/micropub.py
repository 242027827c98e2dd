"""Micropub (https://www.w3.org/TR/micropub/): the site of somebody who publishes from elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.sites.server import Reply, Request, Server

ENDPOINT = "/micropub"
TOKEN = "a-token-that-only-the-owner-has"


@dataclass
class Entry:
    properties: dict[str, list[Any]]
    deleted: bool = False


@dataclass
class Blog:
    """Entries by their address. While ``broken`` is set, every request fails with that status."""

    server: Server
    entries: dict[str, Entry] = field(default_factory=dict)
    broken: int = 0

    def __post_init__(self) -> None:
        self.server.routes["POST", ENDPOINT] = self._answer

    @property
    def endpoint(self) -> str:
        return f"{self.server.url}{ENDPOINT}"

    def _answer(self, request: Request) -> Reply:
        if self.broken:
            return _error("server_error", "The disk is full.", self.broken)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error("unauthorized", "Who are you?", 401)
        if request.headers.get("content-type") != "application/json":
            return _error("invalid_request", "Send JSON.", 400)
        sent = json.loads(request.body)
        return self._act(sent) if "action" in sent else self._create(sent)

    def _create(self, sent: dict[str, Any]) -> Reply:
        if sent["type"] != ["h-entry"] or not all(
            isinstance(values, list) for values in sent["properties"].values()
        ):
            return _error("invalid_request", "Not an entry.", 400)
        path = f"/blog/{len(self.entries) + 1}"
        self.entries[f"{self.server.url}{path}"] = Entry(sent["properties"])
        # A relative reference is allowed (RFC 9110, 10.2.2).
        return Reply(status=201, headers={"Location": path})

    def _act(self, sent: dict[str, Any]) -> Reply:
        entry = self.entries.get(sent["url"])
        if entry is None:
            return _error("invalid_request", "There is no such post.", 400)
        if sent["action"] == "update":
            entry.properties |= sent["replace"]
        elif sent["action"] in ("delete", "undelete"):
            entry.deleted = sent["action"] == "delete"
        else:
            return _error("invalid_request", "Unknown action.", 400)
        return Reply(status=204)


def _error(error: str, description: str, status: int) -> Reply:
    body = json.dumps({"error": error, "error_description": description})
    return Reply(body, status, media_type="application/json")
