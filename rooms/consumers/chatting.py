"""The chat on the call's WebSocket: a line is stored first, then sent to all with its number."""

from __future__ import annotations

import logging
import time
from typing import Any

from channels.exceptions import ChannelFull

from rooms import chat, database
from rooms.consumers import messages
from rooms.consumers.limits import TokenBucket
from rooms.consumers.socket import REFUSED, CallSocket
from rooms.consumers.unheard import Reading
from rooms.models import ChatLine, Room
from rooms.workers.layer import AWAY
from sfu_worker import wire

logger = logging.getLogger(__name__)


class Chatting(CallSocket):
    """``_reading`` is set before the browser joins. ``_catching_up``: lost lines are being read."""

    _reading: Reading
    _catching_up = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = TokenBucket(rate=5, burst=20)

    async def _too_fast(self, message: messages.Chat) -> bool:
        """Whether they write too quickly; then they were told. Asked when a line has come."""
        if self._lines.take(time.monotonic()):
            return False
        await self._error("too_fast", "chat_too_fast", nonce=message.nonce)
        return True

    async def on_chat(self, message: messages.Chat) -> None:
        """Store a line and pass it on, also if it was repeated (same nonce).

        It may have been stored and not passed on: its sender was told to try again, or the
        connection was lost. An error carries the nonce, so the page knows which line was refused.
        """
        me = self._me
        try:
            line, _created = await database.run(
                chat.append, me.room.pk, me.pass_.person, message.nonce, me.name, message.text
            )
        except chat.BadText as exc:
            return await self._error("bad_message", f"chat_{exc.why}", nonce=message.nonce)
        except Room.DoesNotExist:
            return await self._end("refused:not_found", REFUSED)
        body = line_body(line, me.participant)
        try:
            await self.channel_layer.group_send(
                wire.room_group(self._slug), {"type": "chat_line", "body": body}
            )
            return
        except (*AWAY, ChannelFull) as exc:
            # The others get it soon, see ``rooms.consumers.unheard``.
            logger.info("x a chat line was stored but not sent: %s", exc)
        self._reading.sent(line.number)
        await self._tell({"type": "chat_line", **body})

    async def on_chat_since(self, message: messages.ChatSince) -> None:
        await self._tell_lines_since(max(0, message.number))

    def _catch_up_soon(self) -> None:
        """Tell the lines that were missed. ``unheard`` repeats this until it has worked."""
        if not self._catching_up:
            self._catching_up = self._beside(self._catch_up)

    async def _catch_up(self) -> None:
        self._catching_up = False
        if self._over:
            return
        try:
            await self._tell_lines_since(self._reading.seen)
        except database.Busy as exc:
            logger.info("x the lines after %d were not read: %s", self._reading.seen, exc)

    async def _tell_lines_since(self, number: int) -> None:
        lines, more = await database.run(chat.since, self._me.room.pk, number)
        bodies = [line_body(line) for line in lines]
        await self._tell({"type": "chat_lines", "since": number, "lines": bodies, "more": more})
        if lines:
            self._reading.sent(lines[-1].number)

    async def chat_line(self, message: dict[str, Any]) -> None:
        """A line from the channel layer."""
        if not self._over:
            self._reading.sent(message["body"]["number"])
            if self._welcomed:  # the welcome says how many lines there are
                await self._tell({"type": "chat_line", **message["body"]})


def line_body(line: ChatLine, participant: str = "") -> dict[str, Any]:
    """A line as it is sent. ``participant`` is known only of a new line, not of a stored one."""
    return {
        "number": line.number,
        "nonce": line.nonce,
        "participant": participant,
        "name": line.name,
        "text": line.text,
        "sent": line.sent.isoformat(),
    }
