"""How long people hear and see nothing when a part of confcall fails.

    python -m bench.faults              all faults, five times each, about ten minutes
    python -m bench.faults killed       one of them

Eight people are in a call of the real product (``manage.py serve``). Everyone sends sound and video
and receives all others: 112 pairs of a receiver and a track. For each pair the longest silence
after the fault is measured; where nothing fails it is the largest distance of two packets.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bench.rig import load_average, stop_on_sigterm
from sfu_worker.light_client import Hub
from tools.faults import processes
from tools.faults.company import Company
from tools.faults.losses import Losses
from tools.faults.site import Site, site

PEOPLE = 8
AWAY_SECONDS = 10.0
# Before a fault everything has been quiet for so long.
QUIET_SECONDS = 3.0

Happen = Callable[[Company], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, to a site of how many workers. ``moves``: a new connection is needed.

    ``listeners`` come beside the eight who speak.
    """

    name: str
    workers: int
    happen: Happen
    moves: bool
    listeners: int = 0


async def kill_worker(company: Company) -> None:
    processes.send(signal.SIGKILL, company.site.holder(company.slug).pid)


async def hang_worker(company: Company) -> None:
    processes.send(signal.SIGSTOP, company.site.holder(company.slug).pid)


async def drain_worker(company: Company) -> None:
    processes.send(signal.SIGTERM, company.site.holder(company.slug).top)


async def lose_redis(company: Company) -> None:
    own = company.site.redis
    assert own is not None
    own.kill()
    await asyncio.sleep(AWAY_SECONDS)
    own.start()


async def kill_web(company: Company) -> None:
    processes.send(signal.SIGKILL, company.site.web)


def cut_sockets(seconds: float) -> Happen:
    async def cut(company: Company) -> None:
        company.site.wires.cut()
        await asyncio.sleep(seconds)
        company.site.wires.mend()

    return cut


FAULTS = (
    Fault("killed, one worker", 1, kill_worker, True),
    Fault("killed, two workers", 2, kill_worker, True),
    Fault("hung, two workers", 2, hang_worker, True),
    Fault("drained, two workers", 2, drain_worker, True),
    Fault(f"Redis gone for {AWAY_SECONDS:g} s", 2, lose_redis, False),
    Fault("web server killed, 20 clients", 2, kill_web, False, 12),
    *(
        Fault(f"WebSockets cut for {seconds:g} s", 2, cut_sockets(seconds), False)
        for seconds in (1.0, 5.0, 30.0, 60.0)
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """Of one try: the longest silence of each pair, what was lost, and the load average.

    ``back`` is how many seconds after the fault all pairs were back; where no connection is made
    anew, how many after the end of the fault all were told the state of the room.
    """

    gaps: list[float]
    back: float
    losses: list[str]
    load: float


async def once(fault: Fault, at: Site, hub: Hub, number: int) -> Result:
    """Let it happen to a new call."""
    await asyncio.to_thread(at.wait_whole)
    slug = f"bench-{number}"
    at.room(slug)
    company = Company(at, hub, slug, wired=True)
    try:
        names = [f"Guest {i + 1}" for i in range(PEOPLE)]
        await company.gather(*names, listeners=fault.listeners)
        await asyncio.sleep(QUIET_SECONDS)
        losses = Losses(company)
        began, load = time.monotonic(), load_average()
        async with company.talking():
            await fault.happen(company)
            mended = began if fault.moves else time.monotonic()
            with contextlib.suppress(TimeoutError):
                await (company.moved() if fault.moves else company.online())
                await company.receive()
            back = time.monotonic() - mended
            gaps = company.gaps()
            lost = await losses.found(unbroken=not fault.moves)
        return Result(gaps, back, lost, load)
    finally:
        await company.end()


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def show(fault: Fault, results: list[Result]) -> None:
    """A row of the table in docs/reliability.md, and below it what was lost."""
    gaps = [gap for result in results for gap in result.gaps]
    loads = [result.load for result in results]
    print(
        f"| {fault.name} | {percentile(gaps, 0.5):.2f} | {percentile(gaps, 0.95):.2f} "
        f"| {max(gaps):.2f} | {statistics.median(result.back for result in results):.1f} "
        f"| {sum(not result.losses for result in results)} of {len(results)} "
        f"| {min(loads):.1f} to {max(loads):.1f} |",
        flush=True,
    )
    for result in results:
        for line in result.losses:
            print("   ", line[:300], flush=True)


async def run(wanted: str, times: int) -> None:
    """Every fault, on a site that is started for it."""
    print("| fault | gap p50 (s) | p95 | max | all back (s) | nothing lost | load |")
    print("|---|---|---|---|---|---|---|", flush=True)
    async with Hub() as hub:
        for fault in FAULTS:
            if wanted not in fault.name:
                continue
            with (
                tempfile.TemporaryDirectory(prefix="confcall-bench-") as folder,
                site(Path(folder), fault.workers, own_redis=True) as at,
            ):
                show(fault, [await once(fault, at, hub, number) for number in range(times)])


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("fault", nargs="?", default="", help="a part of a fault's name")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    stop_on_sigterm()
    asyncio.run(run(options.fault, options.times))


if __name__ == "__main__":
    main()
