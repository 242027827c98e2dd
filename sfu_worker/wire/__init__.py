"""The protocol between the web side (``rooms``) and the media workers (``sfu_worker``).

Standard library only: this and ``numbers``, which needs nothing but this, are what both sides import.

**Transport.** Messages travel over the Channels layer. A worker listens on the channel
``worker_channel(worker)``; a WebSocket consumer on its own channel name (the *reply channel*);
everybody in a room is in the group ``room_group(room)``. On the layer a command or event is
``{"type": "sfu_command" | "sfu_event", "body": encode(message)}``.

**Delivery** is at most once. Therefore room events are numbered: ``n`` grows by one with each
event that is sent to the group, ``epoch`` names the life of the room on one worker. Who sees a
gap or another epoch asks with ``Snapshot`` and gets a ``RoomState``, which holds everything.

**Identity.** ``room`` is the room's slug, ``participant`` a random id. Both are stamped by the
consumer from the signed pass; nothing in them comes from a client's message.

**Tracks.** A track id is ``"<participant>:<source>"`` with one of ``SOURCES``. A *slot* is a
recvonly m-line of a participant's offer, named by its mid.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from typing import Any, Literal

Source = Literal["microphone", "camera", "screen", "screen-audio"]
SOURCES: tuple[str, ...] = typing.get_args(Source)
AUDIO_SOURCES = ("microphone", "screen-audio")
VIDEO_SOURCES = ("camera", "screen")

Kind = Literal["call", "whip", "whep"]

MAX_SDP_BYTES = 128 * 1024
"Larger SDPs are refused before they are parsed. Chromium offers 3 KB for each pair of slots: 45 KB with 12, 80 KB with 24."

MAX_FRAGMENT_BYTES = 16 * 1024
"Larger trickle ICE fragments are refused: a candidate has some 150 bytes, and a host has a dozen of them."

DETACHED_SECONDS = 15.0
"How long a participant without a WebSocket is kept while the client reconnects."

WORKER_TTL_SECONDS = 3.0
"A worker whose key in Redis is older than this is dead."


class WireError(ValueError):
    """A message that is not one of this protocol's."""


# What both sides say about people and tracks


@dataclass(frozen=True, slots=True)
class Track:
    """A published track. ``kind`` is ``audio`` or ``video``; ``codec`` a name such as ``VP8``, empty until the first packet."""

    id: str
    participant: str
    source: str
    kind: str
    muted: bool = False
    codec: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A participant as the others see it. ``role`` is one of owner, moderator, speaker, listener; ``stream`` is true for WHIP."""

    id: str
    name: str
    role: str
    stream: bool = False


@dataclass(frozen=True, slots=True)
class SlotRequest:
    """What a client wants in a slot. ``track`` None empties it; ``height`` is in device pixels; higher ``priority`` wins.

    ``voices``, with ``track`` None, makes a slot for sound a voice slot: the worker puts whoever speaks and is in no other slot
    of this client there, and says whose voice it is with ``SlotBound``.
    """

    mid: str
    track: str | None
    height: int = 0
    priority: int = 0
    voices: bool = False


# Commands: web -> worker


@dataclass(frozen=True, slots=True)
class Join:
    """A participant enters, or comes back with the same id within ``DETACHED_SECONDS`` (then nobody else hears of it).

    Said again of somebody who is in, it brings another ``role`` and ``publish``: what may not be
    sent any more ends at once.

    ``seat`` names the page that is this participant. Where another page is, ``take`` takes the
    call over (that one hears ``Removed``, ``replaced``); without it the join is refused with
    ``replaced``: a page that lost the call does not take it back by itself. ``RoomState`` answers
    every other join.

    ``follow`` is for WHEP: the participant to watch, ``""`` for the newest publisher; None otherwise. WHEP viewers are
    not among the room's people.

    Streams and viewers (``whip`` and ``whep``) are in from their first connection on: until then they
    have no place, and nobody hears of them. ``owner`` is the key that a stream came by. Its new attempt
    replaces one that has not connected, and its new connection one that sends nothing more.
    """

    room: str
    participant: str
    name: str
    role: str
    publish: bool
    reply: str
    kind: Kind = "call"
    follow: str | None = None
    max_people: int = 0
    owner: str = ""
    seat: str = ""
    take: bool = True


@dataclass(frozen=True, slots=True)
class Leave:
    """A participant leaves for good.

    ``reply``, if any, is told: ``Removed`` (``left``), or ``Refused`` (``not_in_room``) when it has gone before.
    With a ``seat`` only that page leaves; where another one has taken the call over, it stays.
    """

    room: str
    participant: str
    reply: str = ""
    seat: str = ""


@dataclass(frozen=True, slots=True)
class Detach:
    """The WebSocket behind ``reply`` is gone: the participant is kept ``DETACHED_SECONDS``, unless another channel took over."""

    room: str
    participant: str
    reply: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An SDP offer. ``tracks`` maps the mid of each sending m-line to its source. ``id`` comes back in the answer."""

    room: str
    participant: str
    sdp: str
    tracks: dict[str, str] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True, slots=True)
