"""Where the notes beside a call are kept: in our own editor or in an Etherpad.

A room's pad belongs to a group of its own. Etherpad shows it only to browsers with a session in
that group (``pad_sessions.py``). Pads are created through the API, so that Etherpad can refuse all
others (``EDIT_ONLY``).

A pad is known by its id to whoever has seen it, and an open page goes on reading it. So when
somebody loses their right, the pad moves to a new id, with its text, history and chat.
"""

from __future__ import annotations

import logging
import secrets
import urllib.parse
from datetime import UTC, datetime
from typing import Protocol

from django.conf import settings
from django.urls import reverse

from rooms.models import PadSession, Room
from rooms.notes.etherpad_api import AWAY_SECONDS, AlreadyThere, Api, NotThere, PadUnavailable

__all__ = ["AWAY_SECONDS", "Builtin", "Etherpad", "PadUnavailable", "own_page", "provider"]

logger = logging.getLogger(__name__)

MAX_TEXT_BYTES = 4 * 1024 * 1024

FRAME_OPTIONS = {"showChat": "true", "alwaysShowChat": "true"}


class Provider(Protocol):
    """``chat_in_page``: the page shows our chat because the notes have none."""

    name: str
    chat_in_page: bool


def own_page(room: Room, read_only: bool) -> str:
    """The notes' page on this site, by their key."""
    return reverse("notes", args=[room.notes_read_key if read_only else room.notes_key])


class Builtin:
    """Our own shared notes: ``rooms.consumers.notes``."""

    name = "builtin"
    chat_in_page = True


