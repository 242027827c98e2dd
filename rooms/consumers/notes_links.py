"""Where somebody in the call finds its notes, and the link to them that they may hand out."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from rooms import database
from rooms.consumers import messages
from rooms.consumers.moderating import Moderating
from rooms.entry import notes_access
from rooms.entry.sharing import absolute
from rooms.models import Room
from rooms.notes import pads


class NotesLinks(Moderating):
    async def on_notes_link(self, message: messages.NotesLink) -> None:
        """The links as they are now. Asked after the welcome, so nobody gets them who waits."""
        me = self._me
        room = await database.run(Room.objects.filter(pk=me.room.pk).first)
        if room is None or not self._welcomed:
            return await self._error("unavailable")
        own = reverse("notes", args=[notes_access.ticket(me.pass_)])
        pad = pads.provider().name == "etherpad"
        frame = f"{own}?pad=" if pad else own
        await self._tell(
            {
                "type": "notes_link",
                "link": absolute(pads.own_page(room, not me.grant.write_notes)),
                "own": own,
                "frame": frame,
                "check": frame if pad else "",
            }
        )

    async def on_renew_notes(self, message: messages.RenewNotes) -> None:
        """End the notes links that were handed out. Everyone's page asks for the new one."""
        if await self._moderator("host_only") is None:
            return
        await database.run(notes_access.renew, self._me.room.pk)
        await self._notes_changed()

    # From the channel layer

    async def notes_changed(self, message: dict[str, Any]) -> None:
        if not self._over and self._welcomed:
            await self._tell({"type": "notes_changed"})
