"""Events: from a worker to one participant's reply channel, or to everyone in a room's group."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfu_worker.wire.common import Person, Track

# To one participant's reply channel


@dataclass(frozen=True, slots=True)
class RoomState:
    """The whole room as of event ``n``.

    ``you`` is the receiver's own id. ``resumed`` says that their previous connection still exists.
    """

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
    """The SDP answer to the offer with the same ``id``.

    ``ice_session`` names the ICE session for a later ``PatchIce``.
    """

    sdp: str
    id: int = 0
    ice_session: str = ""


@dataclass(frozen=True, slots=True)
class IcePatched:
    """A trickle ICE fragment was accepted.

    After an ICE restart ``fragment`` is the worker's side of it, and ``ice_session`` names the
    session that began. Otherwise both are empty.
    """

    fragment: str = ""
    ice_session: str = ""


@dataclass(frozen=True, slots=True)
class SlotBound:
    """The slot carries ``track`` from now on; ``layer`` is its rid, or ``""`` without simulcast.

    ``limit`` says why the slot carries less than was asked for although the sender sends more:
    ``bandwidth``, or ``""``. The event is sent again when ``limit`` changes.
    """

    mid: str
    track: str
    layer: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class SlotPaused:
    """The slot carries nothing.

    ``why`` is ``unwanted``, ``unpublished``, ``held`` (a host holds the source), ``codec`` (the
    receiver does not decode it) or ``bandwidth``.
    """

    mid: str
    track: str
    why: str


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """To a sender: the simulcast layers of its ``source`` that someone watches.

    It may stop sending the others (``RTCRtpSender.setParameters``).
    """

    source: str
    rids: list[str]


@dataclass(frozen=True, slots=True)
class CodecsCommon:
    """To a sender: the video codecs that all others in the room decode, WHEP viewers included.

    Those who do not decode what it sends get ``SlotPaused`` with ``codec``. The event is sent after
    each answer, and when the list changes. The names are ``VP8``, ``H264`` (packetization mode 1,
    baseline profile), ``VP9`` (profile 0) and ``AV1`` (profile 0).
    """

    codecs: list[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A command was refused.

    ``command`` is its name as in ``COMMANDS``. ``code`` is ``bad_sdp``, ``not_in_room``,
    ``room_full`` or ``replaced``. For a ``PatchIce`` it may also be ``no_ice_session`` (the command
    names no session) or ``other_ice_session`` (it does not name the current one). ``detail`` is
    English, for logs and developers. ``id`` is that of a refused offer.
    """

    command: str
    code: str
    detail: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Removed:
    """The receiver is no longer in the room.

    ``why`` is ``removed``, ``closed``, ``replaced``, ``room_full``, ``timeout`` or ``left``.
    """

    why: str


# To everyone in the room's group


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    """A person or stream has entered the room."""

    room: str
    epoch: str
    n: int
    person: Person


@dataclass(frozen=True, slots=True)
class ParticipantChanged:
    """A participant has another name, role, link or photo, a hand, or other ``held`` sources.

    Tracks that they may no longer send were unpublished before.
    """

    room: str
    epoch: str
    n: int
    person: Person


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    """A person or stream has left the room; their tracks are gone with them."""

    room: str
    epoch: str
    n: int
    participant: str


@dataclass(frozen=True, slots=True)
class TrackPublished:
    """The first packet of a track has arrived."""

    room: str
    epoch: str
    n: int
    track: Track


@dataclass(frozen=True, slots=True)
class TrackMuted:
    """A track is muted or open from now on: its sender said so, or a host holds or releases it."""

    room: str
    epoch: str
    n: int
    track: str
    muted: bool


@dataclass(frozen=True, slots=True)
class TrackUnpublished:
    """A track has ended, while its sender stays in the room."""

    room: str
    epoch: str
    n: int
    track: str


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """The participants who speak, loudest first."""

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
