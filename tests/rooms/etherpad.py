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


class Answers(BaseHTTPRequestHandler):
    """Records the requests; ``say`` replaces the usual answer."""

    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []
    # The existing pads, with their read-only ids.
    pads: ClassVar[dict[str, str]] = {}
    made: ClassVar[int] = 0
    say: ClassVar[bytes | None] = None
    # The messages of every pad's chat.
    chat: ClassVar[list[dict[str, Any]]] = []
    # When the pads were last changed, in milliseconds.
    edited: ClassVar[int] = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        values = dict(urllib.parse.parse_qsl(body))
        function = self.path.rsplit("/", 1)[1]
        self.asked.append((self.path, values))
        answer: dict[str, Any] = {"code": 0, "message": "ok", "data": None}
        if values.get("apikey") != "secret":
            answer = {"code": 4, "message": "no or wrong API Key", "data": None}
        elif function == "createPad" and values["padID"] in self.pads:
            answer = {"code": 1, "message": "padID does already exist", "data": None}
        elif function == "createPad":
            Answers.made += 1
            self.pads[values["padID"]] = f"r.{self.made}"
        elif values["padID"] not in self.pads:
            answer = {"code": 1, "message": "padID does not exist", "data": None}
        elif function == "getReadOnlyID":
            answer["data"] = {"readOnlyID": self.pads[values["padID"]]}
        elif function == "getLastEdited":
            answer["data"] = {"lastEdited": self.edited}
        elif function == "getChatHistory":
            answer["data"] = {"messages": self.chat}
        elif function == "deletePad":
            del self.pads[values["padID"]]
        data = json.dumps(answer).encode() if self.say is None else self.say
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @classmethod
    def lose(cls) -> None:
        """Forget all pads, as when its database was reset."""
        cls.pads.clear()

    @classmethod
    def forget_failures(cls) -> None:
        """Let the product ask again at once."""
        pads._provider = None

    def log_message(self, *_: object) -> None:
        """Do not answer at all."""


@pytest.fixture
def etherpad(settings: Any) -> Iterator[type[Answers]]:
    Answers.asked, Answers.pads, Answers.made, Answers.say = [], {}, 0, None
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ETHERPAD_URL = "https://pad.example.org"
    settings.ETHERPAD_API_URL = f"http://127.0.0.1:{server.server_port}"
    settings.ETHERPAD_API_KEY = "secret"
    yield Answers
    server.shutdown()
    server.server_close()
