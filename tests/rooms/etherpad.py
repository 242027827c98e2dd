"""A small server that answers like Etherpad's API; tests/e2e drives a real one."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from rooms.notes import pads


def failure(message: str) -> dict[str, Any]:
    return {"code": 1, "message": message, "data": None}


class Answers(BaseHTTPRequestHandler):
    """Records the requests; ``say`` replaces the usual answer."""

    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []
    # The existing pads, with their read-only ids.
    pads: ClassVar[dict[str, str]] = {}
    made: ClassVar[int] = 0
    # The existing groups by mapper, and sessions with their group.
    groups: ClassVar[dict[str, str]] = {}
    sessions: ClassVar[dict[str, str]] = {}
    say: ClassVar[bytes | None] = None
    # The messages of every pad's chat.
    chat: ClassVar[list[dict[str, Any]]] = []
    # When the pads were last changed, in milliseconds.
    edited: ClassVar[int] = 0

    def do_GET(self) -> None:
        self._write(json.dumps({"currentVersion": "1.3.1"}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        values = dict(urllib.parse.parse_qsl(body))
        function = self.path.rsplit("/", 1)[1]
        self.asked.append((self.path, values))
        answer: dict[str, Any] = {"code": 0, "message": "ok", "data": None}
        if values.get("apikey") != "secret":
            answer = {"code": 4, "message": "no or wrong API Key", "data": None}
        else:
            answer |= self._of_groups(function, values) or self._of_pads(function, values)
        self._write(json.dumps(answer).encode() if self.say is None else self.say)

    def _write(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _of_groups(self, function: str, values: dict[str, str]) -> dict[str, Any] | None:
        group = values.get("groupID", "")
        match function:
            case "createGroupIfNotExistsFor":
                mapper = values["groupMapper"]
                return {"data": {"groupID": self.groups.setdefault(mapper, self._new("g"))}}
            case "createAuthorIfNotExistsFor" | "createAuthor":
                return {"data": {"authorID": f"a.{values.get('authorMapper', 'new')}"}}
            case "deleteSession":
                known = self.sessions.pop(values["sessionID"], None)
                return {"data": None} if known else failure("sessionID does not exist")
            case "createGroupPad" | "createSession" | "listPads" | "deleteGroup" if (
                group not in self.groups.values()
            ):
                return failure("groupID does not exist")
            case "createGroupPad":
                return self._make(f"{group}${values['padName']}", "padName does already exist")
            case "createSession":
                session = self._new("s")
                self.sessions[session] = group
                return {"data": {"sessionID": session}}
            case "listPads":
                return {"data": {"padIDs": [pad for pad in self.pads if pad.startswith(group)]}}
            case "deleteGroup":
                for pad in [pad for pad in self.pads if pad.startswith(group)]:
                    del self.pads[pad]
                return {"data": None}
            case _:
                return None

    def _of_pads(self, function: str, values: dict[str, str]) -> dict[str, Any]:
        pad = values.get("padID", values.get("sourceID", ""))
        if pad not in self.pads:
            return failure("padID does not exist")
        match function:
            case "getReadOnlyID":
                return {"data": {"readOnlyID": self.pads[pad]}}
            case "getLastEdited":
                return {"data": {"lastEdited": self.edited}}
            case "getChatHistory":
                return {"data": {"messages": self.chat}}
            case "deletePad":
                del self.pads[pad]
            case "movePad":
                made = self._make(values["destinationID"], "destinationID already exists")
                if made.get("code"):
                    return made
                del self.pads[pad]
        return {"data": None}

    def _make(self, pad: str, exists: str) -> dict[str, Any]:
        if pad in self.pads:
            return failure(exists)
        Answers.made += 1
        self.pads[pad] = f"r.{self.made}"
        return {"data": {"padID": pad}}

    def _new(self, kind: str) -> str:
        return f"{kind}.{len(self.groups) + len(self.sessions) + len(self.asked)}"

    @classmethod
    def functions(cls) -> list[str]:
        """What was asked, without what was said."""
        return [path.rsplit("/", 1)[1] for path, _ in cls.asked]

    @classmethod
    def lose(cls) -> None:
        """Forget all pads, as when its database was reset."""
        cls.pads.clear()
        cls.groups.clear()
        cls.sessions.clear()

    @classmethod
    def forget_failures(cls) -> None:
        """Let the product ask again at once."""
        pads._provider = None

    def log_message(self, *_: object) -> None:
        """Do not answer at all."""


@pytest.fixture
def etherpad(settings: Any) -> Iterator[type[Answers]]:
    Answers.asked, Answers.pads, Answers.made, Answers.say = [], {}, 0, None
    Answers.groups, Answers.sessions = {}, {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ETHERPAD_URL = "https://pad.example.org"
    settings.ETHERPAD_API_URL = f"http://127.0.0.1:{server.server_port}"
    settings.ETHERPAD_API_KEY = "secret"
    yield Answers
    server.shutdown()
    server.server_close()