class PatchIce:
    """A trickle ICE fragment (RFC 8840) of a stream or a viewer: candidates, or a new user and password for an ICE restart.

    ``sessions`` are the ICE sessions that it may be meant for (``Answer.ice_session``), ``*`` is whichever there is. ``reply`` is
    told ``IcePatched`` or ``Refused``.
    """

    room: str
    participant: str
    fragment: str
    sessions: list[str]
    reply: str


@dataclass(frozen=True, slots=True)
class Slots:
    """All of a participant's slot wishes at once; slots that are not named stay as they are."""

    room: str
    participant: str
    slots: list[SlotRequest] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mute:
    """The participant says that its own track of ``source`` is muted or not."""

    room: str
    participant: str
    source: str
    muted: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Asks for ``RoomState``."""

    room: str
    participant: str


@dataclass(frozen=True, slots=True)
class Remove:
    """The host removes a participant: transport, slots and tracks end at once."""

    room: str
    participant: str


@dataclass(frozen=True, slots=True)
class CloseRoom:
    """Everybody is removed and the room forgotten."""

    room: str


Command = Join | Leave | Detach | Offer | PatchIce | Slots | Mute | Snapshot | Remove | CloseRoom

# Events: worker -> one participant's reply channel


@dataclass(frozen=True, slots=True)
class RoomState:
    """The whole room at event ``n``. ``you`` is the receiver's own id; ``resumed``: its transport of before is still there."""

    room: str
    epoch: str
    n: int
    you: str
    people: list[Person] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The SDP answer to the offer with the same ``id``. ``ice_session`` names the ICE session, as ``PatchIce`` wants it named."""

    sdp: str
    id: int = 0
    ice_session: str = ""


@dataclass(frozen=True, slots=True)
class IcePatched:
    """A fragment was taken. After an ICE restart: ``fragment``, the worker's side, and the ICE session that began; else empty."""

    fragment: str = ""
    ice_session: str = ""


@dataclass(frozen=True, slots=True)
class SlotBound:
    """A slot carries ``track`` from now on; ``layer`` is the rid or ``""``. Said again when ``limit`` changes.

    ``limit`` is why it is less than was asked for and is sent: ``bandwidth``, or ``""`` when it is not less.
    """

    mid: str
    track: str
    layer: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class SlotPaused:
    """A slot carries nothing. ``why``: ``unwanted``, ``unpublished``, ``muted``, ``codec`` or ``bandwidth``."""

    mid: str
    track: str
    why: str


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """To a sender: the simulcast layers of its ``source`` that somebody watches; the others may stop (``setParameters``)."""

    source: str
    rids: list[str]


