from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rooms.workers import placing, sfu
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import until

pytestmark = pytest.mark.usefixtures("clean_redis")


async def placed(room: str, **more: Any) -> str:
    claim = await sfu.place(room, **more)
    return claim.worker if claim is not None else ""


async def test_without_workers_there_is_no_place() -> None:
    assert await sfu.place("garden") is None
    assert await sfu.least_loaded() is None
    assert await sfu.claim_of("garden") is None


async def test_a_room_goes_to_the_least_loaded_worker_and_stays_there() -> None:
    async with FakeWorker("busy", load=0.9), FakeWorker("idle", load=0.1) as idle:
        assert await placed("garden") == "idle"
        idle.load = 1.0
        await idle.live()
        assert await placed("garden") == "idle"
        assert await placed("attic") == "busy"


@pytest.mark.parametrize(
    ("one", "two", "chosen"),
    [
        pytest.param({"load": 0.5}, {"load": 0.2}, "b", id="the load comes first"),
        pytest.param(
            {"load": 0.51, "rooms": 3},
            {"load": 0.52, "rooms": 2},
            "b",
            id="then the number of rooms",
        ),
        pytest.param({}, {}, "a", id="then the name"),
        pytest.param(
            {"draining": True}, {"load": 1.0}, "b", id="a draining worker takes nothing new"
        ),
    ],
)
async def test_the_least_loaded_worker_is_chosen(
    one: dict[str, Any], two: dict[str, Any], chosen: str
) -> None:
    async with FakeWorker("a", **one), FakeWorker("b", **two):
        assert (await sfu.least_loaded() or {})["worker"] == chosen
        assert await placed("garden") == chosen


async def test_rooms_that_are_placed_at_the_same_moment_spread_over_idle_workers() -> None:
    async with FakeWorker("a"), FakeWorker("b"):
        found = await asyncio.gather(*(placed(f"room-{i}") for i in range(10)))
    assert sorted(found) == ["a"] * 5 + ["b"] * 5


async def test_fifty_who_come_at_once_meet_on_one_worker() -> None:
    async with FakeWorker("a"), FakeWorker("b"), FakeWorker("c"):
        assert len(set(await asyncio.gather(*(placed("garden") for _ in range(50))))) == 1


async def test_a_room_of_a_dead_worker_is_placed_anew() -> None:
    async with FakeWorker("a") as first, FakeWorker("b"):
        assert await placed("garden") == "a"
        await first.die()
        assert await sfu.claim_of("garden") is None
        assert await placed("garden") == "b"


async def test_each_new_holder_has_a_higher_fence() -> None:
    async with FakeWorker("a") as first, FakeWorker("b"):
        before = await sfu.place("garden")
        assert await sfu.place("garden") == before
        await first.die()
        after = await sfu.place("garden")
        assert before is not None
        assert after is not None
        assert after.fence > before.fence


async def test_a_room_leaves_a_draining_worker_when_another_can_take_it() -> None:
    async with FakeWorker("a") as first:
        before = await sfu.place("garden")
        first.draining = True
        await first.live()
        assert await sfu.place("garden") == before
        assert await placed("attic") == ""
        async with FakeWorker("b", busy=True):
            assert await sfu.place("garden") == before
        async with FakeWorker("c"):
            assert await placed("garden") == "c"


async def test_a_worker_that_counts_as_dead_holds_nothing() -> None:
    async with FakeWorker("a"), FakeWorker("b"):
        assert await placed("garden") == "a"
        assert await placed("garden", dead=["a"]) == "b"
        assert await placed("attic", dead=["a", "b"]) == ""


async def test_a_worker_that_never_came_back_is_forgotten(clean_redis: Any) -> None:
    clean_redis.sadd(wire.WORKERS_KEY, "gone")
    async with FakeWorker("a"):
        assert await placed("garden") == "a"
        assert clean_redis.smembers(wire.WORKERS_KEY) == {b"a"}


async def test_a_death_that_was_told_counts_at_once(clean_redis: Any) -> None:
    async with FakeWorker("a"), FakeWorker("b"):
        assert await placed("garden") == "a"
        clean_redis.set(wire.worker_key("a"), '{"worker": "a", "dead": true}')
        assert await sfu.claim_of("garden") is None
        assert await placed("garden") == "b"


