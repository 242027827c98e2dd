"""Who has left leaves nothing behind that only the garbage collector would find: it is off here."""

from __future__ import annotations

import asyncio
import gc
import types
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from sfu_worker.call.participant import Participant
from sfu_worker.config import Config
from sfu_worker.light_client import Hub, LightClient, Plan, WorkerSignalling
from sfu_worker.light_client.signalling import open_layer
from sfu_worker.rtp import rtcp
from sfu_worker.worker import Worker
from tests.sfu_worker.edge import until

# What a participant consists of, its own and the libraries'.
OURS = ("sfu_worker.", "aiortc.", "OpenSSL.", "pylibsrtp", "pyee.")
# Made anew each second, or by whoever goes on receiving.
FLEETING: tuple[str, ...] = ("sfu_worker.numbers", "sfu_worker.control.registry", "sfu_worker.wire")
FLEETING += ("sfu_worker.control.load", "sfu_worker.light_client")


def parts() -> dict[int, Any]:
    """All objects that a participant may consist of, by their ids."""
    return {id(o): o for o in gc.get_objects() if _is_part(type(o))}


def _is_part(kind: type) -> bool:
    module = kind.__dict__.get("__module__", "")
    return isinstance(module, str) and module.startswith(OURS) and not module.startswith(FLEETING)


def named(p: Participant) -> dict[str, weakref.ref[Any]]:
    """The main parts of a participant that is connected."""
    assert p.connection is not None
    transport, egress = p.connection.transport, p.connection.egress
    assert transport._dtls is not None
    inner = transport._dtls._inner
    found: dict[str, Any] = {"participant": p, "connection": p.connection}
    found |= {"transport": transport, "DTLS": inner, "SSL": inner._ssl}
    found |= {"egress": egress, "estimator": egress.estimator, "ingress": p.connection.ingress}
    for track in p.tracks.values():
        found[track.id] = track
        found |= {f"{track.id} layer {layer.rid}": layer for layer in track.layers}
    found |= {f"slot {slot.mid}": slot for slot in p.slots.values()}
    return {f"{p.name}: {name}": weakref.ref(part) for name, part in found.items()}


def blame(left: list[Any]) -> str:
    """What is left, and who holds the first of each kind."""
    lines = []
    for kind, count in Counter(type(o).__qualname__ for o in left).most_common():
        first = next(o for o in left if type(o).__qualname__ == kind)
        holders = [r for r in gc.get_referrers(first) if r is not left]
        words = [
            f"{_name(r)} of {sorted({_name(x) for x in gc.get_referrers(r)})}" for r in holders
        ]
        lines.append(f"{count} x {kind}, held by {words}")
    return "\n".join(lines)


def _name(holder: Any) -> str:
    if isinstance(holder, types.FrameType):
        return f"frame {holder.f_code.co_name}"
    return type(holder).__qualname__


