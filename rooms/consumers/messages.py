"""The messages of a browser on the call's WebSocket: a frozen dataclass each, and the decoder.

No message says who somebody is or which room is meant: both come from the signed pass.
"""

from __future__ import annotations

import json
import re
import typing
from dataclasses import dataclass, field
from typing import Any

from rooms import plain_text
from rooms.consumers.host_messages import (
    Admit,
    Ask,
    EndCall,
    Hold,
    HostMessage,
    LetSpeak,
    Lock,
    LowerHand,
    MuteAll,
    Reaction,
    Refuse,
    Rename,
    SetRole,
)
from sfu_worker import wire

# The largest SDP plus the JSON around it, in which each line end takes two bytes more.
MAX_BYTES = wire.MAX_SDP_BYTES + 32 * 1024

# The deepest message is slots: object, list, object, value.
MAX_DEPTH = 4

MAX_TRACKS = 16
MAX_SLOTS = 500
MAX_NONCE = 40
MAX_SOCKETS = 2**31


class MessageError(ValueError):
    """Not a message of this protocol. The text is for developers of clients."""


@dataclass(frozen=True, slots=True)
class Join:
    """Enter, or come back with ``resume``. ``pass_`` is ``pass`` in JSON.

    ``socket`` is how many sockets the page has opened, see ``wire.Join``.
    """

    pass_: str
    name: str = ""
    resume: str | None = None
    socket: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.socket <= MAX_SOCKETS:
            raise MessageError("socket is out of range")


@dataclass(frozen=True, slots=True)
class Offer:
    """An SDP offer. ``muted`` are the sources that are muted now."""

    id: int
    sdp: str
    tracks: dict[str, str] = field(default_factory=dict)
    muted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.sdp.encode()) > wire.MAX_SDP_BYTES:
            raise MessageError("the sdp is too long")
        if len(self.tracks) > MAX_TRACKS or not set(self.tracks.values()) <= set(wire.SOURCES):
            raise MessageError("tracks names an unknown source")
        if len(self.muted) > MAX_TRACKS or not set(self.muted) <= set(wire.SOURCES):
            raise MessageError("muted names an unknown source")


@dataclass(frozen=True, slots=True)
class Slots:
    slots: list[wire.SlotRequest]

    def __post_init__(self) -> None:
        if len(self.slots) > MAX_SLOTS:
            raise MessageError("too many slots")
        if any(slot.voices and slot.track is not None for slot in self.slots):
            raise MessageError("a slot for voices names no track")


@dataclass(frozen=True, slots=True)
class Mute:
    """One's own track.

    To start one that a host holds, ``seen`` is the number in the last ``held`` message.
    """

    source: str
    muted: bool
    seen: int = 0

    def __post_init__(self) -> None:
        if self.source not in wire.SOURCES:
            raise MessageError("unknown source")


@dataclass(frozen=True, slots=True)
class Hand:
    raised: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    pass


@dataclass(frozen=True, slots=True)
class Chat:
    """A new line. ``reply_to`` is the number of the line that it answers."""

    nonce: str
    text: str
    reply_to: int | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{MAX_NONCE}}}", self.nonce):
            raise MessageError("the nonce is not one")


@dataclass(frozen=True, slots=True)
class ChatSince:
    """Asks for the lines after ``number``, and for older ones that changed after ``change``."""

    number: int
    change: int | None = None


@dataclass(frozen=True, slots=True)
class ChatEdit:
    """Changes the text of one's own line; hosts may change any."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class ChatDelete:
    """Deletes one's own line; hosts may delete any."""

    number: int


@dataclass(frozen=True, slots=True)
class Renew:
    pass