async def test_a_newcomer_is_told_when_all_workers_are_busy() -> None:
    async with FakeWorker("a") as first, FakeWorker("b", busy=True):
        assert await placed("garden") == "a"
        first.busy = True
        await first.live()
        for room in ("garden", "attic"):
            with pytest.raises(sfu.Crowded):
                await sfu.place(room)
        # Those who are in a call already are never sent away.
        assert await placed("garden", newcomer=False) == "a"
        assert await placed("attic", newcomer=False) in ("a", "b")


async def test_a_newcomer_goes_past_a_busy_worker() -> None:
    async with FakeWorker("a", busy=True), FakeWorker("b", load=0.8):
        assert await placed("garden") == "b"


async def test_a_placement_that_nobody_uses_runs_out(clean_redis: Any) -> None:
    async with FakeWorker("a"):
        await sfu.place("garden")
    assert 0 < clean_redis.pttl(wire.room_key("garden")) <= placing.ROOM_TTL_MS


async def test_a_command_reaches_the_worker_of_the_room() -> None:
    async with FakeWorker("a") as worker:
        assert not await sfu.send_to_room("garden", wire.CloseRoom("garden"))
        await sfu.place("garden")
        assert await sfu.send_to_room("garden", wire.CloseRoom("garden"))
        assert await worker.heard(wire.CloseRoom) == wire.CloseRoom("garden")


async def test_people_are_counted_per_room(clean_redis: Any) -> None:
    clean_redis.set(wire.live_key("garden"), '{"epoch": "e", "people": 3, "started": 1.0}')
    assert await sfu.live_counts(["garden", "attic"]) == {"garden": 3}
    assert await sfu.live_counts([]) == {}


def test_synchronous_code_can_count_and_send(clean_redis: Any) -> None:
    clean_redis.set(wire.live_key("garden"), '{"epoch": "e", "people": 3, "started": 1.0}')
    assert sfu.live_counts_now(["garden"]) == {"garden": 3}
    assert sfu.send_to_room_now("garden", wire.CloseRoom("garden")) is False


async def test_asking_waits_for_the_answer_and_leaves_nothing_in_memory() -> None:
    from channels.layers import get_channel_layer

    async with FakeWorker("a") as worker:
        join = wire.Join("garden", "p1", "Cam", "speaker", True, reply="", kind="whip")
        answer = await sfu.ask("garden", join, wire.Offer("garden", "p1", "v=0"))
        assert answer == wire.Answer("v=0\r\nanswer", ice_session="first")
        heard = await worker.heard(wire.Join)
        assert heard.reply.startswith("reply.")
        await worker.heard(wire.Offer)
        await worker.tell(heard.reply, wire.Removed("closed"))
    assert heard.reply not in get_channel_layer().receive_buffer


async def test_asking_gives_up_on_a_silent_worker() -> None:
    async with FakeWorker("a") as worker:
        worker.answers[wire.Join] = []
        with pytest.raises(sfu.Unavailable):
            await sfu.ask(
                "garden", wire.Join("garden", "p1", "Cam", "speaker", True, reply=""), timeout=0.2
            )


async def test_asking_without_workers_is_unavailable() -> None:
    with pytest.raises(sfu.Unavailable):
        await sfu.ask("garden", wire.Join("garden", "p1", "Cam", "speaker", True, reply=""))


async def test_a_redis_that_is_away_is_unavailable(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "rooms.workers.layer.LastingRedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    for call in (
        sfu.place("garden"),
        sfu.claim_of("garden"),
        sfu.least_loaded(),
        sfu.live_counts(["garden"]),
    ):
        with pytest.raises(sfu.Unavailable):
            await call
    with pytest.raises(sfu.Unavailable):
        await sfu.send(wire.Claim(1, "a"), wire.CloseRoom("garden"))


async def test_silence_is_no_error_on_the_channel_layer() -> None:
    # redis-py drops a silent socket after 5 s by default, and the layer blocks for 5 s at a time.
    from channels.layers import get_channel_layer

    layer = get_channel_layer()
    assert layer.connection(0).connection_pool.connection_kwargs["socket_timeout"] is None
    channel = await layer.new_channel()
    waiting = asyncio.create_task(layer.receive(channel))

    async def blocked() -> bool:
        return any(
            b"bzpopmin" in str(c.get("cmd")).encode() for c in await sfu.client().client_list()
        )

    await until(blocked)
    await layer.send(channel, {"type": "hello"})
    assert (await asyncio.wait_for(waiting, 5))["type"] == "hello"
