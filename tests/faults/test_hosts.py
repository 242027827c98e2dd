"""Two hosts with a media worker each, set up as docs/operations.md says, and one that is unplugged.

Host one has the web server, Redis (TLS, a private CA, a password) and a worker, host two a worker
that was started by hand. The people are elsewhere: they reach both by public addresses only.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis

from sfu_worker import wire
from sfu_worker.light_client import Hub, LightClient, Plan, WebSocketSignalling, open_door
from tests.deploy.parts import running
from tests.faults.hosts import PRIVATE, PUBLIC, PUBLIC_V6, Hosts, hosts, redis_with_tls
from tools import product

# Generous: no test judges speed.
LIMIT_SECONDS = 60.0
PLAN = Plan(audio_level=None)
# New packets of each pair after which it counts as back.
ENOUGH = 10
numbers = itertools.count(1)


@dataclass
class Site:
    """Both hosts, running. ``redis`` is a client of theirs."""

    hosts: Hosts
    confcall: product.Confcall
    redis: redis.Redis
    log: Path

    def read(self, key: str) -> str:
        found = self.redis.get(key)
        return found.decode() if isinstance(found, bytes) else ""

    def holder(self, slug: str) -> str:
        """The host whose worker holds a room; empty if none does."""
        worker = self.read(wire.room_key(slug)).split(" ")[-1]
        return worker and ("two" if worker.startswith("two-") else "one")

    def report(self, host: str) -> dict[str, Any]:
        """What the worker of a host says of itself; empty if it says nothing."""
        for name in self.redis.scan_iter(wire.worker_key(f"{host}-*")):
            report: dict[str, Any] = json.loads(self.read(name.decode()) or "{}")
            if report.get("beat"):
                return report
        return {}

    def room(self, slug: str) -> str:
        """Make a room; return a link into it."""
        path = self.confcall.shell(
            "from rooms.models import Room\n"
            f"room = Room.objects.create(slug={slug!r}, title='Room')\n"
            "print(room.invites.create(role='speaker').get_absolute_url())"
        )
        return self.confcall.env["SITE_URL"] + path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hosts")
    with ExitStack() as stack:
        made = stack.enter_context(hosts())
        log = folder / "two.log"
        with made.inside("one"):
            url = stack.enter_context(redis_with_tls(folder / "redis", PRIVATE["one"]))
            confcall = stack.enter_context(
                product.confcall(
                    REDIS_URL=url,
                    HOST="0.0.0.0",
                    PORT="8000",
                    SITE_URL=f"http://{PUBLIC['one']}:8000",
                    SFU_WORKERS="1",
                    SFU_LISTEN=PRIVATE["one"],
                    SFU_ANNOUNCE=PUBLIC["one"],
                )
            )
            client = stack.enter_context(redis.Redis.from_url(url))
            client.ping()
            site = Site(made, confcall, client, log)
        with made.inside("two"):
            # Under its watchdog, as the guide starts it.
            stack.enter_context(
                running(
                    [sys.executable, "-m", "sfu_worker"],
                    log,
                    lambda: bool(site.report("two")),
                    REDIS_URL=url,
                    SFU_WORKER="two",
                    SFU_LISTEN="0.0.0.0,::",
                    SFU_ANNOUNCE=f"{PUBLIC_V6},{PUBLIC['two']}",
                    SFU_DRAIN_SECONDS="5",
                )
            )
        yield site


class Signalling(WebSocketSignalling):
    """Notes the addresses of the answer. ``ipv4``: knows no others, as many networks."""

    ipv4 = False
    addresses: tuple[str, ...] = ()

    async def receive(self) -> dict[str, Any]:
        message = await super().receive()
        if message["type"] == "answer":
            lines = message["sdp"].splitlines(keepends=True)
            if self.ipv4:
                lines = [line for line in lines if not (is_candidate(line) and is_ipv6(line))]
            message["sdp"] = "".join(lines)
            self.addresses = tuple(line.split()[4] for line in lines if is_candidate(line))
        return message


def is_candidate(line: str) -> bool:
    return line.startswith("a=candidate:") and " udp " in line


def is_ipv6(line: str) -> bool:
    return ":" in line.split()[4]


@dataclass
class Call:
    """The clients in one room, who are out in the Internet."""

    site: Site
    hub: Hub
    slug: str
    link: str
    clients: list[LightClient] = field(default_factory=list)
    signallings: list[Signalling] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def join(self, count: int) -> None:
        """Let people join; the last one has no IPv6."""
        for number in range(count):
            with self.site.hosts.inside("people"):
                door = open_door(self.link)
                signalling = Signalling(door.socket, door.origin, door.cookie)
                signalling.ipv4 = number == count - 1
                client = LightClient(self.hub, f"Person {number}", signalling, PLAN, count - 1)
                await signalling.join(client.name, door.pass_)
            self.clients.append(client)
            self.signallings.append(signalling)
            self.tasks.append(asyncio.create_task(client.run()))

    def pairs(self) -> dict[tuple[str, str, int], int]:
        """Packets so far of each stream of everyone at everyone else."""
        return {
            (receiver.name, sender.name, stream.name): (
                found.received if (found := receiver.receiver.by_stream.get(stream.name)) else 0
            )
            for receiver in self.clients
            for sender in self.clients
            if sender is not receiver
            for stream in sender.streams
        }

    async def receive(self) -> None:
        """Wait until something new of every pair has come, on the present connections."""
        count = len(self.clients)
        before: dict[tuple[str, str, int], int] = self.pairs()

        def silent() -> list[tuple[str, str, int]]:
            now = self.pairs()
            assert len(now) <= 2 * count * (count - 1)
            short = [pair for pair, got in now.items() if got < before.get(pair, 0) + ENOUGH]
            return short or [("nobody", "offers", 0)] * (len(now) < 2 * count * (count - 1))

        await until(lambda: not silent(), lambda: f"{silent()} in {self.slug}")

    async def close(self) -> None:
        await asyncio.gather(*(client.close() for client in self.clients))
        await asyncio.gather(*self.tasks)


async def until(true: Callable[[], bool], said: Callable[[], str]) -> None:
    end = time.monotonic() + LIMIT_SECONDS
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(said())
        await asyncio.sleep(0.05)


class Calls:
    """Begins calls, and ends them after the test."""

    def __init__(self, site: Site, hub: Hub) -> None:
        self._site, self._hub = site, hub
        self._made: list[Call] = []

    async def at(self, host: str, people: int) -> Call:
        """A call that a host holds: rooms go to the less busy one."""
        for _ in range(10):
            slug = f"room-{next(numbers)}"
            link = await asyncio.to_thread(self._site.room, slug)
            call = Call(self._site, self._hub, slug, link)
            self._made.append(call)
            await call.join(people)
            await call.receive()
            if self._site.holder(slug) == host:
                return call
        raise AssertionError(f"host {host} gets no room")

    async def end(self) -> None:
        for call in self._made:
            await call.close()


@pytest.fixture
async def calls(site: Site) -> AsyncIterator[Calls]:
    # The sockets of its threads, too.
    with site.hosts.inside("people"):
        async with Hub() as hub:
            made = Calls(site, hub)
            yield made
            await made.end()


async def test_calls_work_over_both_hosts_and_both_families(calls: Calls) -> None:
    one, two = await calls.at("one", 3), await calls.at("two", 3)
    assert {signalling.addresses for signalling in one.signallings} == {(PUBLIC["one"],)}
    assert [signalling.addresses[0] for signalling in two.signallings] == [
        PUBLIC_V6,
        PUBLIC_V6,
        PUBLIC["two"],
    ]
    for call in (one, two):
        await call.receive()


async def test_the_rooms_of_an_unplugged_host_come_back_on_the_other_one(
    site: Site, calls: Calls
) -> None:
    staying, moving = await calls.at("one", 2), await calls.at("two", 4)
    people = sorted(client.id for client in moving.clients)
    site.hosts.unplug("two")
    try:
        await until(lambda: site.holder(moving.slug) == "one", lambda: "the room stays on two")
        await moving.receive()
        await staying.receive()
        assert sorted(client.id for client in moving.clients) == people
        live = json.loads(site.read(wire.live_key(moving.slug)))
        assert live["people"] == 4
        assert sorted(live["channels"]) == people
    finally:
        site.hosts.plug("two")
    # It lives again, and has found out that it holds nothing.
    await until(
        lambda: site.report("two").get("people") == 0, lambda: f"two says {site.report('two')}"
    )
    for call in (staying, moving):
        assert site.holder(call.slug) == "one"
        await call.receive()
    # It takes new rooms, and hears what is said to it.
    new = await calls.at("two", 2)
    await new.receive()
    assert site.holder(moving.slug) == "one"
    assert "Traceback" not in site.log.read_text()
