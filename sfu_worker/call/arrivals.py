"""When streams and viewers (WHIP and WHEP) are in: from their first connection on, not from their offer.

An encoder behind a firewall offers again and again and never connects. The rules, without a room
around them: who waits, who gives way to whom, and whether there is a place.
"""

from __future__ import annotations

from collections.abc import Iterable

from sfu_worker.call.participant import Participant

# Attempts in one room that may wait for their connection; of more the oldest goes. A stream connects
# within a second or two, and a whole audience may come when something begins.
MAX_WAITING = {"whip": 20, "whep": 300}

# Who has not connected by then never will: browsers and encoders give up before.
CONNECT_SECONDS = 20.0

# Without media for so long, a stream whose key has connected anew is over. An encoder that lives
# sends sound or a picture many times in that time.
STILL_SENDING_SECONDS = 1.5


def same_stream(one: Participant, other: Participant) -> bool:
    """Whether two are sessions of one key, which an encoder shows again when it was restarted."""
    return one.kind == other.kind == "whip" and bool(one.owner) and one.owner == other.owner


def displaced(participants: Iterable[Participant], comer: Participant) -> list[Participant]:
    """The attempts that give way to a new one: its key's own, and the oldest of too many."""
    alike = [p for p in participants if not p.arrived and p.kind == comer.kind]
    own = [p for p in alike if same_stream(p, comer)]
    others = [p for p in alike if p not in own]
    most = MAX_WAITING.get(comer.kind)
    return own if most is None else own + others[: max(0, len(others) + 1 - most)]


def has_place(
    comer: Participant, people: Iterable[Participant], now: float, *, connected: bool
) -> bool:
    """Whether the room has a place for somebody who offers, or has ``connected`` by now.

    Sessions of the same key do not count at the offer, since it may take over from them; when it has
    connected, those do not count that have ended without a word.
    """
    if comer.kind == "whep" or not comer.max_people:
        return True
    over = STILL_SENDING_SECONDS if connected else 0.0
    stay = [p for p in people if not (same_stream(p, comer) and now - p.media_at >= over)]
    return len(stay) < comer.max_people


def succeeded(participants: Iterable[Participant], now: float) -> list[Participant]:
    """Streams that ended without a word: their key has connected anew and they send nothing more."""
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
