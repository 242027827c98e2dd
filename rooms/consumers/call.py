"""Signalling of a call: from the browser's WebSocket to the room's worker, and back.

Handlers are named ``on_<type>`` for the browser's messages, ``sfu_*`` and ``chat_line`` for those
of the channel layer. No handler waits for an answer: a consumer handles one message at a time, and
the answer would be the next one. A person's identity comes from the pass, never from a message.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, get_args

from rooms import database
from rooms.consumers import host_messages, messages
from rooms.consumers.chatting import WRITING, Chatting
from rooms.consumers.entitled import Entitled
from rooms.consumers.hosting import Hosting
from rooms.consumers.joining import Joining
from rooms.consumers.limits import TokenBucket
from rooms.consumers.moderating import Moderating
from rooms.consumers.notes_links import NotesLinks
from rooms.consumers.socket import (
    BAD_MESSAGE,
    LEFT,
    NO_WORKER,
    REFUSED,
    TOO_FAST,
    Member,
)
from rooms.consumers.unheard import unheard
from rooms.entry.access import Refusal
from rooms.entry.rights import Told, rights
from rooms.workers import sfu
from rooms.workers.layer import AWAY
from rooms.workers.watch import watch
from sfu_worker import wire

logger = logging.getLogger(__name__)


class CallConsumer(Hosting):
    """One browser in one room."""

    _detach = True

    # Connecting and ending

    async def connect(self) -> None:
        self._slug = self.scope["url_route"]["kwargs"]["slug"]
        self._all = TokenBucket(rate=50, burst=200)
        await self.accept()
        self._expect_join()

    async def disconnect(self, code: int) -> None:
        self._over = True
        self._stop_expecting()
        watch().rise(self.channel_name)
        await self._stop_waiting()
        rights().forget(self.channel_name)
        unheard().forget(self.channel_name)
        if self.member is not None:
            await self._detach_from(self.member)
        await self._lane.finish()

    async def _detach_from(self, member: Member) -> None:
        try:
            if self._detach and member.seat.asked:
                await self._command(
                    wire.Detach(self._slug, member.participant, reply=self.channel_name)
                )
            await self.channel_layer.group_discard(wire.room_group(self._slug), self.channel_name)
        except (sfu.Unavailable, *AWAY) as exc:
            # Our lease no longer lists the seat, see rooms.workers.watch, and groups forget old
            # channels.
            logger.info("x the worker did not hear that %s left: %s", member.participant, exc)

    # From the browser

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._over:
            return
        if not self._all.take(time.monotonic()):
            return await self._end("too_fast", TOO_FAST)
        try:
            if text_data is None:
                raise messages.MessageError("binary")
            message = messages.decode(text_data)
            if isinstance(message, messages.Join):
                timely = self.member is None and self._waiter is None
            else:
                timely = self.member is not None
            if not timely:
                raise messages.MessageError("join comes first, and once")
        except messages.MessageError as exc:
            logger.info("x a message was refused: %s", exc)
            return await self._end("bad_message", BAD_MESSAGE)
        if isinstance(message, WRITING) and await self._too_fast(message):
            return
        if type(message) not in self._beside_others:
            await self._handle(message)
        elif not self._beside(partial(self._handle, message)):
            await self._busy(message)

    async def _handle(self, message: messages.Message) -> None:
        """Handle one message. If Redis or the database is away, the connection survives."""
        kind = type(message)
        try:
            await self._handlers[kind](self, message)
        except sfu.Unavailable as exc:
            # rooms.workers.watch says so once. Each page asks again and again.
            logger.debug("x %s: %s", kind.__name__, exc)
            await self._error("unavailable")
        except database.Busy as exc:
            logger.debug("x %s: %s", kind.__name__, exc)
            if isinstance(message, messages.Join):
                return await self._end("busy", NO_WORKER)  # the page retries by itself
            await self._busy(message)

    async def _busy(self, message: messages.Message) -> None:
        await self._error("busy", "", **messages.about(message))

    async def on_offer(self, message: messages.Offer) -> None:
        tracks = message.tracks if self._me.grant.publish else {}
        if message.tracks and not tracks:
            await self._error("forbidden")
        offer = wire.Offer(
            self._slug, self._me.participant, message.sdp, tracks, message.id, message.muted
        )
        await self._ask(offer)

    async def on_slots(self, message: messages.Slots) -> None:
        await self._ask(wire.Slots(self._slug, self._me.participant, message.slots))

    async def on_hand(self, message: messages.Hand) -> None:
        await self._ask(wire.Hand(self._slug, self._me.participant, message.raised))

    async def on_snapshot(self, message: messages.Snapshot) -> None:
        await self._ask(wire.Snapshot(self._slug, self._me.participant))

    async def _ask(
        self, command: wire.Offer | wire.Slots | wire.Mute | wire.Hand | wire.Snapshot
    ) -> None:
        """Send a command, of which we hear if the worker does not know us."""
        await self._command(dataclasses.replace(command, reply=self.channel_name))

    async def on_leave(self, message: messages.Leave) -> None:
        self._over, self._detach = True, False
        try:
            await self._command(self._leave_command(self._me))
        finally:
            await self.close(LEFT)

    # From the channel layer

    async def sfu_event(self, message: dict[str, Any]) -> None:
        """Pass on an event of the worker unchanged, if it is of the holder that the page knows."""
        event, fence, member = message["body"], message.get("fence", 0), self.member
        if self._over or member is None:
            return
        epoch, n, seat = event.get("epoch"), event.get("n", 0), member.seat
        state = event["type"] == "room_state"
        if state and seat.knows_more(epoch, n):
            return
        if state and seat.confirm(fence, epoch, n, time.monotonic()):
            await self._confirmed(member)
        elif not seat.hears(fence, epoch):
            return
        seat.heard(n)
        await self._hear(member, event)

    async def _hear(self, member: Member, event: dict[str, Any]) -> None:
        match event["type"]:
            case "removed" if event["why"] == "closed" and await self._was_ended(member):
                self._detach = False
                await self._end(f"refused:{Refusal.call_ended.name}", REFUSED)
            case "removed" if event["why"] != "timeout":
                self._detach = False
                await self._tell(event)
                await self._end(f"refused:{event['why']}", REFUSED)
            case "refused" if event["command"] == "join":
                self._detach = False
                if event["code"] not in ("room_full", "replaced"):
                    logger.warning("x the worker refused a join: %s", event["code"])
                    return await self._end("busy", NO_WORKER)  # the page retries by itself
                await self._end(f"refused:{event['code']}", REFUSED)
            case "removed":
                await self._forgotten(member)
            case "refused" if event["code"] == "not_in_room":
                await self._forgotten(member)
            case "room_state":
                for who in event["people"]:
                    if who["id"] == event["you"]:
                        member.told = told_of(who)
                await self._tell(event)
            case "participant_changed" if event["person"]["id"] == member.participant:
                member.told = told_of(event["person"])
                await self._tell(event)
            case _:
                await self._tell(event)

    async def _forgotten(self, member: Member) -> None:
        """The worker does not know us, for example after a long silence, but we are still here.

        After the new room_state the client offers again.
        """
        if member.seat.doubt():
            await self._enter_again(member)

    _handlers: ClassVar[dict[type, Callable[[Any, Any], Awaitable[None]]]] = {
        messages.Join: Joining.on_join,
        messages.Offer: on_offer,
        messages.Slots: on_slots,
        messages.Mute: Hosting.on_mute,
        messages.Hand: on_hand,
        messages.Snapshot: on_snapshot,
        messages.Chat: Chatting.on_chat,
        messages.ChatSince: Chatting.on_chat_since,
        messages.ChatEdit: Chatting.on_chat_edit,
        messages.ChatDelete: Chatting.on_chat_delete,
        messages.Renew: Entitled.on_renew,
        messages.Remove: Moderating.on_remove,
        messages.LinkOf: Moderating.on_link_of,
        messages.Link: Moderating.on_link,
        messages.NotesLink: NotesLinks.on_notes_link,
        messages.RenewNotes: NotesLinks.on_renew_notes,
        messages.Leave: on_leave,
        host_messages.Reaction: Hosting.on_reaction,
        host_messages.Hold: Hosting.on_hold,
        host_messages.Ask: Hosting.on_ask,
        host_messages.MuteAll: Hosting.on_mute_all,
        host_messages.LetSpeak: Hosting.on_let_speak,
        host_messages.Lock: Hosting.on_lock,
        host_messages.EndCall: Hosting.on_end_call,
        host_messages.SetRole: Hosting.on_set_role,
        host_messages.Rename: Hosting.on_rename,
        host_messages.LowerHand: Hosting.on_lower_hand,
        host_messages.Admit: Hosting.on_admit,
        host_messages.Refuse: Hosting.on_refuse,
    }
    # These need the database. A join does too, but nothing can go on before it.
    _beside_others = frozenset(
        (
            messages.Chat,
            messages.ChatSince,
            messages.ChatEdit,
            messages.ChatDelete,
            messages.Renew,
            messages.Remove,
            messages.LinkOf,
            messages.Link,
            messages.NotesLink,
            messages.RenewNotes,
            *get_args(host_messages.HostMessage),
        )
    )


def told_of(person: dict[str, Any]) -> Told:
    """What the worker says of somebody."""
    return Told(person["role"], tuple(person["held"]))
