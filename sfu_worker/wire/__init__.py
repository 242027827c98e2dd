"""The protocol between the web side (``rooms``) and the media workers (``sfu_worker``).

Both sides import this package and ``sfu_worker.numbers``, which therefore need nothing but the
standard library. The docstrings of the messages are the protocol's documentation.

**Transport.** Messages travel over the Channels layer. A worker listens on
``worker_channel(worker)``. A participant's WebSocket consumer listens on its own channel (the
*reply channel*) and in the group ``room_group(room)``. On the layer a message is
``{"type": "sfu_command" | "sfu_event", "body": encode(message), "fence": fence}`` (``seal``).

**Holding a room.** One worker holds a room, by the ``Claim`` in Redis. Each new holder has a higher
*fence*, and each message carries the fence of the holder it is for or from. A worker ignores
commands from before it held the room; a consumer ignores events of an earlier holder.

**Delivery** is at most once. That is why events to a room's group are numbered: ``n`` grows by one
with each of them, and ``epoch`` names the life of the room on one worker. A client that sees a gap
or another epoch sends ``Snapshot`` and gets a ``RoomState``, which holds everything.

**Identity.** ``room`` is the room's slug and ``participant`` a random id. The consumer takes both
from the signed pass, never from a client's message.

**Tracks.** A track's id is ``"<participant>:<source>"``, with one of ``SOURCES``. A *slot* is a
recvonly m-line of a participant's offer, named by its mid.
"""

from __future__ import annotations

from sfu_worker.wire.claim import Claim
from sfu_worker.wire.codec import (
    COMMANDS,
    EVENTS,
    NAMES,
    Message,
    build,
    decode,
    encode,
    seal,
    unseal,
)
from sfu_worker.wire.commands import (
    CloseRoom,
    Command,
    Detach,
    Drain,
    Hand,
    Hold,
    Join,
    Leave,
    Mute,
    Offer,
    PatchIce,
    Remove,
    Silence,
    Slots,
    Snapshot,
)
from sfu_worker.wire.common import (
    AUDIO_SOURCES,
    DETACHED_SECONDS,
    MAX_FRAGMENT_BYTES,
    MAX_SDP_BYTES,
    SOURCES,
    VIDEO_SOURCES,
    Kind,
    Person,
    SlotRequest,
    Source,
    Track,
    WireError,
    is_held,
)
from sfu_worker.wire.death import bury, lives
from sfu_worker.wire.events import (
    Answer,
    CodecsCommon,
    Event,
    IcePatched,
    LayersWanted,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    Refused,
    Removed,
    RoomState,
    SlotBound,
    SlotPaused,
    SpeakersChanged,
    TrackMuted,
    TrackPublished,
    TrackUnpublished,
)
from sfu_worker.wire.keys import (
    CALLS_STREAM,
    CHANGED_CHANNEL,
    DEAD_SECONDS,
    ERA_KEY,
    FENCE_KEY,
    PREFIX,
    ROOM_TTL_SECONDS,
    WEB_TTL_SECONDS,
    WORKER_TTL_SECONDS,
    WORKERS_KEY,
    live_key,
    placed_key,
    room_key,
    room_numbers_key,
    throttle_key,
    waiting_key,
    web_key,
    worker_key,
    worker_numbers_key,
)
from sfu_worker.wire.layer import (
    CAPACITY,
    EXPIRY_SECONDS,
    layer_options,
    process_of,
    room_group,
    worker_channel,
)
from sfu_worker.wire.redis_url import redis_url_problem

__all__ = [
    "AUDIO_SOURCES",
    "CALLS_STREAM",
    "CAPACITY",
    "CHANGED_CHANNEL",
    "COMMANDS",
    "DEAD_SECONDS",
    "DETACHED_SECONDS",
    "ERA_KEY",
    "EVENTS",
    "EXPIRY_SECONDS",
    "FENCE_KEY",
    "MAX_FRAGMENT_BYTES",
    "MAX_SDP_BYTES",
    "NAMES",
    "PREFIX",
    "ROOM_TTL_SECONDS",
    "SOURCES",
    "VIDEO_SOURCES",
    "WEB_TTL_SECONDS",
    "WORKERS_KEY",
    "WORKER_TTL_SECONDS",
    "Answer",
    "Claim",
    "CloseRoom",
    "CodecsCommon",
    "Command",
    "Detach",
    "Drain",
    "Event",
    "Hand",
    "Hold",
    "IcePatched",
    "Join",
    "Kind",
    "LayersWanted",
    "Leave",
    "Message",
    "Mute",
    "Offer",
    "ParticipantChanged",
    "ParticipantJoined",
    "ParticipantLeft",
    "PatchIce",
    "Person",
    "Refused",
    "Remove",
    "Removed",
    "RoomState",
    "Silence",
    "SlotBound",
    "SlotPaused",
    "SlotRequest",
    "Slots",
    "Snapshot",
    "Source",
    "SpeakersChanged",
    "Track",
    "TrackMuted",
    "TrackPublished",
    "TrackUnpublished",
    "WireError",
    "build",
    "bury",
    "decode",
    "encode",
    "is_held",
    "layer_options",
    "live_key",
    "lives",
    "placed_key",
    "process_of",
    "redis_url_problem",
    "room_group",
    "room_key",
    "room_numbers_key",
    "seal",
    "throttle_key",
    "unseal",
    "waiting_key",
    "web_key",
    "worker_channel",
    "worker_key",
    "worker_numbers_key",
]
