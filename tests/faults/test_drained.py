"""Media workers are stopped in order, while people are in a call."""

from __future__ import annotations

import asyncio
import signal

from tests.faults.conftest import Gather, nothing_lost
from tools.faults import processes
from tools.faults.company import until
from tools.faults.losses import Losses
from tools.faults.site import Site


async def ended(pid: int) -> None:
    """Wait for the end of a process."""
    await until(lambda: not processes.command(pid), lambda: f"{pid} has not ended")


async def test_workers_that_are_replaced_in_turn_cost_nothing(two: Site, gather: Gather) -> None:
    company = await gather(two)
    losses = Losses(company)
    said = len(two.confcall.output)
    for _ in range(2):
        drained = two.holder(company.slug)
        async with company.talking():
            processes.send(signal.SIGTERM, drained.top)
            # No new room comes to it, from now on.
            other = await gather(two, "Eve", "Fay", whole=False)
            assert two.holder(other.slug).pid != drained.pid
            await company.moved()
            await nothing_lost(losses)
        await ended(drained.top)
        await asyncio.to_thread(two.wait_whole)
    ends = [line for line in two.confcall.output[said:].splitlines() if "ended with" in line]
    assert len(ends) == 2
    assert all("ended with code 0" in line for line in ends), ends


async def test_a_product_that_is_started_again_has_the_same_call(one: Site, gather: Gather) -> None:
    company = await gather(one)
    await company.mute(company.callers[0], "camera")
    losses = Losses(company)
    async with company.talking():
        await asyncio.to_thread(one.confcall.restart)
        await nothing_lost(losses)
