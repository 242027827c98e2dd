"""Redis is gone, and comes back empty."""

from __future__ import annotations

import asyncio
import signal

from tests.faults.conftest import Gather, nothing_lost
from tools.faults import processes
from tools.faults.losses import Losses
from tools.faults.site import Site

AWAY_SECONDS = 10.0


async def test_a_redis_that_comes_back_empty_touches_no_connection(
    two: Site, gather: Gather
) -> None:
    company = await gather(two)
    await company.mute(company.callers[0], "camera")
    losses = Losses(company)
    assert two.redis is not None
    async with company.talking():
        two.redis.kill()
        await asyncio.sleep(AWAY_SECONDS)
        two.redis.start()
        await nothing_lost(losses, unbroken=True)


async def test_a_tab_that_was_closed_while_redis_was_away_leaves_no_ghost(
    two: Site, gather: Gather
) -> None:
    company = await gather(two)
    losses = Losses(company)
    assert two.redis is not None
    two.redis.kill()
    losses.expected.add(company.callers[0].id)
    company.callers[0].vanish()
    await asyncio.sleep(AWAY_SECONDS / 2)
    two.redis.start()
    await nothing_lost(losses, unbroken=True)


async def test_the_product_s_own_redis_may_be_killed(one: Site, gather: Gather) -> None:
    company = await gather(one)
    losses = Losses(company)
    async with company.talking():
        processes.send(signal.SIGKILL, one.valkey)
        await nothing_lost(losses, unbroken=True)
