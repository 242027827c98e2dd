"""The workers' reports about themselves and their calls, read from Redis for operators."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import redis.asyncio

from sfu_worker import numbers, wire
from sfu_worker.numbers import RoomNumbers, WorkerNumbers


@dataclass(frozen=True, slots=True)
class WorkerNow:
    """A living worker. ``load`` is from 0 to 1; a ``busy`` worker takes no newcomers.

    ``numbers`` is None if it has just started or runs another version.
    """

    name: str
    load: float
    rooms: int
    people: int
    draining: bool
    numbers: WorkerNumbers | None
    busy: bool = False

    @property
    def takes_rooms(self) -> bool:
        """Whether a room can move to this worker."""
        return not self.draining and not self.busy


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A room with people in it."""

    slug: str
    worker: str
    numbers: RoomNumbers


@dataclass(frozen=True, slots=True)
class Overview:
    """All workers by name, and all rooms by slug."""

    workers: list[WorkerNow]
    rooms: list[RoomNow]


async def read(client: redis.asyncio.Redis) -> Overview:
    """Read everything from Redis. Raises the client's exceptions."""
    workers = await read_workers(client)
    return Overview(workers, await read_rooms(client, workers))


async def read_workers(client: redis.asyncio.Redis) -> list[WorkerNow]:
    """The living workers, by name."""
    members: Any = await client.smembers(wire.WORKERS_KEY)
    names = sorted(text(name) for name in members)
    if not names:
        return []
    said = await client.mget([wire.worker_key(name) for name in names])
    told = await client.mget([wire.worker_numbers_key(name) for name in names])
    return [
        worker(name, alive, more)
        for name, alive, more in zip(names, said, told, strict=True)
        if alive and wire.lives(alive)
    ]


async def read_rooms(client: redis.asyncio.Redis, workers: list[WorkerNow]) -> list[RoomNow]:
    """The rooms that these workers hold, by slug."""
    held = sorted((slug, w.name) for w in workers if w.numbers for slug in w.numbers.rooms)
    if not held:
        return []
    found = await client.mget([wire.room_numbers_key(slug) for slug, _ in held])
    return [
        RoomNow(slug, name, room)
        for (slug, name), raw in zip(held, found, strict=True)
        if (room := numbers.decode(RoomNumbers, raw or "")) is not None
    ]


async def read_room(client: redis.asyncio.Redis, slug: str) -> RoomNumbers | None:
    """One room; None if nobody is in it."""
    return numbers.decode(RoomNumbers, await client.get(wire.room_numbers_key(slug)) or "")


def worker(name: str, said: str | bytes, told: str | bytes | None) -> WorkerNow:
    """A worker from its two keys."""
    body = json.loads(said)
    return WorkerNow(
        name=name,
        load=float(body.get("load", 0.0)),
        rooms=int(body.get("rooms", 0)),
        people=int(body.get("people", 0)),
        draining=bool(body.get("draining")),
        numbers=numbers.decode(WorkerNumbers, told or ""),
        busy=bool(body.get("busy")),
    )


def text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
