"""What moderators may do on the call's WebSocket, and the link to hand out."""

from __future__ import annotations

import logging
from dataclasses import asdict

from channels.exceptions import ChannelFull
from django.utils import timezone

from rooms import database
from rooms.consumers import messages, texts
from rooms.consumers.entitled import Entitled
from rooms.entry import facts, removal
from rooms.entry.notes_access import notes_rights
from rooms.entry.sharing import Entry, absolute, link_now
from rooms.models import Invite
from rooms.roles import Grant
from rooms.workers import sfu
from rooms.workers.layer import AWAY
from sfu_worker import wire

logger = logging.getLogger(__name__)


class Moderating(Entitled):
    async def on_remove(self, message: messages.Remove) -> None:
        """Remove somebody. No answer follows: everyone hears that a participant has left."""
        me = self._me
        try:
            grant = await self._moderator()
            if grant is None:
                return
            done = await database.run(
                removal.ban,
                me.room,
                grant,
                message.participant,
                me.pass_.person,
                stop_link=message.stop_link,
            )
            if done.fresh is not None:
                await self._tell_fresh(done.fresh)
            if message.stop_link:
                await self._notes_changed()
            await removal.remove(me.room, done.participants)
        except removal.NotAllowed:
            await self._error("forbidden", "remove_forbidden")
        except removal.NotHere:
            await self._error("not_here")
        except database.Busy as exc:
            logger.info("x a removal failed: %s", exc)
            await self._error("busy")
        except sfu.Unavailable as exc:
            logger.info("x a ban was written, but the worker did not hear of it: %s", exc)
            await self._error("unavailable", "remove_unheard")

    async def _moderator(self, words: str = "remove_unasked") -> Grant | None:
        """The sender's grant as it is now; it may have changed since the join.

        None: they were told, in the words with this code.
        """
        verdict = await database.run(facts.current_grant, self._me.pass_, rejoining=True)
        if isinstance(verdict, Grant) and verdict.moderate:
            return verdict
        await self._error("forbidden", words)
        return None

    async def on_link_of(self, message: messages.LinkOf) -> None:
        """What a removal would mean for the link, asked before anyone decides."""
        if await self._moderator() is None:
            return
        now = timezone.now()
        try:
            link = await database.run(removal.link_of, self._me.room, message.participant, now)
        except removal.NotHere:
            return await self._error("not_here")
        await self._tell({"type": "link_of", "participant": message.participant, **asdict(link)})

    async def on_link(self, message: messages.Link) -> None:
        """The link is looked up when it is copied, because a page may be open for hours."""
        me = self._me
        entry = Entry(me.room, me.grant, me.pass_)
        link, note = await database.run(link_now, entry, timezone.now())
        words = texts.text(note) if note else ""
        await self._tell({"type": "link", "link": link, "note": words, "fresh": False})

    async def _tell_fresh(self, invite: Invite) -> None:
        link = absolute(invite.get_absolute_url())
        await self._tell({"type": "link", "link": link, "note": "", "fresh": True})

    async def _notes_changed(self) -> None:
        """The notes links have changed: each page asks for the new ones."""
        notes_rights().hurry()
        try:
            await self.channel_layer.group_send(
                wire.room_group(self._slug), {"type": "notes_changed"}
            )
        except (*AWAY, ChannelFull) as exc:
            # A page asks again before it copies the link.
            logger.info("x the pages in %s keep the old notes link: %s", self._slug, exc)
