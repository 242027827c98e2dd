"""Numbers in Redis are true: a real worker, and clients whose packets get lost both ways."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from sfu_worker import numbers, wire
from sfu_worker.config import Config
from sfu_worker.light_client import Hub, LightClient, Plan, WorkerSignalling
from sfu_worker.light_client.signalling import open_layer
from sfu_worker.numbers import RoomNumbers, WorkerNumbers
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.rtcp.types import ReportBlock
from sfu_worker.worker import Worker
from tests.sfu_worker.edge import until

# Each twentieth packet is lost on the way in, but not the last ones: nobody can notice those.
NTH = 20


class Lab:
    """A worker with one room, and what it writes."""

    def __init__(self, worker: Worker, hub: Hub, layer: Any, redis: Any) -> None:
        self.worker, self.hub, self.layer, self.redis = worker, hub, layer, redis
        self.name = worker.config.worker
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, name: str, plan: Plan, pairs: int = 0) -> LightClient:
        signalling = WorkerSignalling(self.layer, self.name, "garden")
        client = LightClient(self.hub, name, signalling, plan, pairs)
        await signalling.join(name)
        self.tasks.append(asyncio.create_task(client.run()))
        await until(client.connected.is_set)
        return client

    def room(self) -> RoomNumbers | None:
        return numbers.decode(RoomNumbers, self.redis.get(wire.room_numbers_key("garden")) or "")

    async def says(self, condition: Callable[[RoomNumbers], Any]) -> RoomNumbers:
        """What is in Redis as soon as it is so."""
        seen: list[RoomNumbers] = []

        def so() -> bool:
            seen[:] = [found] if (found := self.room()) is not None else []
            return bool(seen) and bool(condition(seen[0]))

        try:
            await until(so)
        except TimeoutError:
            raise AssertionError(f"in Redis: {seen}") from None
        return seen[0]


@pytest.fixture
async def lab(redis_url: str, clean_redis: Any) -> AsyncIterator[Lab]:
    name = f"lab{secrets.token_hex(3)}"
    worker = Worker(Config(name, name, redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    layer = open_layer(redis_url)
    async with Hub() as hub:
        lab = Lab(worker, hub, layer, clean_redis)
        yield lab
        for task in lab.tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*lab.tasks, return_exceptions=True)
        await worker.stop()
    await layer.close_pools()


class Lossy:
    """Stands before a client's link and loses packets."""

    def __init__(self, client: LightClient) -> None:
        assert client.link is not None
        self.client, self.link, self.send = client, client.link, client.link.send_rtp
        self.count = self.lost = self.octets = 0
        self.link.send_rtp = self._send  # type: ignore[method-assign]
        self._holds = True

    def _send(self, packet: bytes) -> None:
        self.count += 1
        if self._holds and self.count > 200 and self.count % NTH == 0:
            self.lost += 1
            return
        extension = 4 + 4 * int.from_bytes(packet[14:16], "big")
        self.octets += len(packet) - 12 - extension
        self.send(packet)

    async def end(self) -> None:
        """Stop losing, then stop sending."""
        self._holds = False
        whole = self.count + 50
        await until(lambda: self.count >= whole)
        assert self.client.media is not None
        self.client.media.pause()


async def test_what_redis_says_is_what_was_sent_lost_and_received(lab: Lab) -> None:
    # The receiver comes first: packets to one who has not connected are counted and go nowhere.
    ben = await lab.come("Ben", Plan(sources=()), 1)
    ann = await lab.come("Ann", Plan(audio_level=None))
    lossy = Lossy(ann)
    await until(lambda: len(ben.receiver.first_frame) == 2 and lossy.lost > 20)
    going = await lab.says(lambda n: n.last.packets_in and n.last.packets_out and n.links.smallest)
    assert (going.people, going.streams, going.viewers, going.paused) == (2, 0, 0, 0)
    assert (going.audio_tracks, going.video_tracks) == (1, 1)
    assert going.links.smallest == going.links.median
    await lossy.end()
    said = await lab.says(lambda n: n.total.packets_in + n.total.given_up_in == lossy.count)
    assert (said.total.lost_in, said.total.given_up_in) == (lossy.lost, lossy.lost)
    assert said.total.octets_in == lossy.octets
    assert said.total.nacks_out > 0
    assert said.total.plis_out > 0
    said = await lab.says(lambda n: n.total.packets_out == ben.receiver.received)
    assert said.total.resent_out == 0
    quiet = await lab.says(lambda n: n.last.packets_in == 0)
    assert quiet.total.packets_in == said.total.packets_in


