"""The bus and the tasks beside it go on whatever comes, or say that they cannot. A real Redis."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import uvloop

from sfu_worker import process, tasks, wire
from sfu_worker.config import Config
from sfu_worker.control.bus import Bus
from sfu_worker.light_client.signalling import open_layer
from sfu_worker.worker import Worker
from tests.sfu_worker.edge import until


class Line:
    """A bus, the web's end of the layer, and what came out of both."""

    def __init__(self, redis_url: str) -> None:
        self.heard: list[wire.Command] = []
        self.broken: list[BaseException] = []
        self.bus = Bus(redis_url, "lab", self.hear, self.broken.append)
        self.layer = open_layer(redis_url)

    def hear(self, command: wire.Command, fence: int) -> None:
        self.heard.append(command)
        if command == wire.CloseRoom("cursed"):
            raise ZeroDivisionError("cursed")

    async def say(self, *rooms: str) -> None:
        for room in rooms:
            message = wire.seal(wire.CloseRoom(room))
            await self.layer.send(wire.worker_channel("lab"), message)


@pytest.fixture
async def line(redis_url: str, clean_redis: Any) -> AsyncIterator[Line]:
    line = Line(redis_url)
    line.bus.start()
    yield line
    await line.bus.stop()
    await line.layer.close_pools()


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


async def test_commands_that_fail_cost_themselves_and_one_line(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    await line.say(*["cursed"] * 20, "garden")
    await until(lambda: len(line.heard) == 21)
    (said,) = errors(caplog)
    assert said.startswith("x the command CloseRoom failed, the rest goes on. Please report this")
    assert line.broken == []


async def test_what_is_no_message_at_all_costs_itself(
    line: Line, clean_redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    key = f"confcall{wire.worker_channel('lab')}"
    clean_redis.zadd(key, {bytes([n]) * 12 + b"\xc1": time.time() for n in range(5)})
    await line.say("garden")
    await until(lambda: line.heard)
    (said,) = errors(caplog)
    assert said.startswith("x receiving a command failed")


async def test_an_event_that_cannot_be_sent_costs_itself(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    line.bus.tell("reply.a", wire.Removed(object()))  # type: ignore[arg-type]
    line.bus.tell("reply.a", None)  # type: ignore[arg-type]
    line.bus.tell("reply.a", wire.Removed("left"))
    async with asyncio.timeout(15):
        message = await line.layer.receive("reply.a")
    assert wire.decode(message["body"]) == wire.Removed("left")
    (said,) = errors(caplog)
    assert said.startswith("x sending an event failed")


async def test_a_cancellation_of_the_library_does_not_end_the_task(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, cancelled = line.bus._layer.receive, 0

    async def receive(channel: str) -> Any:
        nonlocal cancelled
        if cancelled < 3:
            cancelled += 1
            raise asyncio.CancelledError
        return await real(channel)

    monkeypatch.setattr(line.bus._layer, "receive", receive)
    # The first is handed to the call that is under way already.
    await line.say("first", "garden")
    await until(lambda: len(line.heard) == 2)
    assert cancelled == 3


async def test_a_bus_that_only_fails_says_that_it_is_broken(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(*_: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(tasks, "STUCK_SECONDS", 0.05)
    monkeypatch.setattr(line.bus._layer, "send", send)
    for _ in range(100):
        line.bus.tell("reply.a", wire.Removed("left"))
    await until(lambda: line.broken)
    assert isinstance(line.broken[0], tasks.Stuck)


def config(redis_url: str) -> Config:
    return Config("lab", "lab", redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO")


def test_a_worker_whose_bus_is_broken_signs_off_and_ends(
    redis_url: str, clean_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def receive(*_: Any) -> None:
        assert wire.lives(clean_redis.get(wire.worker_key("lab"))) or not begun
        begun.append(True)
        raise RuntimeError("no")

    begun: list[bool] = []
    monkeypatch.setattr(tasks, "STUCK_SECONDS", 0.3)
    monkeypatch.setattr("sfu_worker.control.bus.ChannelLayer.receive", receive)
    assert uvloop.run(process.run(config(redis_url))) is False
    assert begun
    assert not wire.lives(clean_redis.get(wire.worker_key("lab")))


async def test_each_of_a_workers_timers_goes_on_when_another_fails(
    redis_url: str,
    clean_redis: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Worker(config(redis_url))
    counts = dict.fromkeys(("room", "flush", "measure", "transport"), 0)

    def failing(what: str) -> Any:
        def fail(*_: Any, **__: Any) -> None:
            counts[what] += 1
            if worker._ticks < 5:
                raise ZeroDivisionError(what)

        return fail

    class Room:
        slug = "garden"
        participants: ClassVar[dict[str, Any]] = {"ann": SimpleNamespace(kind="whip")}
        people = ()
        n = epoch = numbers = started = None
        fence = 1
        channels: ClassVar[dict[str, str]] = {}
        tick = send_feedback = refresh = report = staticmethod(failing("room"))

    class Transport:
        ufrag = "u"
        tick = staticmethod(failing("transport"))

    monkeypatch.setattr("sfu_worker.worker.REPORT_TICKS", 1)
    monkeypatch.setattr("sfu_worker.net.port.TICK_SECONDS", 0.01)
    await worker.start()
    worker.rooms["garden"] = Room()  # type: ignore[assignment]
    for ufrag in ("a", "b"):
        worker.port.register(ufrag, Transport())  # type: ignore[arg-type]
    monkeypatch.setattr(worker.port.slab, "flush", failing("flush"))
    monkeypatch.setattr(worker._meter, "measure", failing("measure"))
    async with asyncio.timeout(60):
        while worker._ticks < 10:
            await asyncio.sleep(0.01)
    assert not worker.broken.is_set()
    assert counts["transport"] % 2 == 0
    assert min(counts[what] for what in ("room", "flush", "measure", "transport")) > 1
    said = errors(caplog)
    # Each kind of failure once, however often it came; sending has two places.
    assert len(said) == len(set(said)) == 5, said
    worker.port.by_ufrag.clear()
    worker.rooms.clear()
    await worker.stop()
