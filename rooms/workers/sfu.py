"""The client of the media workers: which worker holds a room, and how commands reach it.

``placing`` chooses the worker of a room. All functions raise ``Unavailable`` if Redis or the
workers are away.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, cast

import redis.asyncio
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms.workers import numbers, placing
from rooms.workers.layer import AWAY
from rooms.workers.pulse import Live
from sfu_worker import wire
from sfu_worker.numbers import RoomNumbers

TIMEOUT_SECONDS = 3.0


class Unavailable(Exception):
    """Redis, or every media worker, is away: try again in a moment."""


class Crowded(Unavailable):
    """Every worker that could take a newcomer is too busy: try again in a moment."""


@contextlib.asynccontextmanager
async def reaching(timeout: float = TIMEOUT_SECONDS) -> AsyncIterator[None]:
    """Turn what may fail on the way to Redis into ``Unavailable``."""
    try:
        async with asyncio.timeout(timeout):
            yield
    except (*AWAY, ChannelFull, TimeoutError) as exc:
        raise Unavailable(f"the media workers cannot be reached: {type(exc).__name__}") from exc


def client() -> redis.asyncio.Redis:
    """The event loop's Redis connection: the channel layer's own, which it closes with the loop."""
    return cast("redis.asyncio.Redis", get_channel_layer().connection(0))


async def evaluate(script: str, keys: list[str], *args: str | int) -> Any:
    """The result of another module's Lua script."""
    async with reaching():
        result: Any = client().eval(script, len(keys), *keys, *args)
        return await result


async def place(room: str, *, newcomer: bool = True, dead: Iterable[str] = ()) -> wire.Claim | None:
    """The claim of the worker that holds ``room``; otherwise another one gets it. None: no worker.

    ``dead`` are workers that count as dead although Redis does not know it. Raises Crowded, for a
    newcomer only.
    """
    async with reaching():
        found = await placing.place(client(), room, newcomer=newcomer, dead=dead)
    if found == placing.CROWDED:
        raise Crowded("all media workers are busy")
    return wire.Claim.parse(found) if found is not None else None


async def claim_of(room: str) -> wire.Claim | None:
    """The claim of the living worker that holds ``room``."""
    async with reaching():
        held: Any = await client().get(wire.room_key(room))
        if held is None:
            return None
        claim = wire.Claim.parse(held.decode())
        raw = await client().get(wire.worker_key(claim.worker))
        return claim if wire.lives(raw) else None


async def least_loaded() -> dict[str, Any] | None:
    """The worker that would get the next room.

    The keys are worker, load, rooms, people, draining and addresses.
    """
    async with reaching():
        raw = await placing.least_loaded(client())
    return cast("dict[str, Any]", json.loads(raw)) if raw else None


async def worker_for(room: str) -> dict[str, Any] | None:
    """The report of the worker that holds ``room``, otherwise as ``least_loaded``."""
    claim = await claim_of(room)
    if claim is None:
        return await least_loaded()
    async with reaching():
        raw = await client().get(wire.worker_key(claim.worker))
    return cast("dict[str, Any]", json.loads(raw)) if raw and wire.lives(raw) else None


async def live_counts(slugs: Iterable[str]) -> dict[str, int]:
    """People in each of the rooms that are not empty."""
    slugs = list(slugs)
    if not slugs:
        return {}
    async with reaching():
        values = await client().mget([wire.live_key(slug) for slug in slugs])
    return {
        slug: int(json.loads(raw)["people"]) for slug, raw in zip(slugs, values, strict=True) if raw
    }


def live_counts_now(slugs: Iterable[str]) -> dict[str, int]:
    """``live_counts`` for synchronous code, such as the admin."""
    return async_to_sync(live_counts)(list(slugs))


async def people_in(room: str) -> Mapping[str, str]:
    """Everyone who is in ``room`` from a call page, with their reply channels."""
    async with reaching():
        found = Live.parse(await client().get(wire.live_key(room)))
    return found.channels if found is not None else {}