async def test_what_a_receiver_says_is_counted_and_outlives_it(lab: Lab) -> None:
    ann = await lab.come("Ann", Plan(audio_level=None))
    ben = await lab.come("Ben", Plan(sources=()), 1)
    await until(lambda: len(ben.receiver.first_frame) == 2)
    assert ben.link is not None
    slot = next(
        s
        for s in lab.worker.rooms["garden"].participants[ben.id].slots.values()
        if s.kind == "video"
    )
    newest = max(ben.receiver.by_ssrc[slot.output.line.ssrc].expected - 1, 0)
    for lost in (4, 7, 6):
        ben.link.send_rtcp(
            rtcp.build_rr(1, [ReportBlock(slot.output.line.ssrc, 10, lost, newest, 0, 0, 0)])
        )
    ben.link.send_rtcp(
        rtcp.build_nack(1, slot.output.line.ssrc, [newest])
        + rtcp.build_pli(1, slot.output.line.ssrc)
    )
    lab.hub.outbox.flush()
    said = await lab.says(lambda n: n.total.plis_in)
    assert (said.total.lost_out, said.total.nacks_in, said.total.resent_out) == (7, 1, 1)
    assert said.total.repair_octets_out > 0
    await ben.close()
    left = await lab.says(lambda n: n.people == 1)
    assert (left.total.lost_out, left.total.nacks_in, left.total.plis_in) == (7, 1, 1)
    assert left.total.packets_out >= said.total.packets_out
    assert ann.id != ben.id


async def test_streams_and_viewers_are_counted_apart_and_nobody_is_named(lab: Lab) -> None:
    names = {}
    kinds: tuple[wire.Kind, ...] = ("call", "whip", "whep")
    for kind in kinds:
        names[kind] = f"{kind}{secrets.token_hex(8)}"
        join = wire.Join(
            "garden",
            names[kind],
            f"Name of {names[kind]}",
            "speaker",
            kind != "whep",
            f"reply.{kind}",
            kind,
            "",
        )
        lab.worker.handle(join, 1)
        room = lab.worker.rooms["garden"]
        room.connected(room.participants[names[kind]])
    said = await lab.says(lambda n: n.people)
    assert (said.people, said.streams, said.viewers) == (2, 1, 1)
    assert said.links == numbers.Links()
    raw = lab.redis.get(wire.room_numbers_key("garden")).decode()
    assert not [name for name in names.values() if name in raw]
    assert 0 < lab.redis.pttl(wire.room_numbers_key("garden")) <= 3000


async def test_a_worker_tells_how_it_is_until_it_ends(lab: Lab) -> None:
    await lab.come("Ann", Plan(audio_level=None))

    def told() -> WorkerNumbers | None:
        return numbers.decode(WorkerNumbers, lab.redis.get(wire.worker_numbers_key(lab.name)) or "")

    await until(lambda: (found := told()) and found.rooms and found.last.received > 20)
    said = told()
    assert said is not None
    assert (said.worker, said.rooms, said.total.overflowed) == (lab.name, ["garden"], 0)
    assert said.uptime > 0
    assert 0 <= said.lag_mean <= said.lag_max
    assert said.total.sent > 0
    lab.worker.port.datagrams_dropped += 3
    await until(lambda: (found := told()) and found.last.unreadable == 3)
    await lab.worker.stop()
    assert told() is None


async def test_what_was_counted_after_the_last_second_is_kept_when_somebody_leaves(
    lab: Lab,
) -> None:
    ben = await lab.come("Ben", Plan(sources=()), 1)
    await lab.come("Ann", Plan(audio_level=None))
    await until(lambda: len(ben.receiver.first_frame) == 2)
    room = lab.worker.rooms["garden"]
    p = room.participants[ben.id]
    assert lab.worker._timer is not None
    lab.worker._timer.cancel()
    slot = next(s for s in p.slots.values() if s.kind == "video")
    assert ben.link is not None
    ben.link.send_rtcp(rtcp.build_rr(1, [ReportBlock(slot.output.line.ssrc, 10, 5, 0, 0, 0, 0)]))
    lab.hub.outbox.flush()
    await until(lambda: slot.output.counts[2])
    sent = slot.output.counts[0]
    room.drop(p, "", time.monotonic())
    room.report(time.monotonic())
    assert room.numbers is not None
    assert room.numbers.total.lost_out == 5
    assert room.numbers.total.packets_out >= sent > 0
