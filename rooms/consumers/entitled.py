"""What somebody in the call may do now, on the call's WebSocket: asked of the tables, again and again."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from rooms.consumers import messages
from rooms.consumers.socket import REFUSED, CallSocket
from rooms.entry import admission, passes, places
from rooms.entry.access import Refusal
from rooms.workers import sfu

logger = logging.getLogger(__name__)


class Entitled(CallSocket):
    async def on_renew(self, message: messages.Renew) -> None:
        if await self._bring_up_to_date():
            me = self._me
            renewed = {"pass": passes.issue(me.pass_), "resume": self._resume_token(me)}
            await self._tell({"type": "pass", **renewed})
            with contextlib.suppress(sfu.Unavailable):  # then the next renewal says so
                await places.keep(self._slug, me.participant, self.channel_name)

    async def rights_changed(self, message: dict[str, Any]) -> None:
        """From ``rooms.entry.rights``, until the seat is as the tables say."""
        if self._over or self.member is None:
            return
        try:
            await self._bring_up_to_date()
        except (DatabaseError, InterfaceError) as exc:
            logger.info("x the rights of %s wait for the database: %s", self._me.participant, exc)

    async def _bring_up_to_date(self) -> bool:
        """Give the seat what the tables say, here, at the worker and in the page. False: it has ended."""
        me = self._me
        verdict = await database_sync_to_async(admission.current_grant)(me.pass_, rejoining=True)
        if isinstance(verdict, Refusal):
            await self._put_out(verdict)
            return False
        before, me.grant = me.grant, verdict
        if me.told not in ("", verdict.role.value) or verdict != before:
            try:
                # The worker first: what may not be sent any more ends before the page hears why.
                await sfu.send(me.worker, self._join_command(me))
            except sfu.Unavailable as exc:
                logger.info("x %s has another role, unheard: %s", me.participant, exc)
        if verdict != before:
            await self._tell(
                {"type": "role", "role": verdict.role.value, "publish": verdict.publish}
            )
        return True

    async def _put_out(self, refusal: Refusal) -> None:
        """End the seat: the media now, not when the worker notices that the socket is gone."""
        me = self._me
        with contextlib.suppress(sfu.Unavailable):  # then it ends with the detached ones
            await sfu.send(me.worker, self._leave_command(me))
        await self._end(f"refused:{refusal.name}", REFUSED)
