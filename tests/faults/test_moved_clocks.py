"""Wall clocks are moved by an hour, in both directions, while people are in a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.clocks import HOUR, MovableClock
from tests.faults.conftest import Gather, nothing_lost
from tools import product
from tools.faults.losses import Losses
from tools.faults.site import Site, site


@dataclass
class Clocked:
    """A site whose parts have clocks of their own: ``redis``, ``worker`` and ``web``."""

    site: Site
    clocks: dict[str, MovableClock]


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clocked]:
    folder = tmp_path_factory.mktemp("clocked")
    clocks = {name: MovableClock(folder / name) for name in ("redis", "worker", "web")}
    env = clocks["redis"].environment
    with (
        site(folder, 0, own_redis=True, redis_env=env, **clocks["web"].environment) as made,
        product.worker(
            made.redis.url if made.redis else "",
            "clocked",
            folder / "worker.log",
            "sfu_worker",
            **clocks["worker"].environment,
        ),
    ):
        yield Clocked(made, clocks)


@pytest.mark.parametrize("whose", ["redis", "worker", "web"])
async def test_a_clock_that_jumps_touches_no_connection(
    clocked: Clocked, gather: Gather, whose: str
) -> None:
    company = await gather(clocked.site)
    losses = Losses(company)
    for seconds in (HOUR, -HOUR, 0.0):
        clocked.clocks[whose].move(seconds)
        async with company.talking():
            await nothing_lost(losses, unbroken=True)
