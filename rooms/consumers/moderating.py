"""What those who run the room may do on the call's WebSocket."""

from __future__ import annotations

import contextlib
import logging

from channels.db import database_sync_to_async
from django.db import DatabaseError

from rooms import admission, removal, sfu
from rooms.consumers import messages
from rooms.consumers.socket import CallSocket, Member
from rooms.roles import Grant
from sfu_worker import wire

logger = logging.getLogger(__name__)


class Moderating(CallSocket):
    async def on_remove(self, message: messages.Remove) -> None:
        """Nothing answers when it is done: everybody hears that somebody has left."""
        me = self._me
        try:
            # What one may do is asked anew: it may have been taken away since the join.
            verdict = await database_sync_to_async(admission.current_grant)(
                me.pass_, rejoining=True
            )
            if not isinstance(verdict, Grant) or not verdict.moderate:
                return await self._error("forbidden", "remove_unasked")
            await removal.remove(me.room, verdict, message.participant, by=me.pass_.person)
        except removal.NotAllowed:
            await self._error("forbidden", "remove_forbidden")
        except removal.NotHere:
            await self._error("not_here")
        except DatabaseError as exc:
            logger.warning("x nobody was removed: %s", exc)
            await self._error("busy")
        except sfu.Unavailable as exc:
            logger.info("x a removal waits for the worker: %s", exc)
            await self._error("unavailable", "remove_unheard")

    async def _was_removed(self, member: Member) -> bool:
        """Whether somebody was removed while it came in: the worker may have heard of that before it heard of the join."""
        removed: bool = await database_sync_to_async(admission.was_removed)(member.pass_)
        if removed:
            with contextlib.suppress(sfu.Unavailable):  # then it ends with the detached ones
                await sfu.send(member.worker, wire.Remove(self._slug, member.participant))
        return removed
