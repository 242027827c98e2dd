"""A worker process as it is started by hand, without a watchdog: settings, signals, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest
from channels_redis.core import RedisChannelLayer

from sfu_worker import wire
from tests.sfu_worker.builders.rooms import join
from tests.sfu_worker.watchdog.watched import tell_of_another
from tools import product

# Generous: a start takes a second on an idle machine. No test judges speed.
LIMIT_SECONDS = 60.0


def run(redis_url: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A worker that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "sfu_worker.process"],
        cwd=product.ROOT,
        env=os.environ | {"REDIS_URL": redis_url, "SFU_LISTEN": "127.0.0.1"} | settings,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_empty_worker_which_signs_off(
    redis_url: str, clean_redis: Any, number: signal.Signals
) -> None:
    with product.worker(redis_url, "lab") as process:
        process.send_signal(number)
        assert process.wait(LIMIT_SECONDS) == 0
    assert not wire.lives(clean_redis.get(wire.worker_key("lab")))


def seat(redis_url: str) -> None:
    """Let somebody join a room on the worker."""

    async def act() -> None:
        layer = RedisChannelLayer(**wire.layer_options(redis_url))
        await layer.send(wire.worker_channel("lab"), wire.seal(join("ann"), 1))
        await layer.close_pools()

    asyncio.run(act())


@pytest.mark.parametrize("second", [None, signal.SIGTERM, signal.SIGINT])
def test_a_worker_drains_until_its_time_is_over_or_another_signal_comes(
    second: signal.Signals | None, redis_url: str, clean_redis: Any
) -> None:
    def says(what: str) -> bool:
        return bool(json.loads(clean_redis.get(wire.worker_key("lab")) or "{}").get(what))

    seconds = "3600" if second else "1"
    with product.worker(redis_url, "lab", SFU_DRAIN_SECONDS=seconds) as process:
        seat(redis_url)
        tell_of_another(clean_redis)
        product.wait_until(lambda: says("people"))
        process.send_signal(signal.SIGTERM)
        product.wait_until(lambda: says("draining"))
        if second:
            process.send_signal(second)
        assert process.wait(LIMIT_SECONDS) == 0
    assert says("dead")


def test_a_wrong_setting_is_one_line(redis_url: str) -> None:
    done = run(redis_url, SFU_PORT="many")
    assert done.returncode == 2
    assert done.stderr.startswith("sfu_worker: SFU_PORT is 'many'")
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_is_one_line(redis_url: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        done = run(redis_url, SFU_PORT=port)
    assert done.returncode == 1
    assert f"cannot listen on port {port}" in done.stderr
    assert done.stderr.count("\n") == 1
