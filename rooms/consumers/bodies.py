"""Parts of messages to the browser that more than one message has."""

from __future__ import annotations

from typing import Any

from rooms.entry.facts import RoomNow
from rooms.roles import Grant


def settings_body(now: RoomNow) -> dict[str, Any]:
    """What pages hear of a room's settings."""
    return {
        "locked": now.locked,
        "mics_held": now.mics_held,
        "waiting_room": now.waiting_room,
    }


def held_body(grant: Grant) -> dict[str, Any]:
    """What a page hears of its own sources. Those in ``bound`` start only when a host asks."""
    return {"sources": dict(grant.held), "bound": sorted(grant.bound)}
