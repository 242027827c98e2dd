"""Commands: from the web side to a worker."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfu_worker.wire.common import Kind, SlotRequest


@dataclass(frozen=True, slots=True)
class Join:
    """A participant enters the room.

    The answer is ``RoomState``, or ``Refused``. ``reply`` is the participant's reply channel.

    The same id while the participant is kept (see ``Detach``) is the same participant coming back:
    the others hear nothing of it. If the participant is still in the room, the join may change
    their ``role`` and ``publish``; media that is no longer allowed ends at once.

    ``seat`` names the page that speaks for the participant. If another page holds the seat,
    ``take`` takes the call over, and the other page hears ``Removed`` (``replaced``). Without
    ``take`` the join is refused with ``replaced``, so a page that lost the call does not take it
    back by itself. A page may have several sockets for a while, since a dead one is noticed late.
    ``socket`` counts them; a join over an earlier one than the last is refused in the same way.

    ``follow`` is for WHEP: the participant to watch, ``""`` for the newest publisher. It is None
    for everyone else. Viewers are not among the room's people.

    Streams (``whip``) and viewers (``whep``) are in the room from their first connection on. Until
    then they take no place, and nobody hears of them. ``owner`` is the key that a stream came by:
    its new attempt replaces one that has not connected, and its new connection replaces one that
    has stopped sending.

    ``max_people`` limits the room's people; 0 is no limit. ``link``, ``photo``, ``held`` and
    ``unnamed`` are as in ``Person``; the web side has checked them. What is held is held from the
    first packet on, and a join without ``held`` releases everything; see ``Hold``.
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
    socket: int = 0
    link: str = ""
    photo: str = ""
    held: list[str] = field(default_factory=list)
    unnamed: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """A participant leaves for good.

    ``reply``, if given, hears ``Removed`` (``left``), or ``Refused`` (``not_in_room``) if the
    participant was gone already. With a ``seat`` only that page leaves: if another page has taken
    the call over, the participant stays.
    """

    room: str
    participant: str
    reply: str = ""
    seat: str = ""


@dataclass(frozen=True, slots=True)
class Detach:
    """The WebSocket behind ``reply`` is closed.

    The participant is kept while their media lives, and for ``DETACHED_SECONDS`` longer. Without
    this command the worker learns the same a little later, from the lease of the web process. The
    command has no effect if the participant has another reply channel by now.
    """

    room: str
    participant: str
    reply: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An SDP offer; the answer is ``Answer`` or ``Refused``.

    ``tracks`` maps the mid of each sending m-line to its source. ``id`` comes back in the answer.
    ``muted`` are the sources that are muted now, so that a new track never begins unmuted. A source
    that a host holds stays muted, whatever the offer says.
    ``reply`` hears ``Refused`` (``not_in_room``) if the participant is not here, or speaks from
    another page; so for ``Slots``, ``Mute``, ``Hand`` and
    ``Snapshot``.
    """

    room: str
    participant: str
    sdp: str
    tracks: dict[str, str] = field(default_factory=dict)
    id: int = 0
    muted: list[str] = field(default_factory=list)
    reply: str = ""


@dataclass(frozen=True, slots=True)
class PatchIce:
    """A trickle ICE fragment (RFC 8840) of a stream or viewer: candidates, or an ICE restart.

    ``sessions`` are the ICE sessions that it may be meant for (``Answer.ice_session``); ``*`` is
    the current one. ``reply`` hears ``IcePatched`` or ``Refused``.
    """

    room: str
    participant: str
    fragment: str
    sessions: list[str]
    reply: str


@dataclass(frozen=True, slots=True)
class Slots:
    """What a participant wants in these slots; slots that are not named stay as they are."""

    room: str
    participant: str
    slots: list[SlotRequest] = field(default_factory=list)
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Mute:
    """The participant has muted or unmuted their own track of ``source``.

    While a host holds the source it stays muted. What was said last counts when it is released.
    """

    room: str
    participant: str
    source: str
    muted: bool
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Hand:
    """The participant has raised or lowered their hand.

    The web side also sends it when a host lowers their hand; then without ``reply``.
    """

    room: str
    participant: str
    raised: bool
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The client has missed an event; the answer is ``RoomState``."""

    room: str
    participant: str
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Remove:
    """The host removes a participant: their connection, slots and tracks end at once."""

    room: str
    participant: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A participant may not publish any more, and has no page that could join again.

    Their tracks end at once. The others hear of the new ``role``.
    """

    room: str
    participant: str
    role: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A host holds these of a participant's sources, and no others; see ``Person.held``.

    A held source counts as muted (``TrackMuted``), and none of its packets reach anyone: no slot,
    no voice slot, no viewer, no retransmission. Its sender does not count as a speaker. When it is
    released, media flows again over the same connection, video from the next key frame on. It is
    then muted if the participant last said so. Each join says again what is held.
    """

    room: str
    participant: str
    held: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CloseRoom:
    """Everyone is removed, and the room is forgotten."""

    room: str


@dataclass(frozen=True, slots=True)
class Drain:
    """The worker takes no new rooms, lets its people move to other workers, and ends."""


Command = (
    Join
    | Leave
    | Detach
    | Offer
    | PatchIce
    | Slots
    | Mute
    | Hand
    | Snapshot
    | Remove
    | Silence
    | Hold
    | CloseRoom
    | Drain
)
