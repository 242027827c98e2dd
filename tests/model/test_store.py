"""The model's scripts do what the real ones do, in a real Redis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from asgiref.sync import async_to_sync
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rooms.workers import placing
from sfu_worker import wire
from sfu_worker.control import claims
from tests.model.store import Store

WORKERS = ("a", "b", "c")
ROOMS = ("attic", "garden")

workers = st.sampled_from(WORKERS)
rooms = st.sampled_from(ROOMS)
steps = st.one_of(
    st.tuples(
        st.just("beat"),
        workers,
        st.fixed_dictionaries(
            {
                "load": st.sampled_from([0.0, 0.12, 0.5]),
                "rooms": st.integers(0, 2),
                "draining": st.booleans(),
                "busy": st.booleans(),
            }
        ),
        st.dictionaries(rooms, st.integers(0, 6), max_size=2),
    ),
    st.tuples(st.just("place"), rooms, st.booleans(), st.sets(workers, max_size=2)),
    st.tuples(st.just("bury"), workers),
    st.tuples(st.just("expire"), rooms),
    st.tuples(st.just("forget")),
)


class Plain:
    """The real client, called like the asynchronous one that the scripts' callers use."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    async def eval(self, *args: Any) -> Any:
        return self._client.eval(*args)

    def pipeline(self, *, transaction: bool) -> Pipeline:
        assert not transaction
        return Pipeline(self._client)


class Pipeline:
    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._answers: list[Any] = []

    def eval(self, *args: Any) -> None:
        self._answers.append(self._client.eval(*args))

    async def execute(self) -> list[Any]:
        return self._answers


@pytest.fixture
def plain(redis_url: str, clean_redis: Any) -> Iterator[tuple[redis.Redis, Plain]]:
    client = redis.Redis.from_url(redis_url)
    yield client, Plain(client)
    client.close()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(steps, max_size=25))
def test_both_answer_alike(plain: tuple[redis.Redis, Plain], script: list[Any]) -> None:
    client, asynchronous = plain
    client.flushall()
    store = Store()
    for kind, *args in script:
        match kind:
            case "beat":
                worker, state, held = args
                report = json.dumps(state | {"worker": worker})
                mine = {slug: (fence, "{}") for slug, fence in held.items()}
                real: Any = async_to_sync(claims.beat)(asynchronous, worker, report, mine, {})
                assert store.beat(worker, report, mine) == real.fences
            case "place":
                room, newcomer, dead = args
                real = async_to_sync(placing.place)(
                    asynchronous, room, newcomer=newcomer, dead=dead
                )
                assert store.place(room, newcomer=newcomer, dead=dead) == real
            case "bury":
                tombstone = json.dumps({"worker": args[0], "dead": True})
                client.set(wire.worker_key(args[0]), tombstone)
                store.put(wire.worker_key(args[0]), tombstone)
            case "expire":
                client.delete(wire.room_key(args[0]))
                store.delete(wire.room_key(args[0]))
            case "forget":
                client.flushall()
                store.lose_everything()
    for room in ROOMS:
        raw: Any = client.get(wire.room_key(room))
        assert store.get(wire.room_key(room)) == (raw.decode() if raw else None)
