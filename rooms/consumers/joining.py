"""Joining a call on its WebSocket, and following the room wherever it goes.

There is one way in, ``_enter``, the first time and whenever ``rooms.workers.watch`` says that the
seat is due. Only a ``room_state`` confirms that it has worked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from django.utils.translation import gettext as _

from rooms import chat, database
from rooms.consumers import messages
from rooms.consumers.bodies import held_body, settings_body
from rooms.consumers.chatting import Chatting
from rooms.consumers.socket import BAD_PASS, LATE, NO_WORKER, REFUSED, Member
from rooms.consumers.unheard import Reading, unheard
from rooms.consumers.waiting import Waiting
from rooms.entry import admission, facts, hosts, passes
from rooms.entry.access import Refusal
from rooms.entry.facts import RoomNow
from rooms.entry.rights import rights
from rooms.entry.sites import profiles
from rooms.entry.sites.profiles import NO_FACE
from rooms.models import Room
from rooms.workers import live, sfu
from rooms.workers.layer import AWAY
from rooms.workers.seats import LOST, Seat
from rooms.workers.watch import watch
from sfu_worker import wire

logger = logging.getLogger(__name__)

# In seconds during which this process kept up.
JOIN_SECONDS = 10.0
STEP_SECONDS = 0.25
LAG_SECONDS = 0.1


class Joining(Chatting, Waiting):
    """``_deadline`` closes a connection that does not join, or hears from no worker, in time.

    ``_asked`` is the page's ``join``.
    """

    _asked: messages.Join
    _deadline: asyncio.Task[None] | None = None

    def _expect_join(self) -> None:
        self._expect("late", LATE)

    def _expect(self, code: str, close: int) -> None:
        self._stop_expecting()
        self._deadline = asyncio.create_task(self._end_late(code, close))

    async def _end_late(self, code: str, close: int) -> None:
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
        await self._end(code, close)

    def _stop_expecting(self) -> None:
        if self._deadline:
            self._deadline.cancel()

    async def on_join(self, message: messages.Join) -> None:
        """Nothing is written, and no invite used, before there is a worker with a place."""
        self._stop_expecting()
        self._asked = message
        found = await self._recognize(message)
        if found is not None:
            await self._come_in(*found)

    async def _look_again(self) -> None:
        """Their person waits, and something has changed."""
        found = await self._recognize(self._asked)
        if found is not None:
            await self._come_in(*found)

    async def _come_in(self, member: Member, inside: bool) -> None:
        if member.waits:
            return self._wait(member)
        await self._stop_waiting()
        try:
            claim = await self._place(newcomer=member.take and not inside)
            if not await self._admit(member, inside):
                return
            self.member = member
            newest = await database.run(chat.newest, member.room.pk)
            after = await database.run(chat.seen_after, self._reader)
            self._reading = Reading(member.room.pk, newest.line, newest.change, after)
            await self._enter(member, claim)
        except sfu.Unavailable as exc:
            logger.info("x %s cannot join: %s", member.participant, exc)
            code = "crowded" if isinstance(exc, sfu.Crowded) else "unavailable"
            return await self._end(code, NO_WORKER)
        if await self._was_removed(member):
            return await self._end("refused:removed", REFUSED)
        self._expect("unavailable", NO_WORKER)

    async def _recognize(self, message: messages.Join) -> tuple[Member, bool] | None:
        """Who has come, and whether they are in the call or were a moment ago.

        None: they were refused, and the connection ends. Nothing is written.
        """
        pass_ = passes.read(message.pass_)
        room = await database.run(Room.objects.filter(slug=self._slug).first)
        if pass_ is None or room is None or pass_.room != room.pk:
            await self._end("refused:not_found", BAD_PASS)
            return None
        known = passes.read_resume(message.resume or "", room.pk, pass_.person)
        settings = RoomNow.of(room)
        if known is not None and known.ended != settings.ended:
            await self._end(f"refused:{Refusal.call_ended.name}", REFUSED)
            return None
        participant = passes.participant_of(room.pk, pass_.person)
        # From another tab, for example: then they may take the call over.
        inside = known is not None or await live.is_in(self._slug, participant)
        [standing] = await database.run(facts.standings, [pass_], rejoining=inside)
        verdict = standing.verdict
        if isinstance(verdict, Refusal):
            await self._end(f"refused:{verdict.name}", REFUSED)
            return None
        if not inside and await hosts.waits(room, verdict, participant):
            await self._end(f"refused:{Refusal.host_away.name}", REFUSED)
            return None
        own_name = passes.clean_name(message.name) or pass_.name
        name = own_name or standing.name or _("Guest")
        page = known.seat if known is not None else passes.new_seat()
        seat = Seat(self.channel_name, self._slug, participant, page, message.socket)
        # A click on Join takes the call over from another tab. A page that comes back by itself
        # does not, even if its token expired while it slept.
        face = await database.run(profiles.face, room, pass_) if pass_.me else NO_FACE
        member = Member(room, pass_, verdict, name, seat, not message.resume, face=face)
        member.settings, member.unnamed = settings, not own_name
        member.waits = standing.waits and not inside
        return member, inside

    async def _admit(self, member: Member, inside: bool) -> bool:
        """Write down that they come in. False: their right has ended meanwhile."""
        verdict = await database.run(
            admission.admit,
            member.pass_,
            member.name,
            rejoining=inside,
            participant=member.participant,
            unnamed=member.unnamed,
        )
        if isinstance(verdict, Refusal):
            await self._end(f"refused:{verdict.name}", REFUSED)
            return False
        member.grant = verdict
        return True

    async def _was_ended(self, member: Member) -> bool:
        """Whether a host has ended the call for everyone since they came in."""
        room = await database.run(Room.objects.filter(pk=member.room.pk).first)
        return room is not None and RoomNow.of(room).ended != member.settings.ended

    async def _was_removed(self, member: Member) -> bool:
        """Whether they were removed while they joined.

        The worker may have heard of the removal before it heard of the join.
        """
        removed = await database.run(admission.was_removed, member.pass_)
        if removed:
            with contextlib.suppress(sfu.Unavailable):  # the keeper ends it
                await self._command(wire.Remove(self._slug, member.participant))
        return removed

    # The one way in

    async def _place(self, *, newcomer: bool) -> wire.Claim:
        """The claim of the room's worker. Raises sfu.Unavailable, and sfu.Crowded."""
        claim = await sfu.place(self._slug, newcomer=newcomer, dead=watch().pulse.dead)
        if claim is None:
            raise sfu.Unavailable("there is no media worker")
        return claim

    async def _enter(self, member: Member, claim: wire.Claim | None = None) -> None:
        """Join the room's group, and ask its worker for the seat. Raises sfu.Unavailable."""
        # Read first: if Redis loses the group after it was joined, the next look notices.
        era = await sfu.era()
        claim = claim or await self._place(newcomer=False)
        try:
            # The group before the worker, so that nothing after the room_state is missed.
            await self.channel_layer.group_add(wire.room_group(self._slug), self.channel_name)
        except AWAY as exc:
            raise sfu.Unavailable("Redis is away") from exc
        member.seat.ask(claim, era, time.monotonic())
        watch().sit(member.seat)
        await sfu.send(claim, self._join_command(member))

    async def seat_due(self, message: dict[str, Any]) -> None:
        """The watch repeats this every second until our seat is right."""
        member = self.member
        if self._over or member is None:
            return
        reason = watch().due(member.seat)
        if reason is None:
            return
        if member.seat.sure:  # once, however often it must be tried
            logger.info("- %s enters %s again: %s", member.participant, self._slug, reason)
        if reason in LOST and member.seat.lose():
            await self._tell({"type": "worker_lost"})
        await self._enter_again(member)

    async def _enter_again(self, member: Member) -> None:
        """If this fails, the seat stays due."""
        era = member.seat.era
        try:
            await self._enter(member)
        except sfu.Unavailable as exc:
            logger.debug("x %s has not entered again: %s", member.participant, exc)
        if member.seat.era != era:  # Redis had lost our group, and lines with it
            self._catch_up_soon()

    async def _confirmed(self, member: Member) -> None:
        """The worker has let us in. The first time, the page hears who it is."""
        if self._welcomed:
            return
        self._welcomed = True
        self._stop_expecting()
        rights().watch(self.channel_name, member)
        unheard().watch(self.channel_name, self._reading, self._catch_up_soon)
        await self._tell(
            {
                "type": "welcome",
                "participant": member.participant,
                "resume": self._resume_token(member),
                "role": member.grant.role.value,
                "publish": member.grant.publish,
                "chat_number": self._reading.seen,
                "chat_change": self._reading.change,
                "held": held_body(member.grant),
                "settings": settings_body(member.settings),
            }
        )
        await self._tell_who_waits()