@dataclass(frozen=True, slots=True)
class CodecsCommon:
    """To a sender: the video codecs that everybody else in the room decodes, viewers by WHEP too. A picture in another one does
    not reach everybody (``SlotPaused`` with ``codec``). Sent after each answer, and when it changes.

    Names of ``VP8``, ``H264`` (packetization mode 1, baseline), ``VP9`` (profile 0) and ``AV1`` (profile 0).
    """

    codecs: list[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A command was refused.

    ``code``: ``bad_sdp``, ``not_in_room``, ``room_full``, ``replaced``, ``forbidden``, ``busy``; of
    a ``PatchIce`` also ``no_ice_session`` (it names none) and ``other_ice_session`` (it names
    others than the current one).
    """

    command: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """The receiver is no longer in the room. ``why``: ``removed``, ``closed``, ``replaced``, ``timeout`` or ``left``."""

    why: str


# Events: worker -> everybody in the room's group


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    room: str
    epoch: str
    n: int
    person: Person


@dataclass(frozen=True, slots=True)
class ParticipantChanged:
    """Somebody who is in has another role from now on. Tracks that it may not send were unpublished before."""

    room: str
    epoch: str
    n: int
    person: Person


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    room: str
    epoch: str
    n: int
    participant: str


@dataclass(frozen=True, slots=True)
class TrackPublished:
    """Sent when the first packet of a track has arrived."""

    room: str
    epoch: str
    n: int
    track: Track


@dataclass(frozen=True, slots=True)
class TrackMuted:
    room: str
    epoch: str
    n: int
    track: str
    muted: bool


@dataclass(frozen=True, slots=True)
class TrackUnpublished:
    room: str
    epoch: str
    n: int
    track: str


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """Who speaks, loudest first."""

    room: str
    epoch: str
    n: int
    speakers: list[str]


Event = (
    RoomState
    | Answer
    | IcePatched
    | SlotBound
    | SlotPaused
    | LayersWanted
    | CodecsCommon
    | Refused
    | Removed
    | ParticipantJoined
    | ParticipantChanged
    | ParticipantLeft
    | TrackPublished
    | TrackMuted
    | TrackUnpublished
    | SpeakersChanged
)
Message = Command | Event


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


COMMANDS: dict[str, type] = {_snake(c.__name__): c for c in typing.get_args(Command)}
EVENTS: dict[str, type] = {_snake(c.__name__): c for c in typing.get_args(Event)}
NAMES: dict[type, str] = {c: name for name, c in (COMMANDS | EVENTS).items()}


def encode(message: Message) -> dict[str, Any]:
    """Turn a message into plain lists, dicts, strings, numbers and None, with its name under ``type``."""
    body = dataclasses.asdict(message)
    body["type"] = NAMES[type(message)]
    return body


def decode(body: Any) -> Message:
    """Turn what ``encode`` made back into a message. Raises WireError for anything else."""
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise WireError("a message is an object with a type")
    cls = COMMANDS.get(body["type"]) or EVENTS.get(body["type"])
    if cls is None:
        raise WireError(f"unknown message type {body['type'][:40]!r}")
    return typing.cast("Message", build(cls, {k: v for k, v in body.items() if k != "type"}))


def build(cls: type, values: dict[str, Any]) -> Any:
    """An object of a dataclass from plain values, types checked. Raises WireError for an unknown, missing or ill-typed field."""
    hints = _hints(cls)
    if not set(values) <= set(hints):
        raise WireError(f"{cls.__name__}: unknown field")
    try:
        return cls(**{k: _convert(hints[k], v) for k, v in values.items()})
    except TypeError as exc:
        raise WireError(f"{cls.__name__}: a field is missing") from exc


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(cls: type) -> dict[str, Any]:
    if cls not in _HINTS:
        _HINTS[cls] = typing.get_type_hints(cls)
    return _HINTS[cls]


def _convert(hint: Any, value: Any) -> Any:
    """Check ``value`` against a type hint, building nested dataclasses."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in args:
            return None
        return _convert(next(a for a in args if a is not type(None)), value)
    if origin is Literal:
        if value not in args:
            raise WireError("a value is not one of those allowed")
        return value
    if origin is list:
        if not isinstance(value, list | tuple):
            raise WireError("a list was expected")
        return [_convert(args[0], item) for item in value]
    if origin is dict:
        if not isinstance(value, dict):
            raise WireError("an object was expected")
        return {_convert(args[0], k): _convert(args[1], v) for k, v in value.items()}
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise WireError("an object was expected")
        return build(typing.cast(type, hint), value)
    if type(value) is not hint:
        raise WireError(f"{hint.__name__} was expected")
    return value


# Names in Redis and on the channel layer


def worker_channel(worker: str) -> str:
    """The channel on which a worker hears commands."""
    return f"sfu.{worker}"


def room_group(room: str) -> str:
    """The group of everybody who hears a room's events."""
    return f"room.{room}"


WORKERS_KEY = "confcall:workers"
"A set of worker ids; a member without a live ``worker_key`` is dead."

CALLS_STREAM = "confcall:calls"
"A Redis stream of finished and running calls, fields: room, epoch, event (started | peak | ended), at (Unix seconds), people."


def worker_key(worker: str) -> str:
    """A string key with a time to live: JSON {"worker", "load" (0..1), "rooms", "people", "draining", "addresses"}."""
    return f"confcall:worker:{worker}"


def room_key(room: str) -> str:
    """A string key: the id of the worker that holds the room. Kept alive by that worker while the room has participants."""
    return f"confcall:room:{room}"


def live_key(room: str) -> str:
    """A string key with a time to live: JSON {"epoch", "people", "started"} of a room with participants."""
    return f"confcall:live:{room}"


def worker_numbers_key(worker: str) -> str:
    """A string key with a time to live: JSON of ``numbers.WorkerNumbers``, for operators. Missing in the first second."""
    return f"confcall:numbers:worker:{worker}"


def room_numbers_key(room: str) -> str:
    """A string key with a time to live: JSON of ``numbers.RoomNumbers``, for operators. ``WorkerNumbers.rooms`` names them."""
    return f"confcall:numbers:room:{room}"
