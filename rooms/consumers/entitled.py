"""What a participant may still do, read from the tables again and again."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from rooms import database
from rooms.consumers import messages
from rooms.consumers.bodies import held_body, settings_body
from rooms.consumers.joining import Joining
from rooms.consumers.socket import REFUSED
from rooms.entry import decisions, facts, passes
from rooms.entry.access import Refusal
from rooms.entry.facts import RoomNow
from rooms.entry.rights import name_of, verdict_of
from rooms.roles import Grant
from rooms.workers import sfu
from rooms.workers.layer import AWAY
from sfu_worker import wire

logger = logging.getLogger(__name__)


class Entitled(Joining):
    """``_checking``: a check of the rights is under way or waits for its turn."""

    _checking = False

    async def on_renew(self, message: messages.Renew) -> None:
        if await self._bring_up_to_date():
            me = self._me
            renewed = {"pass": passes.issue(me.pass_), "resume": self._resume_token(me)}
            await self._tell({"type": "pass", **renewed})
            # Groups forget whoever is not added again within a day, and Redis forgets all of them
            # if its clock is put forward by as much.
            with contextlib.suppress(*AWAY):
                await self.channel_layer.group_add(wire.room_group(self._slug), self.channel_name)

    async def rights_changed(self, message: dict[str, Any]) -> None:
        """``rooms.entry.rights`` repeats this until the seat matches the tables."""
        if not self._checking:
            self._checking = self._beside(self._check)

    async def _check(self) -> None:
        self._checking = False
        if self._over:
            return
        try:
            if self.member is None:
                return await self._look_again()
            await self._bring_up_to_date()
        except database.Busy as exc:
            logger.info("x rights on %s were not read: %s", self.channel_name, exc)

    async def _bring_up_to_date(self) -> bool:
        """Apply what the tables say here, at the worker and in the page.

        False: the seat has ended.
        """
        me = self._me
        [standing] = await database.run(facts.standings, [me.pass_], rejoining=True)
        verdict = verdict_of(me, standing)
        if isinstance(verdict, Refusal):
            await self._put_out(verdict)
            return False
        before, me.grant = me.grant, verdict
        called, me.name = me.name, name_of(me, standing)
        by = ""
        if verdict != before:
            by = await database.run(decisions.last_host, me.room.pk, me.pass_.person)
        if not me.told.agrees(verdict) or verdict != before or me.name != called:
            try:
                # The worker first: forbidden media must stop before the page hears why.
                await self._command(self._join_command(me))
            except sfu.Unavailable as exc:
                logger.info(
                    "x the worker did not hear of the new role of %s: %s", me.participant, exc
                )
        await self._tell_changes(before, standing.room, by)
        return True

    async def _tell_changes(self, before: Grant, now: RoomNow, by: str) -> None:
        """Tell the page what has changed, and by whom."""
        me = self._me
        grant = me.grant
        if grant.role != before.role:
            await self._tell(
                {"type": "role", "role": grant.role.value, "publish": grant.publish, "by": by}
            )
        if grant.held != before.held or grant.bound != before.bound:
            await self._tell({"type": "held", **held_body(grant), "by": by})
        if now != me.settings:
            me.settings = now
            await self._tell({"type": "room_settings", **settings_body(now)})
        await self._tell_who_waits()

    async def _put_out(self, refusal: Refusal) -> None:
        """End the seat. The media ends now, not when the worker notices the closed socket."""
        me = self._me
        with contextlib.suppress(sfu.Unavailable):  # it ends with the detached participants
            await self._command(self._leave_command(me))
        await self._end(f"refused:{refusal.name}", REFUSED)