class Lab:
    """A worker, and people who come and go."""

    def __init__(self, worker: Worker, hub: Hub, layer: Any) -> None:
        self.worker, self.hub, self.layer = worker, hub, layer
        self._tasks: dict[LightClient, asyncio.Task[None]] = {}

    async def come(self, name: str, *, tcp: bool = False, connect: bool = True) -> LightClient:
        signalling = WorkerSignalling(self.layer, "lab", "garden")
        client = LightClient(self.hub, name, signalling, Plan(), 2, 1)
        client.tcp = tcp
        await signalling.join(name)
        self._tasks[client] = asyncio.create_task(client.run())
        if connect:
            await until(client.connected.is_set)
        return client

    async def leave(self, client: LightClient) -> None:
        await client._signalling.send({"type": "leave"})
        task = self._tasks.pop(client)
        task.cancel()
        await asyncio.wait([task])
        # Its own end is not what is looked at here, and the library's error holds it.
        vars(client).clear()

    def participant(self, client: LightClient) -> Participant:
        return self.worker.rooms["garden"].participants[client.id]

    async def visit(self, tcp: bool = False) -> dict[str, weakref.ref[Any]]:
        """Two see and hear each other, ask for repairs, one connects anew, and both leave."""
        one, two = await self.come("One", tcp=tcp), await self.come("Two")
        await until(lambda: min(len(c.receiver.first_frame) for c in (one, two)) >= 2)
        await self._repairs(two)
        refs = named(self.participant(one)) | named(self.participant(two))
        # As after a network that was away: another connection of the same participant.
        await two._offer()
        await until(two.connected.is_set)
        refs |= {f"again {k}": v for k, v in named(self.participant(two)).items()}
        await self.leave(one)
        await self.leave(two)
        return refs

    async def _repairs(self, client: LightClient) -> None:
        p = self.participant(client)

        def repaired() -> bool:
            assert client.link is not None
            for slot in p.slots.values():
                top = client.receiver.by_ssrc[slot.output.line.ssrc].expected if slot.layer else 0
                client.link.send_rtcp(
                    rtcp.build_nack(1, slot.output.line.ssrc, [(top - 2) & 0xFFFF])
                )
                client.link.send_rtcp(rtcp.build_pli(1, slot.output.line.ssrc))
            return bool(p.tally.nacks_in and p.tally.plis_in and client.receiver.repairs)

        await until(repaired)


@pytest.fixture
async def lab(redis_url: str, clean_redis: Any) -> AsyncIterator[Lab]:
    worker = Worker(Config("lab", "lab", redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    layer = open_layer(redis_url)
    async with Hub() as hub:
        lab = Lab(worker, hub, layer)
        # The first makes what is kept for all: the SSL contexts.
        await lab.visit()
        await until(lambda: not worker.rooms)
        yield lab
        await worker.stop()
    await layer.close_pools()


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left_of(refs: dict[str, weakref.ref[Any]]) -> list[str]:
    return [name for name, ref in refs.items() if ref() is not None]


async def forgotten(refs: dict[str, weakref.ref[Any]]) -> None:
    """Wait until all are gone."""
    try:
        await until(lambda: not left_of(refs))
    except TimeoutError:
        alive = [part for ref in refs.values() if (part := ref()) is not None]
        raise AssertionError(f"{left_of(refs)}\n{blame(alive)}") from None


async def nothing_but(before: set[int]) -> None:
    """Wait until no part is there that was not there before."""
    try:
        await until(lambda: all(key in before for key in parts()))
    except TimeoutError:
        new = [part for key, part in parts().items() if key not in before]
        raise AssertionError(blame(new)) from None


@pytest.mark.parametrize("tcp", [False, True])
async def test_of_a_call_that_has_ended_nothing_is_left(
    lab: Lab, no_collector: None, tcp: bool
) -> None:
    before = set(parts())
    refs = await lab.visit(tcp)
    assert len(refs) > 30
    await until(lambda: not lab.worker.rooms)
    await forgotten(refs)
    await nothing_but(before)


async def test_who_stays_in_the_call_keeps_nothing_of_those_who_left(
    lab: Lab, no_collector: None
) -> None:
    stays = await lab.come("Stays")
    refs = await lab.visit()
    await until(lambda: len(lab.worker.rooms["garden"].participants) == 1)
    await forgotten(refs)
    await lab.leave(stays)


async def test_who_never_connected_and_who_was_cut_off_leave_nothing(
    lab: Lab, no_collector: None
) -> None:
    before = set(parts())

    async def come_and_go() -> None:
        never = await lab.come("Never", connect=False)
        await until(lambda: never.id and lab.participant(never).connection)
        cut = await lab.come("Cut")
        assert cut.link is not None
        await cut.link.close()
        # The page is still there: it keeps its place without a connection.
        await until(lambda: lab.participant(cut).connection is None)
        await lab.leave(never)
        await lab.leave(cut)

    await come_and_go()
    await until(lambda: not lab.worker.rooms)
    await nothing_but(before)