async def crowd(room: str) -> tuple[int, Mapping[str, str]]:
    """How many people and streams are in ``room``, and ``people_in`` of the same moment."""
    async with reaching():
        found = Live.parse(await client().get(wire.live_key(room)))
    return (found.people, found.channels) if found is not None else (0, {})


async def era() -> str:
    """The value that names this life of Redis: another one says that everything was lost."""
    async with reaching():
        pipe = client().pipeline(transaction=False)
        pipe.set(wire.ERA_KEY, secrets.token_hex(8), nx=True)
        pipe.get(wire.ERA_KEY)
        _, found = await pipe.execute()
    return str(found.decode())


async def drain(worker: str) -> None:
    """Tell a worker to let its rooms go and to end. Raises Unavailable."""
    async with reaching():
        await get_channel_layer().send(wire.worker_channel(worker), wire.seal(wire.Drain()))


def drain_now(worker: str) -> None:
    """``drain`` for synchronous code, such as the admin."""
    async_to_sync(drain)(worker)


async def overview() -> numbers.Overview:
    """The reports of all workers about themselves and their rooms."""
    async with reaching():
        return await numbers.read(client())


def overview_now() -> numbers.Overview:
    """``overview`` for synchronous code, such as the admin."""
    return async_to_sync(overview)()


async def room_numbers(room: str) -> RoomNumbers | None:
    """What the worker reports about ``room``; None if nobody is in it."""
    async with reaching():
        return await numbers.read_room(client(), room)


def room_numbers_now(room: str) -> RoomNumbers | None:
    """``room_numbers`` for synchronous code, such as the admin."""
    return async_to_sync(room_numbers)(room)


async def send(claim: wire.Claim, command: wire.Command) -> None:
    """Send a command to the holder of a room. Only an event in return shows that it arrived."""
    async with reaching():
        await get_channel_layer().send(
            wire.worker_channel(claim.worker), wire.seal(command, claim.fence)
        )


async def send_to_room(room: str, command: wire.Command) -> bool:
    """Send a command to the worker that holds ``room``; False if none does."""
    claim = await claim_of(room)
    if claim is None:
        return False
    await send(claim, command)
    return True


def send_to_room_now(room: str, command: wire.Command) -> bool:
    """``send_to_room`` for synchronous code, such as the admin."""
    return async_to_sync(send_to_room)(room, command)


Settled = wire.Answer | wire.IcePatched | wire.Refused | wire.Removed


async def ask(room: str, *commands: wire.Command, timeout: float = 10.0) -> Settled:
    """Place ``room``, send the commands and wait for the event that settles them.

    For views only, because a consumer must never wait.

    The ``reply`` of a Join is filled in. Raises Unavailable if there is no worker, or no answer
    within ``timeout`` seconds.
    """
    claim = await place(room)
    if claim is None:
        raise Unavailable("there is no media worker")
    return await _ask(claim, commands, timeout)


async def ask_holder(room: str, command: wire.Leave | wire.PatchIce) -> Settled | None:
    """As ``ask``, of the worker that holds ``room``; None: no worker does, so the room is empty."""
    claim = await claim_of(room)
    return await _ask(claim, (command,), TIMEOUT_SECONDS) if claim is not None else None


async def _ask(claim: wire.Claim, commands: Iterable[wire.Command], timeout: float) -> Settled:
    # A plain channel. The channels of a process ("prefix!…") share one queue and one lock with all
    # consumers, and messages after the answer would stay in memory. This key in Redis expires.
    reply = f"reply.{secrets.token_hex(16)}"
    for command in commands:
        if isinstance(command, wire.Join | wire.Leave | wire.PatchIce):
            await send(claim, dataclasses.replace(command, reply=reply))
        else:
            await send(claim, command)
    layer = get_channel_layer()
    async with reaching(timeout):
        while True:
            message = await layer.receive(reply)
            event, _ = wire.unseal(message)
            if isinstance(event, wire.Answer | wire.IcePatched | wire.Refused | wire.Removed):
                return event
