"""Where the notes beside a call are kept: in our own editor or in an Etherpad.

A provider gives a room's addresses: for the frame beside the call and for the notes alone, each to
write or to read. Etherpad's pads are created through its API, so that it can refuse all others
(``EDIT_ONLY``). Etherpad 1.8 and 3.x both support API 1.2.15, and both accept the key only as a
form field.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from django.conf import settings
from django.urls import reverse

from rooms.models import Room

logger = logging.getLogger(__name__)

API = "/api/1.2.15/"
TIMEOUT_SECONDS = 3.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_TEXT_BYTES = 4 * 1024 * 1024

# After a failure, skip Etherpad for this long: the call must not hang on the notes.
AWAY_SECONDS = 15.0

FRAME_OPTIONS = {"showChat": "true", "alwaysShowChat": "true"}


class PadUnavailable(Exception):
    """Etherpad does not answer or refuses: check its address and key in the settings."""


class _AlreadyThere(PadUnavailable):
    """createPad for a pad that exists."""


class _NotThere(PadUnavailable):
    """A request about a pad that does not exist."""


# Answers that are not failures, by Etherpad's message.
_ANSWERS = {"padID does already exist": _AlreadyThere, "padID does not exist": _NotThere}


@dataclass(frozen=True, slots=True)
class Links:
    """Where one person finds a room's notes. A path is on this site."""

    # For the frame beside the call; the page adds ``userName``.
    frame: str
    # For the notes alone.
    alone: str
    # A path that redirects while the notes exist, because a page cannot see what a frame of
    # another site shows. Empty if there is nothing to check.
    check: str


class Provider(Protocol):
    """``chat_in_page``: the page shows our chat because the notes have none."""

    name: str
    chat_in_page: bool

    def links(self, room: Room, read_only: bool) -> Links:
        """The addresses for somebody who opens the room now. Never raises."""
        ...

    def ensure(self, room: Room) -> None:
        """Make sure that the notes exist. Raises PadUnavailable."""
        ...


def own_page(room: Room, read_only: bool) -> str:
    """The notes' page on this site, by their key."""
    return reverse("notes", args=[room.notes_read_key if read_only else room.notes_key])


class Builtin:
    """Our own shared notes: ``rooms.consumers.notes``."""

    name = "builtin"
    chat_in_page = True

    def links(self, room: Room, read_only: bool) -> Links:
        page = own_page(room, read_only)
        return Links(frame=page, alone=page, check="")

    def ensure(self, room: Room) -> None:
        """Nothing to do: empty notes need no row."""


