"""What a worker says of itself in a real Redis."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis.asyncio

from sfu_worker import wire
from sfu_worker.control import claims
from sfu_worker.control.load import Load
from sfu_worker.control.registry import BURY_SECONDS, LiveRoom, Numbers, Registry
from tests.sfu_worker.edge import until


class Holder:
    """A worker with these rooms; keeps what Redis said."""

    def __init__(self, rooms: dict[str, LiveRoom] | None = None) -> None:
        self.rooms = rooms or {}
        self.asked: dict[str, list[str]] = {}
        self.answers: list[claims.Answer] = []

    def live(self) -> dict[str, LiveRoom]:
        return self.rooms

    def told(self) -> Numbers:
        return Numbers()

    def sockets(self) -> dict[str, list[str]]:
        return self.asked

    def answered(self, rooms: Any, sockets: Any, answer: claims.Answer) -> None:
        self.answers.append(answer)


async def started(redis_url: str, name: str, rooms: dict[str, LiveRoom]) -> Registry:
    registry = Registry(redis_url, name, "host-1-", ["127.0.0.1:1"], Holder(rooms))
    await registry.beat()
    return registry


async def test_a_beat_says_everything_and_runs_out(redis_url: str, clean_redis: Any) -> None:
    registry = await started(redis_url, "host-1-aaaaaa", {"garden": LiveRoom("e", 3, 1.0, 7)})
    client = redis.asyncio.Redis.from_url(redis_url)
    body = json.loads(await client.get(wire.worker_key("host-1-aaaaaa")) or b"")
    assert (body["rooms"], body["people"], body["addresses"]) == (1, 3, ["127.0.0.1:1"])
    assert await client.get(wire.room_key("garden")) == b"8 host-1-aaaaaa"
    assert json.loads(await client.get(wire.live_key("garden")) or b"")["people"] == 3
    assert 0 < await client.pttl(wire.worker_key("host-1-aaaaaa")) <= 3000
    await registry.stop()
    assert not wire.lives(await client.get(wire.worker_key("host-1-aaaaaa")))
    await client.aclose()


async def test_a_beat_says_how_full_the_worker_is(redis_url: str, clean_redis: Any) -> None:
    load = Load(0.0)
    registry = Registry(redis_url, "host-1-aaaaaa", "host-1-", [], Holder(), load=load)
    said = []
    for now in (0.5, 1.0, 2.0):
        await registry.beat()
        body = json.loads(clean_redis.get(wire.worker_key("host-1-aaaaaa")))
        said.append((body["load"], body["busy"]))
        load.note(now, 10.0)
        load.step(now, 0.0, 0, 0)
    assert said == [(0.0, False), (0.5, False), (1.0, False)]
    await registry.beat()
    body = json.loads(clean_redis.get(wire.worker_key("host-1-aaaaaa")))
    assert (body["load"], body["busy"]) == (1.0, True)
    await registry.stop()


async def test_a_new_life_buries_the_one_before_and_nobody_else(
    redis_url: str, clean_redis: Any
) -> None:
    await started(redis_url, "host-1-aaaaaa", {})
    other = Registry(redis_url, "host-10-cc", "host-10-", [], Holder())
    await other.beat()
    again = await started(redis_url, "host-1-bbbbbb", {})
    assert not await again._bury(10.0)
    assert await again._bury(10.0 + BURY_SECONDS)
    client = redis.asyncio.Redis.from_url(redis_url)
    assert not wire.lives(await client.get(wire.worker_key("host-1-aaaaaa")))
    assert await client.smembers(wire.WORKERS_KEY) == {b"host-1-bbbbbb", b"host-10-cc"}
    await client.aclose()
    await again.stop()
    await other.stop()


async def test_a_worker_of_another_machine_with_the_same_host_name_is_not_buried(
    redis_url: str, clean_redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    living = await started(redis_url, "host-1-aaaaaa", {})
    new = await started(redis_url, "host-1-bbbbbb", {})
    assert not await new._bury(10.0)
    await living.beat()
    assert await new._bury(10.0 + BURY_SECONDS)
    assert wire.lives(clean_redis.get(wire.worker_key("host-1-aaaaaa")))
    assert "host-1-aaaaaa has the same name" in caplog.text
    await living.stop()
    await new.stop()


async def test_calls_are_written_to_the_stream(redis_url: str, clean_redis: Any) -> None:
    registry = await started(redis_url, "host-1-aaaaaa", {})
    registry.call("garden", "e", "started", 1)
    registry.call("garden", "e", "ended", 4)
    await registry.beat()
    entries = [fields for _, fields in clean_redis.xrange(wire.CALLS_STREAM)]
    assert [(f[b"event"], f[b"people"]) for f in entries] == [(b"started", b"1"), (b"ended", b"4")]
    await registry.stop()


async def test_what_is_kicked_during_a_beat_is_written_with_another_one_at_once(
    redis_url: str, clean_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfu_worker.control.registry.BEAT_SECONDS", 3600)
    registry = Registry(redis_url, "host-1-aaaaaa", "host-1-", [], Holder())
    real, beats = registry.beat, 0

    async def beat() -> None:
        nonlocal beats
        beats += 1
        await real()
        if beats == 1:
            registry.call("garden", "e", "started", 1)

    monkeypatch.setattr(registry, "beat", beat)
    await registry.start()
    await until(lambda: clean_redis.xlen(wire.CALLS_STREAM))
    await registry.stop()


async def test_a_heartbeat_that_fails_beats_again(
    redis_url: str, clean_redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fails = iter([True, True])

    class Failing(Holder):
        def live(self) -> dict[str, LiveRoom]:
            if next(fails, False):
                raise ZeroDivisionError
            return {}

    registry = Registry(redis_url, "host-1-aaaaaa", "host-1-", [], Failing())
    await registry.start()
    await until(lambda: clean_redis.exists(wire.worker_key("host-1-aaaaaa")))
    assert len([r for r in caplog.records if "the heartbeat failed" in r.getMessage()]) == 1
    await registry.stop()


async def test_a_beat_reads_the_leases_of_the_sockets_and_tells_what_became_of_rooms(
    redis_url: str, clean_redis: Any
) -> None:
    clean_redis.hset(wire.web_key("web.a"), mapping={"beat": "7", "web.a!ann": "1"})
    clean_redis.set(wire.room_key("lost"), "9 other")
    holder = Holder({"lost": LiveRoom("e", 1, 1.0, 5)})
    holder.asked = {"web.a": ["web.a!ann", "web.a!ben"], "web.b": ["web.b!eve"]}
    registry = Registry(redis_url, "host-1-aa", "host-1-", [], holder)
    await registry.beat()
    assert holder.answers == [
        claims.Answer({"lost": 0}, {"web.a": ["7", "1", None], "web.b": [None, None]})
    ]
    await registry.stop()


async def test_others_are_told_to_look_at_a_start_at_a_drain_and_when_a_room_changes_hands(
    redis_url: str, clean_redis: Any
) -> None:
    holder = Holder()
    registry = Registry(redis_url, "host-1-aa", "host-1-", [], holder)
    with clean_redis.pubsub(ignore_subscribe_messages=True) as changes:
        changes.subscribe(wire.CHANGED_CHANNEL)
        changes.get_message(timeout=5)

        async def told() -> bool:
            await registry.beat()
            clean_redis.publish(wire.CHANGED_CHANNEL, "end")
            first = changes.get_message(timeout=5)
            while first["data"] != b"end" and changes.get_message(timeout=5)["data"] != b"end":
                pass
            return bool(first["data"] != b"end")

        assert [await told(), await told()] == [True, False]
        registry.drain()
        assert [await told(), await told()] == [True, False]
        assert json.loads(clean_redis.get(wire.worker_key("host-1-aa")))["draining"] is True
        holder.rooms = {"garden": LiveRoom("e", 1, 1.0, 5)}
        assert await told(), "taken"
        holder.rooms = {"garden": LiveRoom("e", 1, 1.0, holder.answers[-1].fences["garden"])}
        assert not await told()
        clean_redis.set(wire.room_key("garden"), "99 other")
        assert await told(), "lost"
    await registry.stop()
