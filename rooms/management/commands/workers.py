"""``manage.py workers``: the media workers and the calls that they carry, in the terminal."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import redis.asyncio
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from rooms.management.redis_url import redis_url
from rooms.models import Room
from rooms.workers import numbers
from rooms.workers.layer import AWAY
from rooms.workers.number_words import (
    ROOM_COLUMNS,
    WORKER_COLUMNS,
    Column,
    worries_of_room,
    worries_of_worker,
)
from rooms.workers.numbers import Overview, RoomNow

T = TypeVar("T")

TIMEOUT_SECONDS = 5.0


class Command(BaseCommand):
    help = "Show the media workers and the rooms in progress. Fails if no worker is running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print all numbers as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            overview = asyncio.run(ask(redis_url()))
        except (*AWAY, TimeoutError) as exc:
            raise CommandError(
                "Redis does not answer. Check that it is running and that REDIS_URL points to it."
            ) from exc
        rooms = known_rooms([room.slug for room in overview.rooms])
        self.stdout.write(as_json(overview, rooms) if options["json"] else as_text(overview, rooms))
        if not overview.workers:
            raise CommandError(
                "No media worker is running, so no one can join a call. Check the workers' log."
            )


async def ask(url: str) -> Overview:
    async with redis.asyncio.Redis.from_url(url) as client, asyncio.timeout(TIMEOUT_SECONDS):
        return await numbers.read(client)


def known_rooms(slugs: list[str]) -> dict[str, Room]:
    """The rooms by slug. Without the database the command still shows the workers."""
    try:
        return {room.slug: room for room in Room.objects.filter(slug__in=slugs)}
    except DatabaseError:
        return {}


def as_json(overview: Overview, rooms: dict[str, Room]) -> str:
    """Name rooms by their ids: slugs are parts of links, and this may go into a log."""
    workers = [asdict(worker) for worker in overview.workers]
    for worker in workers:
        (worker["numbers"] or {}).pop("rooms", None)
    told = [
        {
            "room": rooms[now.slug].pk if now.slug in rooms else None,
            "worker": now.worker,
            "numbers": asdict(now.numbers),
        }
        for now in overview.rooms
    ]
    return json.dumps({"workers": workers, "rooms": told}, indent=2)


def as_text(overview: Overview, rooms: dict[str, Room]) -> str:
    """Two tables, and a list of what needs attention."""
    lines = table("Worker", WORKER_COLUMNS, [(worker.name, worker) for worker in overview.workers])
    lines += [
        f"! {worker.name}: {text}"
        for worker in overview.workers
        for text in worries_of_worker(worker)
    ]
    named = [(title(now, rooms), now.numbers) for now in overview.rooms]
    for name, room in named:
        lines += [
            "",
            name,
            *(f"  {column.label!s:<24}{column.text(room)}" for column in ROOM_COLUMNS),
        ]
        lines += [f"! {text}" for text in worries_of_room(room)]
    if not named:
        lines += ["", "No one is in a call."]
    return "\n".join(lines)


def title(now: RoomNow, rooms: dict[str, Room]) -> str:
    return f"{rooms[now.slug].title if now.slug in rooms else 'Deleted room'} (on {now.worker})"


def table(corner: str, columns: Sequence[Column[T]], rows: Sequence[tuple[str, T]]) -> list[str]:
    """Lines with columns as wide as their content."""
    cells = [[corner, *(str(column.label) for column in columns)]]
    cells += [[name, *(column.text(source) for column in columns)] for name, source in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
