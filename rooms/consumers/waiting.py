"""Waiting to be let in, on the WebSocket that will join.

The page says ``join`` once. While its person waits there is no member; their process writes that
they are here, and compares the tables with that once a second (``rooms.entry.rights``). When they
may come in, the join goes on as if it had just come.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from rooms.consumers.socket import NO_WORKER, CallSocket, Member
from rooms.entry import hosts, knocking
from rooms.entry.rights import rights
from rooms.workers import sfu, waiting
from rooms.workers.layer import AWAY
from rooms.workers.waiting import Waiter
from sfu_worker import wire

logger = logging.getLogger(__name__)


class Waiting(CallSocket):
    """``_waiter`` is None unless their person waits; ``_beats`` says so again and again."""

    _waiter: Waiter | None = None
    _beats: asyncio.Task[None] | None = None

    def _wait(self, member: Member) -> None:
        """Begin to wait, or go on."""
        if self._waiter is not None:
            return
        self._waiter = Waiter(
            participant=member.participant,
            person=member.pass_.person,
            name=member.name,
            channel=self.channel_name,
            since=time.time(),
            link=member.face.link,
            photo=member.face.photo,
        )
        member.waits = True
        rights().watch(self.channel_name, member)
        self._beats = asyncio.create_task(self._beat(self._waiter))

    async def _beat(self, waiter: Waiter) -> None:
        """Say that they are here, and tell their page whether a host is."""
        knocked, told = False, None
        while not self._over:
            host = await hosts.host_in_lately(self._slug)
            if host != told:
                told = host
                await self._tell({"type": "waiting", "host": host})
            try:
                if not await waiting.beat(self._slug, waiter):
                    return await self._end("waiting_full", NO_WORKER)
                if not knocked:
                    await self._say_so()
                    if not host:
                        await sync_to_async(knocking.knock)(self._slug, timezone.now())
                    knocked = True
            except sfu.Unavailable as exc:
                logger.debug("x %s waits unseen: %s", waiter.participant, exc)
            await asyncio.sleep(waiting.BEAT_SECONDS)

    async def _stop_waiting(self) -> None:
        """They come in, or have gone."""
        waiter, self._waiter = self._waiter, None
        if waiter is None:
            return
        rights().forget(self.channel_name)
        if self._beats is not None:
            self._beats.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beats
        with contextlib.suppress(sfu.Unavailable):
            await waiting.leave(self._slug, waiter)
            await self._say_so()

    async def _say_so(self) -> None:
        """Hosts look now, and not with the next second."""
        with contextlib.suppress(*AWAY):
            await self.channel_layer.group_send(
                wire.room_group(self._slug), {"type": "waiting_changed"}
            )

    async def waiting_changed(self, message: dict[str, Any]) -> None:
        """Somebody waits, or does no longer."""
        if self.member is not None and self.member.grant.moderate and not self._over:
            await self._tell_who_waits()

    async def _tell_who_waits(self) -> None:
        """Tell a host's page, if the list is another one than it knows."""
        me = self._me
        try:
            people = await waiting.in_room(self._slug) if me.settings.waiting_room else []
        except sfu.Unavailable:
            return
        shown = tuple(waiter.participant for waiter in people) if me.grant.moderate else ()
        if shown != me.waiters:
            me.waiters = shown
            bodies = [waiter.shown for waiter in people] if me.grant.moderate else []
            await self._tell({"type": "waiting_list", "people": bodies})
