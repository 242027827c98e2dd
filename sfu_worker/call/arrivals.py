"""When streams and viewers (WHIP and WHEP) arrive: with their first connection, not their offer.

An encoder behind a firewall may offer again and again and never connect. These are the rules,
without a room around them: who waits, who gives way to whom, and whether there is a place.
"""

from __future__ import annotations

from collections.abc import Iterable

from sfu_worker.call.participant import Participant

# How many attempts in one room may wait for their connection; beyond that the oldest ends. A stream
# connects within a second or two; a whole audience may come when something begins.
MAX_WAITING = {"whip": 20, "whep": 300}

# An attempt that takes longer never connects: browsers and encoders give up earlier.
CONNECT_SECONDS = 20.0

# A stream that has sent no media for so long is over if its key has connected again. A live encoder
# sends many packets in that time.
STILL_SENDING_SECONDS = 1.5


def same_stream(one: Participant, other: Participant) -> bool:
    """Whether two are sessions of one key: a restarted encoder comes with the same one."""
    return one.kind == other.kind == "whip" and bool(one.owner) and one.owner == other.owner


def displaced(participants: Iterable[Participant], comer: Participant) -> list[Participant]:
    """The attempts that give way to a new one: those of its key, and the oldest of too many."""
    alike = [p for p in participants if not p.arrived and p.kind == comer.kind]
    own = [p for p in alike if same_stream(p, comer)]
    others = [p for p in alike if p not in own]
    most = MAX_WAITING.get(comer.kind)
    return own if most is None else own + others[: max(0, len(others) + 1 - most)]


def has_place(
    comer: Participant, people: Iterable[Participant], now: float, *, connected: bool
) -> bool:
    """Whether the room has a place for somebody who makes an offer, or who has ``connected``.

    Sessions of the same key do not count at the offer, since the new one may take over from them.
    Once it has connected, only those do not count that have stopped sending.
    """
    if comer.kind == "whep" or not comer.max_people:
        return True
    over = STILL_SENDING_SECONDS if connected else 0.0
    stay = [p for p in people if not (same_stream(p, comer) and now - p.media_at >= over)]
    return len(stay) < comer.max_people


def succeeded(participants: Iterable[Participant], now: float) -> list[Participant]:
    """Streams that are over: they have stopped sending, and their key has connected again."""
    streams = [p for p in participants if p.arrived and p.kind == "whip"]
    return [
        old
        for old in streams
        if now - old.media_at > STILL_SENDING_SECONDS
        and any(
            same_stream(old, new) and old.arrived_at < new.arrived_at >= old.media_at
            for new in streams
        )
    ]
