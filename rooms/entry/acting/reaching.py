"""How an act of a host reaches the media worker and the pages at once.

``rooms.entry.rights`` notices within a second what is lost on the way.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms import database
from rooms.entry import decisions
from rooms.workers import sfu
from rooms.workers.layer import AWAY
from sfu_worker import wire

logger = logging.getLogger(__name__)


async def hold(
    slug: str, participants: Iterable[str], send: Callable[[wire.Command], Awaitable[Any]]
) -> None:
    """Media that is held ends now, and what was released flows again."""
    held = await database.run(decisions.held_in, slug, participants)
    for who, sources in held.items():
        await send(wire.Hold(slug, who, sources))


async def tell_pages(slug: str, participants: Iterable[str], message: dict[str, Any]) -> None:
    """To the pages of these people, in whichever process."""
    wanted = set(participants)
    channels = await sfu.people_in(slug) if wanted else {}
    for who, channel in channels.items():
        if who in wanted:
            await tell(channel, message)


async def tell(channel: str, message: dict[str, Any]) -> None:
    """To one page. A page that cannot be told looks once a second."""
    try:
        await get_channel_layer().send(channel, message)
    except (*AWAY, ChannelFull) as exc:
        logger.info("x a page was not told of %s: %s", message["type"], exc)


def reach_now(slug: str, participants: Iterable[str]) -> None:
    """Worker and pages, for synchronous code outside a call. Raises sfu.Unavailable."""
    participants = list(participants)
    held = decisions.held_in(slug, participants)

    async def send() -> None:
        for who, sources in held.items():
            await sfu.send_to_room(slug, wire.Hold(slug, who, sources))
        await tell_pages(slug, participants, {"type": "rights_changed"})

    async_to_sync(send)()
