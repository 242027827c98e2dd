"""How the end of a worker is told. A real Redis."""

from __future__ import annotations

import json
from typing import Any

import redis.asyncio

from sfu_worker import wire


async def test_both_kinds_of_pipeline_tell_that_a_worker_is_dead(
    redis_url: str, clean_redis: Any
) -> None:
    heard = clean_redis.pubsub(ignore_subscribe_messages=True)
    heard.subscribe(wire.CHANGED_CHANNEL)
    assert heard.get_message(timeout=5) is None
    client = redis.asyncio.Redis.from_url(redis_url)
    pipelines: dict[str, Any] = {"ann": clean_redis.pipeline(), "ben": client.pipeline()}
    for worker, pipeline in pipelines.items():
        clean_redis.sadd(wire.WORKERS_KEY, worker)
        clean_redis.set(wire.worker_key(worker), json.dumps({"worker": worker}))
        clean_redis.set(wire.worker_numbers_key(worker), "1")
        assert wire.lives(clean_redis.get(wire.worker_key(worker)))
        wire.bury(pipeline, worker)
    pipelines["ann"].execute()
    await pipelines["ben"].execute()
    await client.aclose()
    for worker in pipelines:
        told = clean_redis.get(wire.worker_key(worker))
        assert json.loads(told) == {"worker": worker, "dead": True}
        assert not wire.lives(told)
        ttl = clean_redis.pttl(wire.worker_key(worker))
        assert wire.WORKER_TTL_SECONDS < ttl / 1000 <= wire.DEAD_SECONDS
        assert not clean_redis.exists(wire.worker_numbers_key(worker))
        assert heard.get_message(timeout=5) is not None
    assert not clean_redis.exists(wire.WORKERS_KEY)
    heard.close()


def test_a_key_that_is_gone_is_of_no_living_worker() -> None:
    assert not wire.lives(None)
