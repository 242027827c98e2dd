"""The chat of one client, as the call page keeps it: pure, messages go out as return values."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

# As static/rooms/room/chat/chat_client.js.
ANSWER_WITHIN = 8.0
TOO_FAST_SECONDS = 0.3

Message = dict[str, Any]


class Chat:
    """One line is in flight at a time. Each method returns what must be sent now.

    ``lines`` has the texts by number. ``acknowledged`` has those of our own lines that the server
    has numbered, in the order in which we sent them.
    """

    def __init__(self) -> None:
        self.lines: dict[int, str] = {}
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        # Numbers that came with two texts.
        self.contradictions: list[int] = []
        self._first = self._last = -1
        self._pending: dict[str, str] = {}
        self._due_at = float("inf")

    @property
    def pending(self) -> int:
        """Lines that nobody has acknowledged yet."""
        return len(self._pending)

    def say(self, text: str, now: float) -> list[Message]:
        """Send a line, after those that wait."""
        self._pending[secrets.token_hex(8)] = text
        return self._fly(now) if len(self._pending) == 1 else []

    def connected(self, newest: int, now: float) -> list[Message]:
        """The server has welcomed us, and ``newest`` is the number of its newest line."""
        if self._first < 0:
            self._first = self._last = newest
        ask = [self._since()] if newest > self._last else []
        return ask + self._fly(now)

    def receive(self, lines: Iterable[Message], more: bool, now: float) -> list[Message]:
        """Take lines from the server."""
        flying, gap = next(iter(self._pending), ""), False
        for line in sorted(lines, key=lambda line: int(line["number"])):
            number, text = int(line["number"]), str(line["text"])
            if number > self._last + 1:
                gap = True
                continue
            if number > self._first and self.lines.setdefault(number, text) != text:
                self.contradictions.append(number)
            self._last = max(self._last, number)
            if self._pending.pop(line["nonce"], None) is not None:
                self.acknowledged.append(text)
        ask = [self._since()] if gap or more else []
        return ask + (self._fly(now) if flying and flying not in self._pending else [])

    def refuse(self, nonce: str, code: str, now: float) -> list[Message]:
        """The server has refused a line. Too fast, it goes again in a moment."""
        if code == "too_fast":
            self._due_at = now + TOO_FAST_SECONDS
            return []
        if (text := self._pending.pop(nonce, None)) is not None:
            self.refused.append(text)
        return self._fly(now)

    def step(self, now: float) -> list[Message]:
        """Repeat a line that has no answer."""
        return self._fly(now) if now >= self._due_at else []

    def _since(self) -> Message:
        return {"type": "chat_since", "number": self._last}

    def _fly(self, now: float) -> list[Message]:
        for nonce, text in self._pending.items():
            self._due_at = now + ANSWER_WITHIN
            return [{"type": "chat", "nonce": nonce, "text": text}]
        self._due_at = float("inf")
        return []
