"""Guests of a call without a browser: light clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sfu_worker.light_client import Hub, LightClient, Plan, WebSocketSignalling, open_door

# Levels of sound as the header extension has them, dB below the loudest.
SILENT, LOUD = 127, 25


@asynccontextmanager
async def silent_guests(
    link: str, count: int, *, camera: bool = False
) -> AsyncIterator[dict[str, LightClient]]:
    """People who send sound but say nothing, by name. With a camera they send a slow video too."""
    sources = ("microphone", "camera") if camera else ("microphone",)
    plan = Plan(sources=sources, audio_level=SILENT, video_rate=20, video_size=300)
    guests: dict[str, LightClient] = {}
    lines: list[WebSocketSignalling] = []
    tasks: list[asyncio.Task[None]] = []
    async with Hub() as hub:
        try:
            for number in range(count):
                door = await asyncio.to_thread(open_door, link)
                line = WebSocketSignalling(door.socket, door.origin, door.cookie)
                name = f"Guest {number}"
                guests[name] = LightClient(hub, name, line, plan)
                await line.join(name, door.pass_)
                lines.append(line)
                tasks.append(asyncio.create_task(guests[name].run()))
            await asyncio.gather(
                *(asyncio.wait_for(guest.connected.wait(), 60) for guest in guests.values())
            )
            yield guests
        finally:
            # Otherwise the call keeps their places for DETACHED_SECONDS.
            with suppress(ConnectionError):
                for line in lines:
                    await line.send({"type": "leave"})
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
