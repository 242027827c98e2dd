"""``manage.py drain``: let a worker's people move to other workers, and end it.

For restarts during calls: whoever runs the worker (``serve``, systemd, Compose) starts it again.
"""

from __future__ import annotations

import asyncio
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rooms.management.redis_url import redis_url
from rooms.workers import numbers
from rooms.workers.layer import AWAY
from rooms.workers.numbers import WorkerNow
from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer

STEP_SECONDS = 0.25
LIMIT_SECONDS = 120.0
REDIS_SECONDS = 5.0


class Workers:
    """The media workers, through the Redis of ``redis_url``."""

    def __init__(self) -> None:
        self._layer = ChannelLayer(**wire.layer_options(redis_url()))

    async def living(self) -> dict[str, WorkerNow]:
        """The workers that live, by name."""
        async with asyncio.timeout(REDIS_SECONDS):
            found = await numbers.read_workers(self._layer.connection(0))
        return {worker.name: worker for worker in found}

    async def drain(self, name: str) -> None:
        async with asyncio.timeout(REDIS_SECONDS):
            await self._layer.send(wire.worker_channel(name), wire.seal(wire.Drain()))

    async def close(self) -> None:
        await self._layer.close_pools()


class Command(BaseCommand):
    help = (
        "Let the people on a media worker move to other workers, then end it. Without a name, list "
        "the workers. With several names, drain one after the other."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("worker", nargs="*", help="as the list names it")
        parser.add_argument(
            "--limit",
            type=float,
            default=LIMIT_SECONDS,
            metavar="SECONDS",
            help="how long to wait for each step (default: %(default).0f)",
        )
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="even if no other worker can take the people: their calls are interrupted",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asyncio.run(self._run(options["worker"], options["limit"], anyway=options["anyway"]))
        except (*AWAY, TimeoutError) as exc:
            raise CommandError(
                "Redis does not answer. Check that it is running, and that REDIS_URL points to it. "
                "If serve started it, set the same DATA_DIR as for serve."
            ) from exc

    async def _run(self, names: list[str], limit: float, *, anyway: bool) -> None:
        self._workers = Workers()
        try:
            await self._drain(names, limit, anyway=anyway)
        finally:
            await self._workers.close()

    async def _drain(self, names: list[str], limit: float, *, anyway: bool) -> None:
        workers = await self._workers.living()
        if not workers:
            raise CommandError("No media worker is running, so there is none to drain.")
        unknown = [name for name in names if name not in workers]
        if unknown:
            raise CommandError(
                f"There is no worker named {', '.join(unknown)}. The workers are: "
                f"{', '.join(workers)}."
            )
        for worker in workers.values() if not names else ():
            self.stdout.write(f"{worker.name}: {described(worker)}")
        for name in names:
            if not anyway:
                await self._wait_for_another(name, limit)
            await self._drain_one(name, limit)

    async def _wait_for_another(self, name: str, limit: float) -> None:
        """The worker that was drained before may be starting again."""
        until = time.monotonic() + limit
        told = False
        while not any(
            worker.takes_rooms
            for worker in (await self._workers.living()).values()
            if worker.name != name
        ):
            if time.monotonic() > until:
                raise CommandError(
                    f"No other worker can take the people on {name}. Start another worker first, "
                    "or use --anyway: then they are cut off until a worker runs again."
                )
            if not told:
                self.stdout.write(
                    f"{name}: waiting for another worker that can take its people. "
                    "To interrupt their calls instead, use --anyway."
                )
            told = True
            await asyncio.sleep(STEP_SECONDS)

    async def _drain_one(self, name: str, limit: float) -> None:
        worker = (await self._workers.living()).get(name)
        if worker is not None:
            self.stdout.write(f"{name}: {described(worker)}; it ends when nobody is left on it")
            await self._workers.drain(name)
        until = time.monotonic() + limit
        while worker is not None:
            if time.monotonic() > until:
                raise CommandError(
                    f"{name} still runs after {limit:.0f} s: {described(worker)}. It drains until "
                    "everyone has moved or its own limit is over; see its log."
                )
            await asyncio.sleep(STEP_SECONDS)
            worker = (await self._workers.living()).get(name)
        self.stdout.write(f"{name}: has ended")


def described(worker: WorkerNow) -> str:
    state = ", draining" if worker.draining else ", busy" if worker.busy else ""
    people = "1 person" if worker.people == 1 else f"{worker.people} people"
    rooms = "1 room" if worker.rooms == 1 else f"{worker.rooms} rooms"
    return f"{people} in {rooms}{state}"
