"""The WebSockets of all clients are cut, and the addresses of their media change."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.conftest import Gather, nothing_lost
from tools.faults.company import until
from tools.faults.losses import Losses
from tools.faults.site import Site


# The second is longer than a participant is kept who has neither a socket nor media.
@pytest.mark.parametrize("seconds", [1.0, 20.0])
async def test_a_cut_socket_touches_no_connection(
    one: Site, gather: Gather, seconds: float
) -> None:
    company = await gather(one, wired=True)
    await company.mute(company.callers[0], "microphone")
    losses = Losses(company)
    async with company.talking():
        one.wires.cut()
        await asyncio.sleep(seconds)
        one.wires.mend()
        await nothing_lost(losses, unbroken=True)


async def test_a_socket_may_be_cut_between_an_offer_and_its_answer(
    one: Site, gather: Gather
) -> None:
    company = await gather(one, wired=True)
    losses = Losses(company)
    newcomer = await company.come("Eve")
    await until(lambda: newcomer.media.made > 0, company.story)
    losses.expected.add(newcomer.id)
    # Its offer may be on the way, or the answer.
    one.wires.stall()
    one.wires.drop()
    one.wires.mend()
    await nothing_lost(losses, unbroken=True)


async def test_media_goes_on_from_another_address(one: Site, gather: Gather) -> None:
    company = await gather(one)
    losses = Losses(company)
    for caller in company.present:
        caller.media.rebind()
    await nothing_lost(losses)
    assert [caller.media.made for caller in company.present] == [1, 1, 1, 1]
