"""The keys in Redis, and how long they live.

All keys of the project are named here, those of the web side alone included, so that no two of them
can collide. Those that both sides share hold JSON unless something else is said.
"""

from __future__ import annotations

# The prefix of every name in Redis, the channel layer's keys included.
PREFIX = "confcall"

# A worker whose key has not been refreshed for so long is dead.
WORKER_TTL_SECONDS = 3.0

# A room's key outlives its worker's. The worker refreshes it while anyone is in the room; a room
# that was placed but that nobody has joined yet waits for so long.
ROOM_TTL_SECONDS = 4 * WORKER_TTL_SECONDS

# A worker that is known to be dead is remembered for so long, as is a web process that no longer
# refreshes its lease.
DEAD_SECONDS = 60.0
WEB_TTL_SECONDS = 15.0

# Written by workers, read by the web side

# A set of worker ids. A member without a live ``worker_key`` is dead.
WORKERS_KEY = f"{PREFIX}:workers"

# A stream of what calls do, with the fields room, epoch, event (started | peak | ended),
# at (Unix seconds) and people.
CALLS_STREAM = f"{PREFIX}:calls"


# The pub/sub channel on which anyone says that the keys of a worker or room have changed. Its
# messages are empty. Nothing depends on them: they make readers look sooner.
CHANGED_CHANNEL = f"{PREFIX}:changed"


def worker_key(worker: str) -> str:
    """{"worker", "beat", "load", "rooms", "people", "draining", "busy", "addresses", "reach"}.

    ``load`` is 0 to 1. ``reach`` is the ICE user and password with which a lobby's checks get
    answers; they change.
    ``beat`` grows with each report. The key expires after ``WORKER_TTL_SECONDS``. Of a worker that
    has ended it is {"worker", "dead": true} for ``DEAD_SECONDS``.
    """
    return f"{PREFIX}:worker:{worker}"


def room_key(room: str) -> str:
    """The ``Claim`` of the worker that holds the room, as text; see ``ROOM_TTL_SECONDS``.

    The web side writes it when it places the room. Then only its holder refreshes it.
    """
    return f"{PREFIX}:room:{room}"


def live_key(room: str) -> str:
    """{"epoch", "people", "started", "fence", "n", "channels"} of a room with participants.

    ``n`` is the number of its last event. ``channels`` maps everyone who is in from a call page to
    their reply channel. The key expires with its worker's.
    """
    return f"{PREFIX}:live:{room}"


def worker_numbers_key(worker: str) -> str:
    """``numbers.WorkerNumbers``, for operators; missing in a worker's first second."""
    return f"{PREFIX}:numbers:worker:{worker}"


def room_numbers_key(room: str) -> str:
    """``numbers.RoomNumbers``, for operators; ``WorkerNumbers.rooms`` lists the rooms."""
    return f"{PREFIX}:numbers:room:{room}"


# Read by both sides

# The highest fence that was given to a holder. It never expires.
FENCE_KEY = f"{PREFIX}:fence"


def web_key(process: str) -> str:
    """The lease of a web process: a hash with ``beat``, and one field for each open seat's channel.

    ``process`` is the part before the ``!`` of its channels. The key is written once a second and
    expires after ``WEB_TTL_SECONDS``.
    """
    return f"{PREFIX}:web:{process}"


# Of the web side alone

# A random value that never expires. If it is gone, Redis has lost everything, the channel layer's
# groups included.
ERA_KEY = f"{PREFIX}:era"


def placed_key(worker: str) -> str:
    """How many rooms were placed on a worker since it last counted its rooms."""
    return f"{PREFIX}:placed:{worker}"


def waiting_key(room: str) -> str:
    """Who waits to be let into a room: a hash of JSON by participant, written by the web side."""
    return f"{PREFIX}:waiting:{room}"


def throttle_key(kind: str, method: str, caller: str) -> str:
    """The token bucket of one caller: a hash of tokens and at (Unix seconds)."""
    return f"{PREFIX}:throttle:{kind}:{method}:{caller}"