@dataclass(frozen=True, slots=True)
class Leave:
    pass


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove another person for good; for moderators.

    ``stop_link`` closes their link to newcomers.
    """

    participant: str
    stop_link: bool = False


@dataclass(frozen=True, slots=True)
class LinkOf:
    """Asks by which link somebody came, before they are removed."""

    participant: str


@dataclass(frozen=True, slots=True)
class Link:
    """Asks for a link that lets others in, to copy now."""


@dataclass(frozen=True, slots=True)
class NotesLink:
    """Asks where the notes are."""


@dataclass(frozen=True, slots=True)
class RenewNotes:
    """End the notes links that were handed out; for hosts."""


Message = (
    Join
    | Offer
    | Slots
    | Mute
    | Hand
    | Snapshot
    | Chat
    | ChatSince
    | ChatEdit
    | ChatDelete
    | Renew
    | Remove
    | LinkOf
    | Link
    | NotesLink
    | RenewNotes
    | Leave
    | Reaction
    | HostMessage
)

NAMES: dict[type, str] = {
    Join: "join",
    Offer: "offer",
    Slots: "slots",
    Mute: "mute",
    Hand: "hand",
    Snapshot: "snapshot",
    Chat: "chat",
    ChatSince: "chat_since",
    ChatEdit: "chat_edit",
    ChatDelete: "chat_delete",
    Renew: "renew",
    Remove: "remove",
    LinkOf: "link_of",
    Link: "link",
    NotesLink: "notes_link",
    RenewNotes: "renew_notes",
    Leave: "leave",
    Reaction: "reaction",
    Hold: "hold",
    Ask: "ask",
    MuteAll: "mute_all",
    LetSpeak: "let_speak",
    Lock: "lock",
    EndCall: "end_call",
    SetRole: "set_role",
    Rename: "rename",
    LowerHand: "lower_hand",
    Admit: "admit",
    Refuse: "refuse",
}
MESSAGES = {name: cls for cls, name in NAMES.items()}


def about(message: Message) -> dict[str, str | int]:
    """What an error about this message names: the line that was not stored, or not changed."""
    match message:
        case Chat():
            return {"nonce": message.nonce}
        case ChatEdit() | ChatDelete():
            return {"number": message.number}
        case _:
            return {}


def decode(text: str) -> Message:
    """One message from the text of a WebSocket frame. Raises MessageError for anything else."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise MessageError("the message is too long")
    try:
        body = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise MessageError("the message is not JSON") from exc
    _mend(body)
    _check(body, MAX_DEPTH)
    if (
        not isinstance(body, dict)
        or not isinstance(body.get("type"), str)
        or body["type"] not in MESSAGES
    ):
        raise MessageError("unknown type")
    values = {
        ("pass_" if key == "pass" else key): value for key, value in body.items() if key != "type"
    }
    if "pass_" in body:
        raise MessageError("unknown field")
    try:
        return typing.cast("Message", wire.build(MESSAGES[body["type"]], values))
    except wire.WireError as exc:
        raise MessageError(str(exc)) from exc


# The fields that people type, by the type of the message.
TYPED = {"chat": "text", "chat_edit": "text", "join": "name", "rename": "name"}


def _mend(body: Any) -> None:
    """Drop lone surrogates from typed text: half an emoji must not end a connection."""
    field = TYPED.get(str(body.get("type"))) if isinstance(body, dict) else None
    if field and isinstance(body.get(field), str):
        body[field] = plain_text.without_surrogates(body[field])


def _refuse_constant(name: str) -> Any:
    raise MessageError(f"{name} is not JSON")


def _check(value: Any, depth: int) -> None:
    """Accept only what the channel layer and the database can carry.

    That excludes lone surrogates, integers beyond 32 bits, and fractions.
    """
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError as exc:
                raise MessageError("a text is not Unicode") from exc
        case bool() | None:
            pass
        case int():
            if not -(2**31) <= value < 2**31:
                raise MessageError("a number is too large")
        case list() | dict() if depth > 0:
            for item in value if isinstance(value, list) else [*value.keys(), *value.values()]:
                _check(item, depth - 1)
        case _:
            raise MessageError("the message is nested too deep, or holds a fraction")
