"""Joining a call on its WebSocket, and following the room when its worker or Redis is lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from django.utils.translation import gettext as _

from rooms import chat, database
from rooms.consumers import messages
from rooms.consumers.chatting import Chatting
from rooms.consumers.socket import BAD_PASS, LATE, NO_WORKER, REFUSED, Member
from rooms.entry import admission, passes, places
from rooms.entry.access import Refusal
from rooms.entry.rights import rights
from rooms.models import Room
from rooms.workers import sfu
from rooms.workers.layer import AWAY
from rooms.workers.watch import Seat, watch
from sfu_worker import wire

logger = logging.getLogger(__name__)

# In seconds during which this process kept up.
JOIN_SECONDS = 10.0
STEP_SECONDS = 0.25
LAG_SECONDS = 0.1


class Joining(Chatting):
    """``_deadline`` closes a connection that does not join in time."""

    _deadline: asyncio.Task[None] | None = None

    def _expect_join(self) -> None:
        self._deadline = asyncio.create_task(self._end_late())

    async def _end_late(self) -> None:
        """Time counts only while the event loop turns: the join may have come unread before that.

        A step that ends in time also shows that everything which came before it was read.
        """
        loop, left = asyncio.get_running_loop(), JOIN_SECONDS
        while left > 0:
            step = min(left, STEP_SECONDS)
            due = loop.time() + step
            await asyncio.sleep(step)
            if loop.time() < due + LAG_SECONDS:
                left -= step
        await self._end("late", LATE)

    def _stop_expecting(self) -> None:
        if self._deadline:
            self._deadline.cancel()

    async def on_join(self, message: messages.Join) -> None:
        self._stop_expecting()
        member = await self._admit(message)
        if member is None:
            return
        self.member = member
        self._chat_seen = await database.run(chat.last_number, member.room.pk)
        try:
            found = await self._enter(member)
        except sfu.Crowded:
            return await self._end("crowded", NO_WORKER)
        except sfu.Unavailable:
            found = False
        if not found:
            return await self._end("unavailable", NO_WORKER)
        if await self._was_removed(member):
            return await self._end("refused:removed", REFUSED)
        rights().watch(self.channel_name, member)
        await self._tell(
            {
                "type": "welcome",
                "participant": member.participant,
                "resume": self._resume_token(member),
                "role": member.grant.role.value,
                "publish": member.grant.publish,
                "chat_number": self._chat_seen,
            }
        )

    async def _admit(self, message: messages.Join) -> Member | None:
        """The member behind the pass. None: they were refused, and the connection ends."""
        pass_ = passes.read(message.pass_)
        room = await database.run(Room.objects.filter(slug=self._slug).first)
        if pass_ is None or room is None or pass_.room != room.pk:
            await self._end("refused:not_found", BAD_PASS)
            return None
        seat = passes.read_resume(message.resume or "", room.pk, pass_.person)
        name = passes.clean_name(message.name) or pass_.name or _("Guest")
        participant = passes.participant_of(room.pk, pass_.person)
        verdict = await database.run(
            admission.admit, pass_, name, rejoining=seat is not None, participant=participant
        )
        if verdict is Refusal.room_locked and await places.is_in(self._slug, participant):
            # They are in the call in another tab, so they may take the call over.
            verdict = await database.run(
                admission.admit, pass_, name, rejoining=True, participant=participant
            )
        if isinstance(verdict, Refusal):
            await self._end(f"refused:{verdict.name}", REFUSED)
            return None
        # A click on Join takes the call over from another tab. A page that comes back by itself
        # does not, even if its token expired while it slept.
        take = not message.resume
        return Member(room, pass_, verdict, participant, name, seat or passes.new_seat(), take)

    async def _was_removed(self, member: Member) -> bool:
        """Whether they were removed while they joined.

        The worker may have heard of the removal before it heard of the join.
        """
        removed = await database.run(admission.was_removed, member.pass_)
        if removed:
            with contextlib.suppress(sfu.Unavailable):  # it ends with the detached participants
                await self._command(wire.Remove(self._slug, member.participant))
        return removed

    async def _enter(self, member: Member) -> bool:
        """Go to the worker that holds the room. False: there is no worker."""
        # Whoever comes back was in the call, and belongs there however busy the worker is.
        claim = await sfu.place(self._slug, newcomer=member.take)
        if claim is None:
            return False
        await self._enter_at(member, claim)
        return True

    async def _enter_at(self, member: Member, claim: wire.Claim) -> None:
        # Read before joining the group: if Redis loses the group meanwhile, the watch must notice.
        era = watch().era
        try:
            # The group first, so that nothing after the snapshot is missed.
            await self.channel_layer.group_add(wire.room_group(self._slug), self.channel_name)
        except AWAY as exc:
            raise sfu.Unavailable("Redis is away") from exc
        await places.keep(self._slug, member.participant, self.channel_name)
        await sfu.send(claim, self._join_command(member))
        member.claim, member.lost, member.take = claim, False, False
        watch().sit(Seat(self.channel_name, self._slug, claim.worker, era))

    async def sfu_moved(self, message: dict[str, Any]) -> None:
        """Our worker lost the room. The watch says so every second until we have moved."""
        member = self.member
        if self._over or member is None or member.claim is None:
            return
        if message["worker"] != member.claim.worker:
            return
        if not member.lost:
            member.lost = True
            await self._tell({"type": "worker_lost"})
        try:
            await self._enter(member)
        except sfu.Unavailable as exc:
            logger.info("x still no worker for %s: %s", self._slug, exc)

    async def sfu_again(self, message: dict[str, Any]) -> None:
        """Redis came back empty: join the group again on the same worker, and fetch what we missed.

        The watch repeats this every second until we have entered.
        """
        member = self.member
        if self._over or member is None or member.lost or watch().settled(self.channel_name):
            return
        try:
            await self._enter(member)
        except sfu.Unavailable as exc:
            logger.info("x %s has not rejoined its group: %s", member.participant, exc)
            return
        self._beside(self._catch_up)