class Etherpad:
    """The pads of an Etherpad that browsers reach at ``url`` and we reach at ``api_url``."""

    name = "etherpad"
    chat_in_page = False

    def __init__(self, url: str, api_url: str, key: str) -> None:
        self.url, self.api = url, Api(api_url, key)

    def pad_url(self, room: Room, read_only: bool, options: dict[str, str]) -> str:
        """The pad's address at Etherpad. Raises PadUnavailable."""
        self.ensure(room)
        pad = urllib.parse.quote(room.pad_read_only_id if read_only else room.pad_id, safe="")
        # Etherpad does not decode a plus as a space.
        query = urllib.parse.urlencode(options, quote_via=urllib.parse.quote)
        return f"{self.url}/p/{pad}" + (f"?{query}" if query else "")

    def ensure(self, room: Room) -> None:
        """Make sure that the room's pad exists, under its id and in the room's group.

        The stored ids prove nothing: a pad can be deleted, or lost with Etherpad's database. The
        read-only id is stored last, so that an unfinished creation or move is repeated. Raises
        PadUnavailable.
        """
        self._ensure_group(room)
        if room.pad_id.rpartition("$")[0] != room.pad_group:
            # A pad from before there were groups has its old id as the name in the group.
            self._rename(room, "" if "$" in room.pad_id else room.pad_id)
        try:
            read_only_id = self._read_only_id(room)
        except NotThere:
            self._bring(room)
            read_only_id = self._read_only_id(room)
        if room.pad_read_only_id != read_only_id:
            room.pad_read_only_id = read_only_id
            # Unless the pad has moved on meanwhile.
            same = Room.objects.filter(pk=room.pk, pad_id=room.pad_id)
            same.update(pad_read_only_id=read_only_id)

    def _ensure_group(self, room: Room) -> None:
        """The same mapper gives the same group, as long as Etherpad keeps its database."""
        mapper = f"{room.slug} {room.pk} {room.created.isoformat()}"
        group = str(self.api.call("createGroupIfNotExistsFor", groupMapper=mapper)["groupID"])
        if group != room.pad_group:
            room.pad_group = group
            Room.objects.filter(pk=room.pk).update(pad_group=group)
            PadSession.objects.filter(room_id=room.pk).delete()

    def _rename(self, room: Room, name: str = "") -> None:
        """Two processes may come here at once: the id that was stored first holds for both."""
        new = f"{room.pad_group}${name or f'{room.slug}-{secrets.token_hex(8)}'}"
        Room.objects.filter(pk=room.pk, pad_id=room.pad_id).update(pad_id=new, pad_read_only_id="")
        room.refresh_from_db(fields=["pad_id", "pad_read_only_id"])

    def _bring(self, room: Room) -> None:
        """Put the pad where it belongs: from its earlier id, or as a new one."""
        group, _dollar, name = room.pad_id.rpartition("$")
        for old in [*self._pads_of(room), name]:
            if old != room.pad_id and self._move(old, room.pad_id):
                return
        logger.info("- creating an empty pad for %s", room.slug)
        try:
            self.api.call("createGroupPad", groupID=group, padName=name, text=f"{room.title}\n")
        except AlreadyThere:
            logger.info("the pad %s exists already", room.pad_id)

    def _pads_of(self, room: Room) -> list[str]:
        """The pads of the room's group. It has one, perhaps under its previous id."""
        pads = self.api.call("listPads", groupID=room.pad_group).get("padIDs")
        return [str(pad) for pad in pads] if isinstance(pads, list) else []

    def _move(self, old: str, new: str) -> bool:
        try:
            self.api.call("movePad", sourceID=old, destinationID=new, force="false")
        except NotThere:
            return False
        except AlreadyThere:
            logger.info("the pad %s was moved already", new)
        return True

    def _read_only_id(self, room: Room) -> str:
        return str(self.api.call("getReadOnlyID", padID=room.pad_id)["readOnlyID"])

    def rename(self, room: Room) -> None:
        """Give the pad a new id, which those who have the old one do not know.

        ``ensure`` moves the pad there, which ends every page that has it open.
        """
        if room.pad_id and room.pad_group:
            self._rename(room)

    def _finish_move(self, room: Room) -> None:
        """Finish a move that was begun, so that what was written is found."""
        if not room.pad_group or room.pad_read_only_id:
            return
        try:
            if self._pads_of(room):
                self.ensure(room)
        except NotThere:
            logger.info("the group of %s is not there any more", room.slug)

    def html(self, room: Room) -> str:
        """The pad's text as Etherpad exports it; empty if there is no pad. Raises PadUnavailable.

        The answer is not sanitised.
        """
        if not room.pad_id:
            return ""
        try:
            self._finish_move(room)
            answer = self.api.call("getHTML", MAX_TEXT_BYTES, padID=room.pad_id)
        except NotThere:
            return ""
        return str(answer.get("html", ""))

    def chat(self, room: Room) -> list[tuple[datetime, str, str]]:
        """When, who and what of each line of the pad's chat. Raises PadUnavailable."""
        if not room.pad_id:
            return []
        try:
            self._finish_move(room)
            answer = self.api.call("getChatHistory", MAX_TEXT_BYTES, padID=room.pad_id)
        except NotThere:
            return []
        try:
            return [
                (
                    datetime.fromtimestamp(line["time"] / 1000, UTC),
                    str(line.get("userName") or ""),
                    str(line["text"]),
                )
                for line in answer.get("messages", [])
            ]
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as exc:
            raise PadUnavailable(f"getChatHistory: {exc}") from exc

    def clear(self, room: Room, limit: datetime) -> None:
        """Delete the pad, its history and its chat, unless it was changed after ``limit``.

        Whoever opens the notes next gets a new one. Raises PadUnavailable.
        """
        self._finish_move(room)
        if not room.pad_read_only_id:
            return
        try:
            edited = self.api.call("getLastEdited", padID=room.pad_id).get("lastEdited")
            if not isinstance(edited, int | float) or edited / 1000 > limit.timestamp():
                return
        except NotThere:
            logger.info("the pad of %s was deleted already", room.slug)
        else:
            self.api.call("deletePad", padID=room.pad_id)
        Room.objects.filter(pk=room.pk).update(pad_read_only_id="")

    def delete(self, room: Room) -> None:
        """Delete the pad, its history and its chat, if there is one. Raises PadUnavailable."""
        if not room.pad_id:
            return
        try:
            if room.pad_group:
                self.api.call("deleteGroup", groupID=room.pad_group)
            else:
                self.api.call("deletePad", padID=room.pad_id)
        except NotThere:
            logger.info("the pad of %s was deleted already", room.slug)


_provider: tuple[tuple[str, str, str], Provider] | None = None


def provider() -> Provider:
    """The configured provider; one object, because it remembers when Etherpad was away."""
    global _provider
    key = (settings.ETHERPAD_URL, settings.ETHERPAD_API_URL, settings.ETHERPAD_API_KEY)
    if _provider is None or _provider[0] != key:
        _provider = (key, Etherpad(*key) if key[0] else Builtin())
    return _provider[1]
