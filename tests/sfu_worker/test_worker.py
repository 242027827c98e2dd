"""A worker: commands to rooms, timers, start and end. A real Redis and a real port."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sfu_worker import wire
from sfu_worker.config import Config
from sfu_worker.control.claims import Answer
from sfu_worker.worker import REPORT_TICKS, Worker
from tests.sfu_worker.builders.rooms import Recorder, join
from tests.sfu_worker.edge import until


@pytest.fixture
async def worker(redis_url: str, clean_redis: Any) -> AsyncIterator[Worker]:
    worker = Worker(Config("lab", "lab", redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    yield worker
    await worker.stop()


@pytest.fixture
def said(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    said = Recorder()
    monkeypatch.setattr(worker._bus, "tell", said.tell)
    monkeypatch.setattr(worker._bus, "tell_group", said.tell_group)
    return said


async def test_a_room_begins_with_its_first_participant_and_ends_with_its_last(
    worker: Worker, said: Recorder
) -> None:
    worker.handle(join("ann"), 1)
    worker.handle(join("ben"), 1)
    epoch = worker.rooms["garden"].epoch
    worker.handle(wire.Leave("garden", "ann", reply="http"), 1)
    assert said.told[-1] == ("http", wire.Removed("left"))
    assert list(worker.rooms["garden"].participants) == ["ben"]
    worker.handle(wire.Leave("garden", "ben"), 1)
    assert worker.rooms == {}
    worker.handle(join("ann"), 1)
    assert worker.rooms["garden"].epoch != epoch


async def test_only_those_who_wait_for_an_answer_hear_that_they_are_not_in_the_room(
    worker: Worker, said: Recorder
) -> None:
    worker.handle(wire.Leave("garden", "ann"), 1)
    worker.handle(wire.Mute("garden", "ann", "camera", True), 1)
    assert said.told == []
    worker.handle(wire.Leave("garden", "ann", reply="http"), 1)
    worker.handle(join("ben"), 1)
    worker.handle(wire.PatchIce("garden", "ann", "", ["*"], "http"), 1)
    refused = [(reply, event) for reply, event in said.told if isinstance(event, wire.Refused)]
    assert refused == [
        ("http", wire.Refused("leave", "not_in_room")),
        ("http", wire.Refused("patch_ice", "not_in_room")),
    ]
    assert list(worker.rooms) == ["garden"]


async def test_a_command_from_before_this_worker_held_the_room_is_late(
    worker: Worker, said: Recorder
) -> None:
    worker.handle(join("ann"), 7)
    worker.handle(join("ben"), 6)
    worker.handle(wire.Leave("garden", "ann"), 6)
    assert list(worker.rooms["garden"].participants) == ["ann"]
    # The worker has learnt of a higher fence, and the web side has not yet.
    live = worker.live()
    worker.answered(live, {}, Answer({"garden": 9}, {}))
    worker.handle(wire.Leave("garden", "ann"), 8)
    assert worker.rooms == {}


async def test_a_page_that_lost_the_call_cannot_end_it(worker: Worker, said: Recorder) -> None:
    worker.handle(join("ann", seat="new"), 1)
    worker.handle(wire.Leave("garden", "ann", seat="old"), 1)
    assert "ann" in worker.rooms["garden"].participants
    worker.handle(wire.Leave("garden", "ann", seat="new"), 1)
    assert worker.rooms == {}


async def test_those_who_are_removed_and_those_whose_room_is_closed_hear_why(
    worker: Worker, said: Recorder
) -> None:
    for who in ("ann", "ben", "eve"):
        worker.handle(join(who), 1)
    worker.handle(wire.Remove("garden", "ann"), 1)
    worker.handle(wire.CloseRoom("garden"), 1)
    worker.handle(wire.CloseRoom("another room"), 1)
    removed = [(reply, event) for reply, event in said.told if isinstance(event, wire.Removed)]
    assert removed == [
        ("reply.ann", wire.Removed("removed")),
        ("reply.ben", wire.Removed("closed")),
        ("reply.eve", wire.Removed("closed")),
    ]
    assert worker.rooms == {}


async def test_every_command_about_a_participant_has_a_handler(worker: Worker) -> None:
    others = {wire.Join, wire.CloseRoom, wire.Drain}
    assert set(worker._rooms._handlers) == set(wire.COMMANDS.values()) - others


async def test_a_rooms_timers_run_as_often_as_they_should(worker: Worker) -> None:
    calls: Counter[str] = Counter()

    class Room:
        def __getattr__(self, name: str) -> Any:
            return lambda *_: calls.update([name])

    for count in range(1, REPORT_TICKS + 1):
        worker._tick_room(Room(), count, 0.0)  # type: ignore[arg-type]
    assert calls == {"tick": 40, "send_feedback": 20, "refresh": 4, "report": 1}


async def test_a_worker_is_announced_while_it_lives_and_ends_in_silence(
    redis_url: str, clean_redis: Any
) -> None:
    worker = Worker(Config("lab", "lab", redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    await until(lambda: clean_redis.exists(wire.worker_key("lab")))
    body = json.loads(clean_redis.get(wire.worker_key("lab")))
    assert body["addresses"] == [f"127.0.0.1:{worker.port.port}"]
    worker.handle(join("ann"), 1)
    room = worker.rooms["garden"]
    await until(lambda: clean_redis.exists(wire.live_key("garden")))
    await worker.stop()
    assert room.participants == {}
    assert not wire.lives(clean_redis.get(wire.worker_key("lab")))
    assert not clean_redis.smembers(wire.WORKERS_KEY)
    events = [fields[b"event"] for _, fields in clean_redis.xrange(wire.CALLS_STREAM)]
    # It may go on at another worker: the keeper ends it if it does not.
    assert list(dict.fromkeys(events)) == [b"started", b"peak"]


def other_worker(redis: Any, **state: object) -> None:
    """Another worker, as it reports."""
    redis.sadd(wire.WORKERS_KEY, "other")
    redis.set(wire.worker_key("other"), json.dumps({"worker": "other"} | state))


async def test_a_drain_is_over_when_everyone_has_moved(
    worker: Worker, said: Recorder, clean_redis: Any
) -> None:
    other_worker(clean_redis)
    worker.handle(join("ann"), 1)
    worker.handle(join("obs", room="stage", kind="whip"), 1)
    worker.handle(join("eve", room="stage", kind="whep", follow=""), 1)
    told = list(said.told)
    worker.handle(wire.Drain(), 0)
    # Nobody moves streams, and their programs come back by themselves.
    await until(lambda: list(worker.rooms) == ["garden"])
    assert worker.draining
    assert not worker.drained
    body = json.loads(clean_redis.get(wire.worker_key("lab")))
    assert body["draining"] is True
    clean_redis.set(wire.room_key("garden"), "9 other")
    await until(lambda: worker.drained)
    assert said.told == told, "nobody is told that anybody left"
    assert [type(event) for event in said.group] == [wire.ParticipantJoined]


@pytest.mark.parametrize("state", [{"draining": True}, {"dead": True}, None])
async def test_a_drain_waits_for_nobody_if_there_is_nowhere_to_go(
    worker: Worker, said: Recorder, clean_redis: Any, state: dict[str, object] | None
) -> None:
    if state is not None:
        other_worker(clean_redis, **state)
    worker.handle(join("ann"), 1)
    worker.handle(join("obs", kind="whip", room="stage"), 1)
    assert not worker.drained
    worker.drain()
    assert not worker.drained
    await until(lambda: worker.drained)
    assert list(worker.rooms) == ["garden", "stage"]


async def test_a_worker_that_drains_takes_a_room_that_was_placed_here(worker: Worker) -> None:
    worker.drain()
    await until(lambda: worker.drained)
    worker.handle(join("ann"), 1)
    assert list(worker.rooms) == ["garden"]


async def test_a_worker_that_stood_still_learns_at_once_what_it_has_lost(
    redis_url: str, clean_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfu_worker.control.registry.BEAT_SECONDS", 3600)
    worker = Worker(Config("lab", "lab", redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    worker.handle(join("ann"), 5)
    await until(lambda: clean_redis.exists(wire.live_key("garden")))
    clean_redis.set(wire.room_key("garden"), "9 other")
    worker._due -= wire.WORKER_TTL_SECONDS + 1
    await until(lambda: not worker.rooms)
    await worker.stop()
