"""Who keeps a room, in a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio

from sfu_worker import wire
from sfu_worker.control import claims


@pytest.fixture
async def client(redis_url: str, clean_redis: Any) -> AsyncIterator[redis.asyncio.Redis]:
    client = redis.asyncio.Redis.from_url(redis_url, decode_responses=True)
    yield client
    await client.aclose()


async def beat(client: Any, worker: str, fence: int) -> int:
    answer = await claims.beat(client, worker, "{}", {"garden": (fence, f'"{worker}"')}, {})
    return answer.fences["garden"]


async def test_a_holder_keeps_its_claim_and_learns_its_fence(client: Any) -> None:
    await client.set(wire.room_key("garden"), "7 a")
    assert await beat(client, "a", 5) == 7
    assert await beat(client, "a", 7) == 7
    assert await client.get(wire.room_key("garden")) == "7 a"
    assert 0 < await client.pttl(wire.room_key("garden")) <= claims.ROOM_TTL_MS
    assert await client.get(wire.live_key("garden")) == '"a"'


@pytest.mark.parametrize("fence", [5, 7])
async def test_a_room_that_another_holds_is_lost_and_left_alone(client: Any, fence: int) -> None:
    await client.set(wire.room_key("garden"), "7 b")
    assert await beat(client, "a", fence) == 0
    assert await client.get(wire.room_key("garden")) == "7 b"
    assert await client.get(wire.live_key("garden")) is None


async def test_a_key_that_expired_is_taken_under_a_higher_fence(client: Any) -> None:
    await client.set(wire.FENCE_KEY, "9")
    assert await beat(client, "a", 5) == 10
    assert await client.get(wire.room_key("garden")) == "10 a"


async def test_in_an_empty_redis_the_earlier_holder_wins(client: Any) -> None:
    # A newcomer was placed before the holder could report.
    await client.set(wire.FENCE_KEY, "1")
    await client.set(wire.room_key("garden"), "1 b")
    assert await beat(client, "a", 50) == 51
    assert await beat(client, "b", 1) == 0
    assert await client.get(wire.FENCE_KEY) == "51"


async def test_a_fence_beyond_a_hundred_million_is_written_in_full(client: Any) -> None:
    await client.set(wire.FENCE_KEY, str(10**15))
    assert await beat(client, "a", 1) == 10**15 + 1
    assert wire.Claim.parse(await client.get(wire.room_key("garden"))).fence == 10**15 + 1
