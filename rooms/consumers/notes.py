"""The built-in notes: a Yjs server on a Channels consumer, see docs/protocol.md.

An update is stored before anyone else sees it. Only the server answers a newcomer's first question:
a room of n people then costs n answers, not n².
"""

from __future__ import annotations

import logging
import time
from typing import Any

from channels.exceptions import ChannelFull
from django.utils.translation import gettext as _
from pycrdt import Doc

from rooms import database
from rooms.consumers.claims import claimed
from rooms.consumers.limits import TokenBucket
from rooms.consumers.peer import PeerSocket
from rooms.entry import notes_access
from rooms.entry.access import Refusal
from rooms.entry.notes_access import Access, Claim, notes_rights
from rooms.models import Room
from rooms.notes import authors, yprotocol
from rooms.notes import store as notes_store
from rooms.notes.yprotocol import Presence, ProtocolError, Sync
from rooms.workers.layer import AWAY

logger = logging.getLogger(__name__)

MAX_BYTES = 1024 * 1024

BAD_MESSAGE, GONE, TOO_LARGE, TOO_FAST = 4400, 4403, 4413, 4429
# "Try again later", in the registry of RFC 6455. The page does, and sends what is not stored.
BUSY = 1013


class NotesConsumer(PeerSocket):
    """One browser with one room's notes.

    Subprotocols carry the key of a notes link (``key.<notes key>``) or the pass of somebody in the
    call (``pass.<pass>``). As part of the address they would end up in logs.
    """

    claim = Claim()
    access: Access | None = None
    _over = False
    _presence: Presence | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        try:
            await super().dispatch(message)
        except database.Busy as exc:
            logger.debug("x a notes connection ends: %s", exc)
            await self._end(BUSY)

    async def connect(self) -> None:
        self.claim = claimed(self.scope)
        access = await database.run(notes_access.access, self.claim)
        if isinstance(access, Refusal) or "yjs" not in self.scope.get("subprotocols", []):
            await self.close()
            return
        self.access = access
        self._bucket = TokenBucket(rate=60, burst=300)
        # The clients whose author is written down.
        self._known: set[int] = set()
        try:
            await self._join_group()
        except AWAY as exc:
            logger.info("x these notes are not shared until Redis is back: %s", exc)
        self._doc, self._bytes = await self._load()
        await self.accept(subprotocol="yjs")
        notes_rights().watch(self.channel_name, self)
        await self._tell(write=access.write, authors=await self._authors())
        await self._ask()

    @property
    def _group(self) -> str:
        assert self.access is not None
        return notes_store.group(self.access.room)

    async def _join_group(self) -> None:
        await self.channel_layer.group_add(self._group, self.channel_name)

    async def _load(self) -> tuple[Doc[Any], int]:
        assert self.access is not None
        updates = await database.run(notes_store.load, self.access.room)
        return notes_store.document(updates), sum(map(len, updates))

    async def _authors(self) -> dict[int, str]:
        assert self.access is not None
        return await database.run(authors.names, self.access.room)

    async def _tell(self, **body: Any) -> None:
        await self.send(bytes_data=yprotocol.told(body))

    async def _ask(self) -> None:
        """Ask the client for what it has and we do not, and the others for their presence."""
        assert self.access is not None
        if self.access.write:
            await self.send(bytes_data=yprotocol.sync(yprotocol.STEP1, self._doc.get_state()))
        await self._to_group({"type": "notes_hello"})

    async def disconnect(self, code: int) -> None:
        self._over = True
        if self.access is None:
            return
        notes_rights().forget(self.channel_name)
        if self._presence is not None:
            gone = Presence(self._presence.client, self._presence.clock + 1, b"null")
            await self._to_group({"type": "notes_message", "data": yprotocol.presence(gone)})
        try:
            await self.channel_layer.group_discard(self._group, self.channel_name)
        except AWAY as exc:
            logger.debug("x the group was not left and will expire: %s", exc)

    async def _end(self, code: int) -> None:
        self._over = True
        await self.close(code)

    async def _to_group(self, message: dict[str, Any]) -> None:
        try:
            await self.channel_layer.group_send(
                self._group, {**message, "sender": self.channel_name}
            )
        except (*AWAY, ChannelFull) as exc:
            # The update is in the database; the others get it with their next sync.
            logger.info("x notes were not passed on: %s", exc)

    # From the browser

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._over:
            return
        if not self._bucket.take(time.monotonic()):
            return await self._end(TOO_FAST)
        try:
            if not bytes_data or len(bytes_data) > MAX_BYTES:
                raise ProtocolError("no bytes, or too many")
            message = yprotocol.decode(bytes_data)
            if isinstance(message, Sync):
                await self._on_sync(message)
            elif message is not None:
                await self._on_awareness(message)
        except (ProtocolError, notes_store.BadUpdate) as exc:
            logger.info("x a notes message was refused: %s", exc)
            await self._end(BAD_MESSAGE)
        except Room.DoesNotExist:
            await self._end(GONE)

    async def _on_sync(self, message: Sync) -> None:
        assert self.access is not None
        if message.step == yprotocol.STEP1:
            await self._answer(message.payload)
        elif self.access.write:
            await self._write(message)

    async def _answer(self, state: bytes) -> None:
        """Send all that the client lacks.

        Read the database: the group may have missed a message.
        """
        try:
            # Again, because a Redis that came back empty has forgotten the groups.
            await self._join_group()
        except AWAY as exc:
            logger.info("x the group was not joined: %s", exc)
        self._doc, self._bytes = await self._load()
        try:
            update = self._doc.get_update(state)
        except Exception as exc:
            raise ProtocolError("not a state vector") from exc
        await self.send(bytes_data=yprotocol.sync(yprotocol.STEP2, update))

    async def _write(self, message: Sync) -> None:
        assert self.access is not None
        update = message.payload
        if update == notes_store.EMPTY_UPDATE:
            return
        if self._bytes + len(update) > notes_store.MAX_NOTES_BYTES:
            return await self._end(TOO_LARGE)
        before = self._doc.get_state()
        changed = self._try(update)
        new = authors.grown(before, self._doc.get_state()) - self._known
        if message.step == yprotocol.STEP2 and not changed and update[0] == 0:
            return  # a client with nothing new: no structs, and deletions that we have
        await database.run(notes_store.append, self.access.room, update)
        self._bytes += len(update)
        await self._to_group({"type": "notes_update", "update": update})
        if new:
            await self._sign(self.access.room, new)

    async def _sign(self, room: int, clients: set[int]) -> None:
        """Write down that these clients are this person."""
        self._known |= clients
        names = await database.run(authors.record, room, clients, self._name)
        if names:
            await self._tell(authors=names)
            await self._to_group({"type": "notes_authors", "authors": list(names.items())})

    @property
    def _name(self) -> str:
        """What they are called in the call, else what their page says."""
        known = self.access.name if self.access is not None else ""
        said = authors.state_name(self._presence.state) if self._presence is not None else ""
        return known or said or _("Guest")

    def _try(self, update: bytes) -> bool:
        """Apply to our own copy, since only a valid update is stored.

        True: it changed something.
        """
        changes: list[object] = []
        subscription = self._doc.observe(changes.append)
        try:
            notes_store.apply(self._doc, update)
        finally:
            self._doc.unobserve(subscription)
        return bool(changes)

    async def _on_awareness(self, presences: list[Presence]) -> None:
        """Relay a client's own presence: the first id that it names.

        Some clients echo others' states.
        """
        assert self.access is not None
        if not self.access.write or not presences:
            return
        own = presences[0].client if self._presence is None else self._presence.client
        for each in presences:
            if each.client == own:
                presence = self._under_name(each)
                self._presence = presence
                await self._to_group(
                    {"type": "notes_message", "data": yprotocol.presence(presence)}
                )

    def _under_name(self, presence: Presence) -> Presence:
        name = self.access.name if self.access is not None else ""
        state = authors.with_name(presence.state, name) if name else presence.state
        return Presence(presence.client, presence.clock, state)

    # From the channel layer

    async def rights_changed(self, message: dict[str, Any]) -> None:
        """``rooms.entry.notes_access`` repeats this until we agree with the tables."""
        if self._over or self.access is None:
            return
        access = await database.run(notes_access.access, self.claim)
        if isinstance(access, Refusal):
            return await self._end(GONE)
        before, self.access = self.access, access
        if access.write != before.write:
            await self._tell(write=access.write)
            if access.write:
                await self._ask()

    async def notes_authors(self, message: dict[str, Any]) -> None:
        if not self._over and message["sender"] != self.channel_name:
            await self._tell(authors=dict(message["authors"]))

    async def notes_update(self, message: dict[str, Any]) -> None:
        if self._over or message["sender"] == self.channel_name:
            return
        update = message["update"]
        self._bytes += len(update)
        try:
            notes_store.apply(self._doc, update)
        except notes_store.BadUpdate:
            self._doc, self._bytes = await self._load()
        await self.send(bytes_data=yprotocol.sync(yprotocol.UPDATE, update))

    async def notes_message(self, message: dict[str, Any]) -> None:
        if not self._over and message["sender"] != self.channel_name:
            await self.send(bytes_data=message["data"])

    async def notes_hello(self, message: dict[str, Any]) -> None:
        """Somebody has come: tell them alone who we are."""
        if self._over or self._presence is None or message["sender"] == self.channel_name:
            return
        answer = {
            "type": "notes_message",
            "data": yprotocol.presence(self._presence),
            "sender": self.channel_name,
        }
        try:
            await self.channel_layer.send(message["sender"], answer)
        except (*AWAY, ChannelFull) as exc:
            logger.debug("x presence was not sent: %s", exc)
