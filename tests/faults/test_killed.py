"""A media worker is killed."""

from __future__ import annotations

import signal

import pytest

from tests.faults.conftest import Gather, nothing_lost
from tools.faults import processes
from tools.faults.losses import Losses
from tools.faults.site import Site, stopped


@pytest.mark.parametrize("workers", ["one", "two"])
async def test_everyone_is_back_when_a_worker_was_killed(
    workers: str, gather: Gather, request: pytest.FixtureRequest
) -> None:
    site: Site = request.getfixturevalue(workers)
    company = await gather(site)
    await company.mute(company.callers[0], "microphone")
    site.lock(company.slug)
    losses = Losses(company)
    async with company.talking():
        processes.send(signal.SIGKILL, site.holder(company.slug).pid)
        await company.moved()
        await nothing_lost(losses)


async def test_everyone_is_back_when_a_worker_hangs_for_good(two: Site, gather: Gather) -> None:
    company = await gather(two)
    hangs = two.holder(company.slug)
    losses = Losses(company)
    with stopped(hangs.pid):
        async with company.talking():
            await company.moved()
            await nothing_lost(losses)
        assert not processes.command(hangs.pid), "it still hangs"


async def test_who_was_removed_stays_out_when_the_worker_was_killed(
    two: Site, gather: Gather
) -> None:
    company = await gather(two)
    host = await company.come("Eve", "moderator")
    await company.receive()
    removed = company.callers[3]
    await host.send({"type": "remove", "participant": removed.id})
    await company.ends(removed)
    losses = Losses(company)
    processes.send(signal.SIGKILL, two.holder(company.slug).pid)
    await company.moved()
    await company.comes_again(removed)
    assert removed.ended == "refused:removed"
    await nothing_lost(losses)