class Etherpad:
    """The pads of an Etherpad that browsers reach at ``url`` and we reach at ``api_url``."""

    name = "etherpad"
    chat_in_page = False

    def __init__(self, url: str, api_url: str, key: str) -> None:
        self._url, self._api_url, self._key = url, api_url, key
        self._away_until = 0.0

    def links(self, room: Room, read_only: bool) -> Links:
        page = own_page(room, read_only)
        try:
            self.ensure(room)
        except PadUnavailable as exc:
            # Our own page tries again when somebody opens it.
            logger.warning("the pad of %s is not available: %s", room.slug, exc)
            return Links(frame=page, alone=page, check=page)
        frame = self._address(room, read_only, FRAME_OPTIONS)
        return Links(frame=frame, alone=self._address(room, read_only, {}), check=page)

    def pad_url(self, room: Room, read_only: bool, options: dict[str, str]) -> str:
        """The pad's address at Etherpad. Raises PadUnavailable."""
        self.ensure(room)
        return self._address(room, read_only, options)

    def _address(self, room: Room, read_only: bool, options: dict[str, str]) -> str:
        pad = urllib.parse.quote(room.pad_read_only_id if read_only else room.pad_id, safe="")
        # Etherpad does not decode a plus as a space.
        query = urllib.parse.urlencode(options, quote_via=urllib.parse.quote)
        return f"{self._url}/p/{pad}" + (f"?{query}" if query else "")

    def ensure(self, room: Room) -> None:
        """Look up the room's pad, and create it if it does not exist any more.

        The stored ids prove nothing: a pad can be deleted, or lost with Etherpad's database. The
        read-only id is stored last, so that an unfinished creation is repeated.
        """
        if not room.pad_read_only_id:
            self._create(room)
        try:
            read_only_id = self._read_only_id(room)
        except _NotThere:
            logger.warning("Etherpad has lost the pad of %s; creating a new, empty one", room.slug)
            self._create(room)
            read_only_id = self._read_only_id(room)
        if room.pad_read_only_id != read_only_id:
            room.pad_read_only_id = read_only_id
            room.save(update_fields=["pad_read_only_id"])

    def _create(self, room: Room) -> None:
        if not room.pad_id:
            # Two requests may come here at once: the id that was stored first holds for both.
            Room.objects.filter(pk=room.pk, pad_id="").update(
                pad_id=f"{room.slug}-{secrets.token_hex(8)}"
            )
            room.refresh_from_db(fields=["pad_id"])
        try:
            self._call("createPad", padID=room.pad_id, text=f"{room.title}\n")
        except _AlreadyThere:
            logger.info("the pad %s exists already", room.pad_id)

    def _read_only_id(self, room: Room) -> str:
        return str(self._call("getReadOnlyID", padID=room.pad_id)["readOnlyID"])

    def html(self, room: Room) -> str:
        """The pad's text as Etherpad exports it; empty if there is no pad. Raises PadUnavailable.

        The answer is not sanitised.
        """
        if not room.pad_id:
            return ""
        try:
            answer = self._call("getHTML", MAX_TEXT_BYTES, padID=room.pad_id)
        except _NotThere:
            return ""
        return str(answer.get("html", ""))

    def chat(self, room: Room) -> list[tuple[datetime, str, str]]:
        """When, who and what of each line of the pad's chat. Raises PadUnavailable."""
        if not room.pad_id:
            return []
        try:
            answer = self._call("getChatHistory", MAX_TEXT_BYTES, padID=room.pad_id)
        except _NotThere:
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

        Whoever opens the notes next gets a new one at the same address to write; its address to
        read is another one. Raises PadUnavailable.
        """
        if not room.pad_read_only_id:
            return
        try:
            edited = self._call("getLastEdited", padID=room.pad_id).get("lastEdited")
            if not isinstance(edited, int | float) or edited / 1000 > limit.timestamp():
                return
        except _NotThere:
            pass  # so there is nothing to ask
        self.delete(room)
        Room.objects.filter(pk=room.pk).update(pad_read_only_id="")

    def delete(self, room: Room) -> None:
        """Delete the pad, its history and its chat, if there is one. Raises PadUnavailable."""
        if not room.pad_id:
            return
        try:
            self._call("deletePad", padID=room.pad_id)
        except _NotThere:
            logger.info("the pad of %s was deleted already", room.slug)

    def _call(
        self, function: str, most_bytes: int = MAX_ANSWER_BYTES, /, **values: str
    ) -> dict[str, Any]:
        if time.monotonic() < self._away_until:
            raise PadUnavailable("it did not answer a moment ago")
        data = urllib.parse.urlencode({"apikey": self._key, **values}).encode()
        request = urllib.request.Request(
            f"{self._api_url}{API}{function}", data=data, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                answer = json.loads(response.read(most_bytes))
            code, message, result = answer["code"], str(answer["message"]), answer["data"]
        except (OSError, ValueError, KeyError, TypeError) as exc:
            # HTTPError is an OSError; its text contains the address, but not the key.
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise PadUnavailable(f"{function}: {exc}") from exc
        if code == 1 and message in _ANSWERS:
            raise _ANSWERS[message](message)
        if code != 0:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise PadUnavailable(f"{function}: {message[:200]}")
        return result if isinstance(result, dict) else {}


_provider: tuple[tuple[str, str, str], Provider] | None = None


def provider() -> Provider:
    """The configured provider; one object, because it remembers when Etherpad was away."""
    global _provider
    key = (settings.ETHERPAD_URL, settings.ETHERPAD_API_URL, settings.ETHERPAD_API_KEY)
    if _provider is None or _provider[0] != key:
        _provider = (key, Etherpad(*key) if key[0] else Builtin())
    return _provider[1]
