"""A person who writes notes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from pycrdt import Doc, Text

from rooms.notes import yprotocol
from rooms.notes.yprotocol import Presence
from tests.rooms.support import PATIENCE, Browser


class Editor:
    """A Yjs client with its own document, as in a browser."""

    def __init__(self, key: str = "", pass_: str = "") -> None:
        shown = f"key.{key}" if key else f"pass.{pass_}"
        self.browser = Browser("/ws/notes/", subprotocols=["yjs", shown])
        self.told: dict[str, Any] = {}
        self.doc: Doc[Any] = Doc()
        self.text = self.doc.get("notes", type=Text)
        self.presences: list[Presence] = []
        self._sent: list[bytes] = []
        self.doc.observe(lambda event: self._sent.append(event.update))

    async def open(self) -> Editor:
        """Connect and do the first exchange in both directions."""
        assert await self.browser.connect()
        assert self.browser.subprotocol == "yjs"
        await self.send(yprotocol.sync(yprotocol.STEP1, self.doc.get_state()))
        await self.until(lambda kind: kind == yprotocol.STEP2)
        return self

    async def send(self, data: bytes) -> None:
        await self.browser.socket.send_to(bytes_data=data)

    async def type(self, text: str, at: int = 0) -> None:
        self._sent.clear()
        self.text.insert(at, text)
        for update in list(self._sent):
            await self.send(yprotocol.sync(yprotocol.UPDATE, update))

    async def hear(self) -> int | None:
        """Take in one message as a Yjs client does; return the step if it was a sync."""
        message = await self.browser.socket.receive_output(timeout=PATIENCE)
        assert message["type"] == "websocket.send", message
        data = message["bytes"]
        if data[0] == yprotocol.TOLD:
            self.told |= json.loads(yprotocol.read_array(data, 1)[0])
            return None
        decoded = yprotocol.decode(data)
        if isinstance(decoded, list):
            self.presences += decoded
            return None
        assert decoded is not None
        if decoded.step == yprotocol.STEP1:
            await self.send(yprotocol.sync(yprotocol.STEP2, self.doc.get_update(decoded.payload)))
        else:
            self.doc.apply_update(decoded.payload)
        return decoded.step

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition(await self.hear()):
                pass

    async def reads(self, text: str) -> None:
        """Wait until the document says so."""
        if str(self.text) != text:
            await self.until(lambda _: str(self.text) == text)

    async def close(self) -> None:
        await self.browser.gone()
