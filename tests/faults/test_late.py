"""A media worker is only late."""

from __future__ import annotations

import asyncio

from tests.faults.conftest import Gather, nothing_lost
from tools.faults.company import Company, until
from tools.faults.losses import Losses
from tools.faults.site import Site, starved, stopped

# How long it gets no time: longer than a worker's key lives, shorter than a page waits.
LATE_SECONDS = 6.0
STARVED_SECONDS = 3.0
# Longer than the room's keys live.
VERY_LATE_SECONDS = 13.0


def connections(company: Company) -> list[int]:
    """How many each of them has made."""
    return [caller.media.made for caller in company.present]


async def test_a_watchdog_replaces_a_worker_that_is_late(one: Site, gather: Gather) -> None:
    company = await gather(one)
    losses = Losses(company)
    async with company.talking():
        with stopped(one.holder(company.slug).pid):
            await asyncio.sleep(LATE_SECONDS)
        await company.moved()
        await nothing_lost(losses)


async def test_a_host_that_was_late_ends_no_connection(one: Site, gather: Gather) -> None:
    company = await gather(one)
    losses = Losses(company)
    async with company.talking():
        with stopped(*one.holder(company.slug).pids):
            await asyncio.sleep(LATE_SECONDS)
        await nothing_lost(losses)
    assert connections(company) == [1, 1, 1, 1]


async def test_a_worker_that_was_starved_ends_no_connection(one: Site, gather: Gather) -> None:
    company = await gather(one)
    losses = Losses(company)
    with starved(one.holder(company.slug).pid):
        await asyncio.sleep(STARVED_SECONDS)
    await nothing_lost(losses)
    assert connections(company) == [1, 1, 1, 1]


async def test_a_room_has_one_owner_when_a_host_was_late_for_long(
    two: Site, gather: Gather
) -> None:
    company = await gather(two)
    first = two.holder_name(company.slug)
    losses = Losses(company)
    owners = [first]

    async def note_owners() -> None:
        while True:
            owner = await asyncio.to_thread(two.holder_name, company.slug)
            if owner and owner != owners[-1]:
                owners.append(owner)
            await asyncio.sleep(0.05)

    noting = asyncio.create_task(note_owners())
    async with company.talking():
        with stopped(*two.holder(company.slug).pids):
            await asyncio.sleep(VERY_LATE_SECONDS)
        await nothing_lost(losses)
    # The worker that was late drops what it had, without a word.
    await until(lambda: two.reported(first) == 0, lambda: f"{two.reported(first)} ghosts")
    await nothing_lost(losses)
    noting.cancel()
    assert owners[0] == first
    assert len(owners) <= 2
    assert max(connections(company)) <= 2
