"""The running product, shared by all tests of the folder, and companies in rooms of their own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from sfu_worker.light_client import Hub
from tools.faults.company import Company, until
from tools.faults.losses import Losses
from tools.faults.site import Site, site

Gather = Callable[..., Awaitable[Company]]
NAMES = ("Ann", "Ben", "Cat", "Dan")
# What a process may have open more than before: connections to Redis are kept.
MORE_FILES = 4
numbers = itertools.count(1)
# The sites that have had a call. The first one leaves connections to Redis and to the database.
warm: list[Site] = []


@pytest.fixture(scope="session")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One worker, and the product's own Redis."""
    with site(tmp_path_factory.mktemp("one")) as made:
        yield made


@pytest.fixture(scope="session")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two workers, and a Redis of the tests'."""
    with site(tmp_path_factory.mktemp("two"), 2, own_redis=True) as made:
        yield made


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with Hub() as hub:
        yield hub


@pytest.fixture
async def gather(hub: Hub) -> AsyncIterator[Gather]:
    """Makes a company of four in a room of its own: ``await gather(site)``.

    When they have left after the test, their room must end, and the processes must have closed
    what they had open for them.
    """
    made: list[Company] = []
    files: dict[int, int] = {}

    async def together(
        at: Site, *names: str, listeners: int = 0, wired: bool = False, whole: bool = True
    ) -> Company:
        if whole:
            await asyncio.to_thread(at.wait_whole)
        if at not in warm:
            warm.append(at)
            await warm_up(at, hub)
        files.update(at.files() | files)
        company = new_company(at, hub, wired)
        made.append(company)
        await company.gather(*(names or NAMES), listeners=listeners)
        return company

    yield together
    for company in made:
        await company.end()
    for company in made:
        await ended(company, files)


def new_company(at: Site, hub: Hub, wired: bool = False) -> Company:
    """A company without people, in a room of its own."""
    slug = f"room-{next(numbers)}"
    at.room(slug)
    return Company(at, hub, slug, wired=wired)


async def warm_up(at: Site, hub: Hub) -> None:
    """Hold a first call."""
    company = new_company(at, hub)
    await company.gather(*NAMES)
    await company.end()


async def ended(company: Company, before: dict[int, int]) -> None:
    """Wait until nothing is left of a call."""
    site, slug = company.site, company.slug
    await asyncio.to_thread(site.wait_whole)
    await until(lambda: site.people(slug) == 0, lambda: f"{site.people(slug)} are left in {slug}")

    def left() -> dict[int, tuple[int, int]]:
        now = site.files()
        return {
            pid: (before[pid], now[pid])
            for pid in before.keys() & now.keys()
            if now[pid] > before[pid] + MORE_FILES
        }

    await until(lambda: not left(), lambda: f"open files before and now: {left()}")


async def nothing_lost(losses: Losses, *, unbroken: bool = False) -> None:
    """Fail with everything that was lost."""
    found = await losses.found(unbroken=unbroken)
    assert not found, "\n".join(found)
