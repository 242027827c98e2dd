"""Wall clocks are moved by an hour, in both directions. Real processes, a real Redis."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis

from rooms.entry import throttle
from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer
from tests.faults.clocks import HOUR, MovableClock, moved_valkey
from tools.product import wait_until

# Prints both clocks for each line of its input, after a sleep.
SHOW = """
import datetime, sys, time
for line in sys.stdin:
    time.sleep(0.01)
    print(time.time(), datetime.datetime.now().timestamp(), time.monotonic(), flush=True)
"""


@pytest.fixture
def clock(tmp_path: Path) -> MovableClock:
    return MovableClock(tmp_path / "clock")


def test_a_wall_clock_moves_while_a_process_runs_and_its_monotonic_clock_does_not(
    clock: MovableClock,
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SHOW],
        env=os.environ | clock.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    asked, told = process.stdin, process.stdout
    assert asked is not None
    assert told is not None
    with process, asked:

        def shown() -> list[float]:
            asked.write("\n")
            return [float(word) for word in told.readline().split()]

        before = shown()
        for seconds in (HOUR, -HOUR):
            clock.move(seconds)
            wall, date, monotonic = shown()
            assert abs(wall - before[0] - seconds) < HOUR / 2
            assert abs(date - wall) < 1
            assert 0 < monotonic - before[2] < HOUR / 2


# Sends its number of messages to a channel.
SEND = """
import asyncio, sys
from rooms.entry import throttle
from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer

async def main(url, channel, first, count):
    layer = ChannelLayer(**wire.layer_options(url))
    for n in range(int(first), int(first) + int(count)):
        await layer.send(channel, {"n": n})
    await layer.close_pools()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("hours", [1, -1])
async def test_no_message_is_lost_between_hosts_whose_clocks_differ(
    redis_url: str, clean_redis: Any, clock: MovableClock, hours: int
) -> None:
    """The sender in between is on the host whose clock is wrong."""
    clock.move(hours * HOUR)
    layer = ChannelLayer(**wire.layer_options(redis_url))
    channel = await layer.new_channel()
    await layer.send(channel, {"n": 0})
    command = [sys.executable, "-c", SEND, redis_url, channel, "1", "2"]
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | clock.environment)
    assert await process.wait() == 0
    await layer.send(channel, {"n": 3})
    async with asyncio.timeout(30):
        assert [(await layer.receive(channel))["n"] for _ in range(4)] == [0, 1, 2, 3]
    await layer.close_pools()


@pytest.fixture
def moved_redis(tmp_path: Path, clock: MovableClock) -> Iterator[tuple[str, redis.Redis]]:
    """The URL of a Valkey with the movable clock, and a client."""
    with ExitStack() as stack:
        url = stack.enter_context(moved_valkey(tmp_path / "valkey", clock))
        yield url, stack.enter_context(redis.Redis.from_url(url))


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_group_outlives_a_move_of_the_clock_of_redis(
    moved_redis: tuple[str, redis.Redis], clock: MovableClock, hours: int
) -> None:
    url, client = moved_redis
    layer = ChannelLayer(**wire.layer_options(url))
    channel = await layer.new_channel()
    await layer.group_add("room.attic", channel)
    # It waits at Redis while the clock moves.
    hearing = asyncio.create_task(layer.receive(channel))
    await layer.group_send("room.attic", {"n": 0})
    async with asyncio.timeout(30):
        assert (await hearing)["n"] == 0
        hearing = asyncio.create_task(layer.receive(channel))
        clock.move_and_wait(hours * HOUR, client)
        await layer.group_send("room.attic", {"n": 1})
        await layer.group_send("room.attic", {"n": 2})
        assert [(await hearing)["n"], (await layer.receive(channel))["n"]] == [1, 2]
    await layer.close_pools()


@pytest.mark.parametrize("hours", [1, -1])
def test_a_limit_lasts_no_longer_when_the_clock_of_redis_is_moved(
    moved_redis: tuple[str, redis.Redis], clock: MovableClock, hours: int
) -> None:
    _, client = moved_redis

    def wait() -> int:
        # Two requests at once, then ten a second.
        return int(client.eval(throttle.TAKE, 1, "bucket", "10", "2"))

    assert [wait(), wait()] == [0, 0]
    assert wait() > 0
    clock.move_and_wait(hours * HOUR, client)
    wait_until(lambda: wait() == 0, seconds=30)
