"""Record what the worker's estimator is told over real paths, for its tests.

    python -m bench.record                        all scenarios, about 5 minutes
    python -m bench.record --scenario jitter --to /tmp/traces

The sender is libwebrtc (960x540 at 30 fps, layers of 0.4, 0.75 and 5 Mbit/s, and a tone), the
worker is a real one. The receiver is Chromium behind ``bench.relay``, and asks for the largest
layer. A second receiver on a clean link keeps the sender at its full rate. ``bench.traces``
describes the files that are written. Record on an idle machine: its own pauses look like those of a
network.
"""

from __future__ import annotations

import argparse
import asyncio
import pickle
import sys
import tempfile
from pathlib import Path

from bench.clients import Publisher, Viewer
from bench.clip import generate
from bench.network import CLIP_FRAMES, SIZE, warm
from bench.pages import BenchPage, Pages, pages
from bench.relay import Relay
from bench.rig import Rig, Seat, load_average, rig, stop_on_sigterm
from bench.shaping import Conditions, Step
from bench.traces import Event, Trace, read, replay, write
from sfu_worker.bwe.estimator import BandwidthEstimator
from tools.product import ROOT

TRACES = ROOT / "tests" / "data" / "bwe"
FAST, SLOW = 10e6, 500e3
# Seconds between two readings of the relay's counters.
EVERY = 0.1


def scenarios() -> list[Trace]:
    """Traces without events: what there is to record."""

    def link(
        name: str, seconds: float, *down: tuple[float, Conditions], up: Conditions | None = None
    ) -> Trace:
        return Trace(
            name, "", seconds, [Step(*step) for step in down], [Step(0.0, up)] if up else []
        )

    fast, slow, far = (
        Conditions(rate=FAST),
        Conditions(rate=SLOW),
        Conditions(rate=FAST, delay=0.1, jitter=0.03),
    )
    return [
        link("clean", 20, (0.0, fast)),
        link("step_down", 25, (0.0, fast), (12.0, slow)),
        link("step_up", 25, (0.0, slow), (12.0, fast)),
        link("loss", 20, (0.0, Conditions(loss=0.05))),
        link("jitter", 20, (0.0, far)),
        link("rival", 28, (0.0, fast), (10.0, Conditions(rate=FAST, rival=FAST / 2)), (20.0, fast)),
        link("feedback_lost", 20, (0.0, fast), up=Conditions(loss=0.3)),
    ]


async def count(relay: Relay, began: float, seconds: float) -> list[Event]:
    """Read the relay's counters until the end."""
    loop, events = asyncio.get_running_loop(), []
    while (at := loop.time() - began) < seconds:
        events.append(Event("l", at, (relay.down.bytes, relay.down.passed)))
        await asyncio.sleep(EVERY)
    return events


async def play(trace: Trace, worker: Rig, browser: Pages, number: int) -> tuple[float, list[Event]]:
    """Receive over the scenario's link. Returns when it began, and what the relay counted."""
    relay = Relay(trace.down, trace.up, seed=number)
    page: BenchPage = await browser.open(Seat(worker, "bench", trace.scenario))
    try:
        began = await page.receive_over(relay, "sender", SIZE.height)
        return began, await count(relay, began, trace.seconds)
    finally:
        await page.close()
        relay.close()


async def record(wanted: list[Trace], clip: list[bytearray]) -> dict[str, Trace]:
    """One worker, sender and browser for all; a receiver of its own for each scenario."""
    counted: dict[str, tuple[float, list[Event]]] = {}
    with tempfile.TemporaryDirectory(prefix="confcall-record-") as data:
        async with rig("bench.recording", RECORD_TO=data) as worker, pages() as browser:
            client = f"Chromium {browser.browser.version}"
            publisher = Publisher(Seat(worker, "bench", "sender"), clip, SIZE)
            other = Viewer(Seat(worker, "bench", "clean-viewer"))
            try:
                await publisher.seat.join(publish=True)
                await other.seat.join(publish=False)
                await publisher.start()
                await other.start("sender", SIZE.height)
                await warm(publisher, other)
                for number, trace in enumerate(wanted, 1):
                    print(f"{trace.scenario} …", file=sys.stderr, flush=True)
                    async with asyncio.timeout(trace.seconds + 60):
                        counted[trace.scenario] = await play(trace, worker, browser, number)
                    print(f"  load {load_average():.1f}", file=sys.stderr, flush=True)
            finally:
                await other.close()
                await publisher.close()
        # The worker has ended by now, and written its events.
        return {t.scenario: finish(t, client, *counted[t.scenario], Path(data)) for t in wanted}


def finish(trace: Trace, client: str, began: float, counted: list[Event], data: Path) -> Trace:
    """Put together what the estimator was told and what the relay counted."""
    told = pickle.loads((data / f"{trace.scenario}.pickle").read_bytes())
    events = [
        Event(kind, at - began, values)
        for kind, at, values in told
        if began <= at < began + trace.seconds
    ]
    events = sorted(events + counted, key=lambda event: event.at)
    return Trace(trace.scenario, client, trace.seconds, trace.down, trace.up, events)


def gist(trace: Trace) -> str:
    """Summarise a trace, and compare its estimates with those of a replay."""
    told = BandwidthEstimator()
    said: list[tuple[float, int, int]] = []

    def look(event: Event) -> None:
        if event.kind == "f":
            said.append((event.at, event.values[1], told.estimate))

    replay(trace, told, look)
    worst = max((abs(again / live - 1) for _, live, again in said), default=0.0)
    lines = [
        f"{trace.scenario}: {len(trace.events)} events,"
        f" replayed estimate differs by {worst:.1%} at most"
    ]
    for second in range(0, int(trace.seconds), 2):
        part = [live for at, live, _ in said if second <= at < second + 2]
        if part:
            lines.append(f"  {second:3} s  {min(part) / 1e6:.2f} to {max(part) / 1e6:.2f} Mbit/s")
    return "\n".join(lines)


def main() -> None:
    names = [trace.scenario for trace in scenarios()]
    parser = argparse.ArgumentParser(
        prog="bench.record",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--scenario", action="append", choices=names, help="may be given several times"
    )
    parser.add_argument("--to", type=Path, default=TRACES, help="where the traces go")
    options = parser.parse_args()
    stop_on_sigterm()
    wanted = [trace for trace in scenarios() if trace.scenario in (options.scenario or names)]
    options.to.mkdir(parents=True, exist_ok=True)
    for name, trace in asyncio.run(record(wanted, list(generate(SIZE, CLIP_FRAMES)))).items():
        path = options.to / f"{name}.csv.gz"
        write(path, trace)
        print(gist(read(path)), f"\n  {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
