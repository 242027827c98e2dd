"""``manage.py calltest``: a call of light clients through the real site, and its result."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import secrets
import time
import urllib.parse
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from rooms.management.redis_url import redis_url
from rooms.models import Invite, Room
from rooms.roles import Role
from sfu_worker import numbers, wire
from sfu_worker.light_client import Hub, LightClient, Plan, WebSocketSignalling, open_door
from sfu_worker.numbers import WorkerNumbers

# How long everyone has to join and to see the others; the first call on a cold machine is slow.
JOIN_SECONDS = 30.0


class Command(BaseCommand):
    help = (
        "Hold a call of light clients that all send audio and video and receive each other's. "
        "Fails if a single packet is lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=10)
        parser.add_argument("--seconds", type=float, default=30.0)
        parser.add_argument(
            "--url",
            default=settings.SITE_URL,
            help="the site, as browsers see it (default: %(default)s)",
        )
        parser.add_argument(
            "--invite",
            help="a link that lets people speak (default: create a room, and delete it afterwards)",
        )
        parser.add_argument(
            "--tcp", action="store_true", help="media over TCP, as in networks without UDP"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        people = options["people"]
        if people < 2:
            raise CommandError("A call needs at least two people.")
        with (
            contextlib.nullcontext(options["invite"])
            if options["invite"]
            else temporary_invite(options["url"], people) as link
        ):
            try:
                result = asyncio.run(hold(link, people, options["seconds"], tcp=options["tcp"]))
            except (OSError, TimeoutError) as exc:
                raise CommandError(f"The call did not come about: {exc}") from exc
        self.stdout.write("\n".join(result.lines()))
        if faults := result.faults():
            raise CommandError("The call failed: " + ", ".join(faults) + ".")


@contextlib.contextmanager
def temporary_invite(url: str, people: int) -> Iterator[str]:
    """A room for one call, with an invite. Both are deleted afterwards."""
    room = Room.objects.create(
        slug=f"calltest-{secrets.token_hex(4)}", title="Call test", max_people=min(1000, people + 1)
    )
    try:
        expires = timezone.now() + datetime.timedelta(hours=1)
        invite = Invite.objects.create(
            room=room, role=Role.SPEAKER, label="calltest", expires=expires
        )
        yield urllib.parse.urljoin(url, invite.get_absolute_url())
    finally:
        room.delete()


@dataclass(frozen=True, slots=True)
class Result:
    """Counts of one call."""

    people: int
    joined: int
    expected: int
    seen: int
    sent: int
    received: int
    lost: int
    duplicates: int
    broken: int
    pauses: int
    seconds: float
    first_frames: list[float]
    delays: list[float]
    load: float | None
    refused: list[str]

    def lines(self) -> list[str]:
        cpu = (
            "unknown (no worker in this site's Redis holds the room)"
            if self.load is None
            else f"{self.load:.0%} of one core"
        )
        rate = self.received / self.seconds
        delays = [1000 * delay for delay in self.delays]
        first = self.first_frames
        soon, late = percentile(first, 0.5), percentile(first, 0.95)
        usual, worst = percentile(delays, 0.5), percentile(delays, 0.99)
        return [
            f"joined:               {self.joined} of {self.people}",
            f"streams seen:         {self.seen} of {self.expected}",
            f"packets:              {self.sent} sent, {self.received} received ({rate:.0f}/s)",
            f"lost:                 {self.lost} ({self.duplicates} twice, {self.broken} changed)",
            f"paused by server:     {self.pauses} times (for lack of a receiver's bandwidth)",
            f"CPU of the worker:    {cpu}",
            f"join to first frame:  p50 {soon:.2f} s, p95 {late:.2f} s",
            f"sender to receiver:   p50 {usual:.1f} ms, p99 {worst:.1f} ms",
        ]

    def faults(self) -> list[str]:
        """The reasons why this call failed."""
        checks = {
            f"{self.people - self.joined} did not join": self.joined < self.people,
            f"{self.expected - self.seen} streams never arrived": self.seen < self.expected,
            f"{self.lost} packets were lost": self.lost,
            f"{self.broken} packets were changed on the way": self.broken,
            f"the server refused: {'; '.join(self.refused[:3])}": self.refused,
        }
        return [text for text, wrong in checks.items() if wrong]


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie; nan without values."""
    return (
        sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
    )


