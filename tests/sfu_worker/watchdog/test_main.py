"""``python -m sfu_worker``: settings and exit codes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sfu_worker.watchdog.watched import Watched, living
from tools import product

TINY = "tests.sfu_worker.watchdog.tiny"


def test_a_watchdog_imports_little() -> None:
    code = "import sys, sfu_worker.watchdog.main; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=product.ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "sfu_worker.config" in loaded
    assert not loaded & {"asyncio", "redis", "uvloop", "aiortc", "channels", "sfu_worker.worker"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("SFU_PORT", "many"), ("REDIS_URL", "topsecret"), ("REDIS_URL_FILE", "/absent/topsecret")],
)
def test_a_wrong_setting_is_one_line(name: str, value: str, watch: Callable[..., Watched]) -> None:
    watched = watch(**({"REDIS_URL": ""} | {name: value}))
    assert watched.wait() == 2
    assert watched.output.startswith(f"sfu_worker: {name}")
    assert len(watched.lines) == 1
    if name == "REDIS_URL":
        assert "topsecret" not in watched.output


def test_a_port_in_use_is_one_line_and_not_tried_again(watch: Callable[..., Watched]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        watched = watch(SFU_PORT=port)
        assert watched.wait() == 1
    assert f"cannot listen on port {port}" in watched.output
    assert len(watched.lines) == 1


def test_a_worker_that_cannot_even_start_is_for_the_supervisor(
    watch: Callable[..., Watched],
) -> None:
    watched = watch(TINY, TINY="before 7")
    assert watched.wait() == 7


def test_a_name_that_was_chosen_is_that_of_all_lives(
    watch: Callable[..., Watched], clean_redis: Any
) -> None:
    watched = watch(SFU_WORKER="cellar")
    name = watched.until_only(clean_redis)
    assert name.startswith("cellar-")
    assert list(watched.children()) == [name]


def test_secrets_are_in_no_argument_and_in_no_line(watch: Callable[..., Watched]) -> None:
    # No Redis answers there, which both processes say.
    port = product.free_port()
    watched = watch(REDIS_URL=f"redis://:topsecret@127.0.0.1:{port}/0")
    watched.until_said("Redis is away")
    for pid in (watched.process.pid, *watched.children().values()):
        arguments = Path(f"/proc/{pid}/cmdline").read_text()
        assert "sfu_worker" in arguments
        assert "topsecret" not in arguments
    watched.process.terminate()
    assert watched.wait() == 0
    assert "Redis could not be told" in watched.output
    assert "topsecret" not in watched.output


def test_the_address_of_redis_may_be_in_a_file(
    watch: Callable[..., Watched], redis_url: str, clean_redis: Any, tmp_path: Path
) -> None:
    secret = tmp_path / "redis_url"
    secret.write_text(redis_url + "\n")
    watched = watch(REDIS_URL="", REDIS_URL_FILE=str(secret))
    name = watched.until_only(clean_redis)
    os.kill(watched.children()[name], 9)
    watched.until_only(clean_redis, name)
    watched.process.terminate()
    assert watched.wait() == 0
    assert living(clean_redis) == set()
