"""The chat on the call's WebSocket: a line is stored first, then sent to all with its number.

So is a change of a line. Whoever may not read a line, because it is older than their arrival and
the room does not show those, is sent neither it nor its changes.
"""

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
from rooms.entry import facts, passes
from rooms.models import ChatLine, Room
from rooms.roles import Grant
from rooms.workers.layer import AWAY
from sfu_worker import wire

logger = logging.getLogger(__name__)


# These count against the limit of what one person may write.
Writing = messages.Chat | messages.ChatEdit | messages.ChatDelete
WRITING = (messages.Chat, messages.ChatEdit, messages.ChatDelete)


class Chatting(CallSocket):
    """``_reading`` is set before the browser joins. ``_catching_up``: lost lines are being read."""

    _reading: Reading
    _catching_up = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = TokenBucket(rate=5, burst=20)

    @property
    def _reader(self) -> chat.Reader:
        me = self._me
        return chat.Reader(me.room.pk, me.participant, me.pass_.invite)

    async def _too_fast(self, message: Writing) -> bool:
        """Whether they write too quickly; then they were told. Asked when a line has come."""
        if self._lines.take(time.monotonic()):
            return False
        await self._error("too_fast", "chat_too_fast", **messages.about(message))
        return True

    async def on_chat(self, message: messages.Chat) -> None:
        """Store a line and pass it on, also if it was repeated (same nonce).

        It may have been stored and not passed on: its sender was told to try again, or the
        connection was lost. An error carries the nonce, so the page knows which line was refused.
        """
        me, about = self._me, messages.about(message)
        try:
            line, _created = await database.run(
                chat.append,
                me.room.pk,
                me.pass_.person,
                message.nonce,
                me.name,
                message.text,
                message.reply_to,
            )
        except chat.BadText as exc:
            return await self._error("bad_message", f"chat_{exc.why}", **about)
        except Room.DoesNotExist:
            return await self._end("refused:not_found", REFUSED)
        await self._pass_on(line)

    async def on_chat_edit(self, message: messages.ChatEdit) -> None:
        await self._change(message, message.text)

    async def on_chat_delete(self, message: messages.ChatDelete) -> None:
        await self._change(message, None)

    async def _change(
        self, message: messages.ChatEdit | messages.ChatDelete, text: str | None
    ) -> None:
        """Change a line and pass it on. If it is so already, the answer may have been lost."""
        me, about = self._me, messages.about(message)
        # As it is now: a host may have become a guest since the last look.
        verdict = await database.run(facts.current_grant, me.pass_, rejoining=True)
        if not isinstance(verdict, Grant):
            return await self._error("forbidden", "chat_forbidden", **about)
        try:
            line = await database.run(
                chat.edit,
                self._reader,
                message.number,
                text,
                me.pass_.person,
                me.name,
                host=verdict.moderate,
            )
        except chat.BadText as exc:
            return await self._error("bad_message", f"chat_{exc.why}", **about)
        except chat.NotThere:
            return await self._error("not_here", "chat_gone", **about)
        except chat.NotYours:
            return await self._error("forbidden", "chat_forbidden", **about)
        except Room.DoesNotExist:
            return await self._end("refused:not_found", REFUSED)
        await self._pass_on(line)

    async def _pass_on(self, line: ChatLine) -> None:
        """Send a line that is stored to everyone, or if that fails, to its author."""
        body = line_body(line)
        try:
            await self.channel_layer.group_send(
                wire.room_group(self._slug), {"type": "chat_line", "body": body}
            )
            return
        except (*AWAY, ChannelFull) as exc:
            # The others get it soon, see ``rooms.consumers.unheard``.
            logger.info("x a chat line was stored but not sent: %s", exc)
        self._reading.sent(line.number, line.change)
        await self._tell({"type": "chat_line", **body})

    async def on_chat_since(self, message: messages.ChatSince) -> None:
        await self._tell_lines_since(max(0, message.number), message.change)

    def _catch_up_soon(self) -> None:
        """Tell the lines that were missed. ``unheard`` repeats this until it has worked."""
        if not self._catching_up:
            self._catching_up = self._beside(self._catch_up)

    async def _catch_up(self) -> None:
        self._catching_up = False
        if self._over:
            return
        try:
            await self._tell_lines_since(self._reading.seen, self._reading.change)
        except database.Busy as exc:
            logger.info("x the lines after %d were not read: %s", self._reading.seen, exc)

    async def _tell_lines_since(self, number: int, change: int | None) -> None:
        found = await database.run(chat.since, self._reader, number, change)
        self._reading.after = found.after
        await self._tell(
            {
                "type": "chat_lines",
                "since": number,
                "lines": [line_body(line) for line in found.lines],
                "since_change": change,
                "changed": [line_body(line) for line in found.changed],
                "change": found.change,
                "more": found.more,
            }
        )
        if found.lines:
            self._reading.sent(found.lines[-1].number)
        if change is not None and change <= self._reading.change:
            self._reading.changed_until(found.change)

    async def chat_line(self, message: dict[str, Any]) -> None:
        """A line from the channel layer, new or changed."""
        if self._over:
            return
        body = message["body"]
        self._reading.sent(body["number"], body.get("change", 0))
        # Before the welcome, which says how many lines and changes there are, nothing is told.
        if self._welcomed and body["number"] > self._reading.after:
            await self._tell({"type": "chat_line", **body})


def line_body(line: ChatLine) -> dict[str, Any]:
    """A line as it is sent. ``changed_by``: who changed or deleted it, unless it was its author."""
    return {
        "number": line.number,
        "nonce": line.nonce,
        "participant": passes.participant_of(line.room_id, line.person),
        "name": line.name,
        "text": line.text,
        "sent": line.sent.isoformat(),
        "reply_to": line.reply_to,
        "edited": line.edited is not None,
        "deleted": line.deleted is not None,
        "changed_by": line.changed_by if line.changed_by != line.name else "",
        "change": line.change,
    }
