"""A worker process as it is started by hand, without a watchdog: settings, signals, exit codes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest

from sfu_worker import wire
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
