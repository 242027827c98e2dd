"""The client of the media workers: which worker holds a room, and how commands reach it.

One Lua script places a room, so that people who arrive at the same moment meet on one worker. All
functions raise ``Unavailable`` if Redis or the workers are away.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import secrets
from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

import redis.asyncio
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms.workers import numbers
from rooms.workers.layer import AWAY
from sfu_worker import wire
from sfu_worker.numbers import RoomNumbers

# How long a placement waits for the first participant; then the worker keeps the key alive.
ROOM_TTL_MS = int(wire.ROOM_TTL_SECONDS * 1000)

# A worker counts its rooms about once a second. Until then, new placements are counted here.
PLACED_TTL_MS = 3000

TIMEOUT_SECONDS = 3.0


class Unavailable(Exception):
    """Redis, or every media worker, is away or overloaded: try again in a moment."""


_LEAST_LOADED = """
local prefix, placed, workers = ARGV[1], ARGV[2], redis.call('SMEMBERS', KEYS[1])
local best = nil
for _, id in ipairs(workers) do
  local raw = redis.call('GET', prefix .. id)
  if raw then
    local w = cjson.decode(raw)
    -- Steps of a twentieth: a smaller difference is noise, and the number of rooms says more.
    local load = math.floor((tonumber(w.load) or 0) * 20)
    local count = (tonumber(w.rooms) or 0) + (tonumber(redis.call('GET', placed .. id)) or 0)
    if not w.draining and (not best or load < best.load or (load == best.load
        and (count < best.count or (count == best.count and id < best.id)))) then
      best = {id = id, load = load, count = count, raw = raw}
    end
  end
end
"""

_DESCRIBE = _LEAST_LOADED + "return best and best.raw or false"

_PLACE = (
    """
local held = redis.call('GET', KEYS[2])
if held and redis.call('EXISTS', ARGV[1] .. held) == 1 then return held end
"""
    + _LEAST_LOADED
    + """
if not best then return false end
redis.call('SET', KEYS[2], best.id, 'PX', ARGV[3])
redis.call('INCR', placed .. best.id)
redis.call('PEXPIRE', placed .. best.id, ARGV[4])
return best.id
"""
)


@contextlib.asynccontextmanager
async def _reaching(timeout: float = TIMEOUT_SECONDS) -> AsyncIterator[None]:
    """Turn what may fail on the way to Redis into ``Unavailable``."""
    try:
        async with asyncio.timeout(timeout):
            yield
    except (*AWAY, ChannelFull, TimeoutError) as exc:
        raise Unavailable(f"the media workers cannot be reached: {type(exc).__name__}") from exc


def client() -> redis.asyncio.Redis:
    """The event loop's Redis connection: the channel layer's own, which it closes with the loop."""
    return cast("redis.asyncio.Redis", get_channel_layer().connection(0))


async def _script(script: str, keys: list[str], *args: str | int) -> str | None:
    result: Any = client().eval(
        script, len(keys), *keys, wire.worker_key(""), wire.placed_key(""), *args
    )
    value = await result
    return value.decode() if isinstance(value, bytes) else value


async def evaluate(script: str, keys: list[str], *args: str | int) -> Any:
    """The result of another module's Lua script."""
    async with _reaching():
        result: Any = client().eval(script, len(keys), *keys, *args)
        return await result


async def place(room: str) -> str | None:
    """The worker that holds ``room``; otherwise the least loaded one gets it. None: no worker."""
    async with _reaching():
        return await _script(
            _PLACE, [wire.WORKERS_KEY, wire.room_key(room)], ROOM_TTL_MS, PLACED_TTL_MS
        )


async def hold(room: str, worker: str) -> None:
    """Restore ``worker``'s hold on ``room`` if Redis came back empty; the first process wins."""
    async with _reaching():
        await client().set(wire.room_key(room), worker, px=ROOM_TTL_MS, nx=True)


async def worker_of(room: str) -> str | None:
    """The living worker that holds ``room``."""
    async with _reaching():
        held = await client().get(wire.room_key(room))
        if held is None:
            return None
        worker = held.decode() if isinstance(held, bytes) else held
        return worker if await client().exists(wire.worker_key(worker)) else None


async def least_loaded() -> dict[str, Any] | None:
    """The worker that would get the next room.

    The keys are worker, load, rooms, people, draining and addresses.
    """
    async with _reaching():
        raw = await _script(_DESCRIBE, [wire.WORKERS_KEY])
    return cast("dict[str, Any]", json.loads(raw)) if raw else None


async def live_counts(slugs: Iterable[str]) -> dict[str, int]:
    """People in each of the rooms that are not empty."""
    slugs = list(slugs)
    if not slugs:
        return {}
    async with _reaching():
        values = await client().mget([wire.live_key(slug) for slug in slugs])
    return {
        slug: int(json.loads(raw)["people"]) for slug, raw in zip(slugs, values, strict=True) if raw
    }


def live_counts_now(slugs: Iterable[str]) -> dict[str, int]:
    """``live_counts`` for synchronous code, such as the admin."""
    return async_to_sync(live_counts)(list(slugs))


async def overview() -> numbers.Overview:
    """The reports of all workers about themselves and their rooms."""
    async with _reaching():
        return await numbers.read(client())


def overview_now() -> numbers.Overview:
    """``overview`` for synchronous code, such as the admin."""
    return async_to_sync(overview)()


async def room_numbers(room: str) -> RoomNumbers | None:
    """What the worker reports about ``room``; None if nobody is in it."""
    async with _reaching():
        return await numbers.read_room(client(), room)


def room_numbers_now(room: str) -> RoomNumbers | None:
    """``room_numbers`` for synchronous code, such as the admin."""
    return async_to_sync(room_numbers)(room)


async def send(worker: str, command: wire.Command) -> None:
    """Send a command to a worker. Only an event in return shows that it arrived."""
    async with _reaching():
        await get_channel_layer().send(
            wire.worker_channel(worker), {"type": "sfu_command", "body": wire.encode(command)}
        )


async def send_to_room(room: str, command: wire.Command) -> bool:
    """Send a command to the worker that holds ``room``; False if none does."""
    worker = await worker_of(room)
    if worker is None:
        return False
    await send(worker, command)
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
    worker = await place(room)
    if worker is None:
        raise Unavailable("there is no media worker")
    return await _ask(worker, commands, timeout)


async def ask_holder(room: str, command: wire.Leave | wire.PatchIce) -> Settled | None:
    """As ``ask``, of the worker that holds ``room``; None: no worker does, so the room is empty."""
    worker = await worker_of(room)
    return await _ask(worker, (command,), TIMEOUT_SECONDS) if worker is not None else None


async def _ask(worker: str, commands: Iterable[wire.Command], timeout: float) -> Settled:
    # A plain channel. The channels of a process ("prefix!…") share one queue and one lock with all
    # consumers, and messages after the answer would stay in memory. This key in Redis expires.
    reply = f"reply.{secrets.token_hex(16)}"
    for command in commands:
        if isinstance(command, wire.Join | wire.Leave | wire.PatchIce):
            await send(worker, dataclasses.replace(command, reply=reply))
        else:
            await send(worker, command)
    layer = get_channel_layer()
    async with _reaching(timeout):
        while True:
            message = await layer.receive(reply)
            event = wire.decode(message["body"])
            if isinstance(event, wire.Answer | wire.IcePatched | wire.Refused | wire.Removed):
                return event