def frames(client: LightClient) -> int:
    """The number of streams of which the client has seen a frame."""
    return len(client.receiver.first_frame)


async def hold(link: str, people: int, seconds: float, *, tcp: bool = False) -> Result:
    """The call itself. Raises OSError or TimeoutError if the site cannot be reached."""
    async with Hub() as hub:
        clients: list[LightClient] = []
        tasks: list[asyncio.Task[None]] = []
        try:
            doors = await asyncio.gather(
                *(asyncio.to_thread(open_door, link) for _ in range(people))
            )
            for number, door in enumerate(doors, 1):
                signalling = WebSocketSignalling(door.socket, door.origin, door.cookie)
                # Everyone must hear everyone. A client that reports its loudness would be held back
                # in a large room while others speak.
                client = LightClient(
                    hub, f"Tester {number}", signalling, Plan(audio_level=None), people - 1
                )
                client.tcp = tcp
                clients.append(client)
                client.begun = time.monotonic()
                await signalling.join(client.name, door.pass_)
                tasks.append(asyncio.create_task(client.run()))
            expected = 2 * people * (people - 1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(JOIN_SECONDS):
                    # Polled: a client reports nothing for each of its up to 90 streams.
                    while sum(map(frames, clients)) < expected:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
            begun, before = time.monotonic(), sum(client.receiver.received for client in clients)
            loads = await watch(doors[0].slug, seconds)
            return sum_up(clients, expected, time.monotonic() - begun, before, loads)
        finally:
            await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)
            await asyncio.gather(*tasks, return_exceptions=True)


def sum_up(
    clients: list[LightClient], expected: int, seconds: float, before: int, loads: list[float]
) -> Result:
    receivers = [client.receiver for client in clients]
    return Result(
        people=len(clients),
        joined=sum(client.connected.is_set() for client in clients),
        expected=expected,
        seen=sum(len(receiver.first_frame) for receiver in receivers),
        sent=sum(client.link.sent for client in clients if client.link),
        received=sum(receiver.received for receiver in receivers) - before,
        lost=sum(receiver.lost for receiver in receivers),
        duplicates=sum(receiver.duplicates for receiver in receivers),
        pauses=sum(receiver.pauses for receiver in receivers),
        broken=sum(receiver.broken for receiver in receivers),
        seconds=seconds,
        first_frames=[at for client in clients for at in client.first_frames()],
        delays=[delay for receiver in receivers for delay in receiver.delays],
        load=sum(loads) / len(loads) if loads else None,
        refused=[
            str(message.get("message") or message.get("detail") or message)
            for client in clients
            for message in client.refused
        ],
    )


async def watch(slug: str, seconds: float) -> list[float]:
    """Wait, and record once a second how much CPU the room's worker uses."""
    loads: list[float | None] = []
    end = time.monotonic() + seconds
    async with redis.asyncio.Redis.from_url(redis_url()) as client:
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(1.0, left))
            loads.append(await load_of(client, slug))
    return [load for load in loads if load is not None]


async def load_of(client: redis.asyncio.Redis, slug: str) -> float | None:
    """The share of a core that the room's worker uses; None if it cannot be read from here."""
    try:
        held: Any = await client.get(wire.room_key(slug))
        worker = wire.Claim.parse(held.decode()).worker if held else ""
        raw = await client.get(wire.worker_numbers_key(worker))
    except (redis.RedisError, OSError):
        return None
    told = numbers.decode(WorkerNumbers, raw or "")
    return told.cpu if told else None
