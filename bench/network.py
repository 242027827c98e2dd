"""How well picture and sound get over a bad link, through a worker between libwebrtc clients.

There is one sender (960x540 at 30 fps, three layers of 0.4, 0.75 and 5 Mbit/s), one viewer on a
clean link, and one behind a relay that shapes its link:

    python -m bench.network                    all scenarios, about 5 minutes
    python -m bench.network --quick            the steps alone, about 80 s
    python -m bench.network --scenario loss15 --runs 3 --json out.json

Loss is applied both ways; rate, delay and jitter only towards the viewer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.clients import LAYERS, Client, Publisher, Received, Viewer
from bench.clip import Size, generate
from bench.relay import Relay
from bench.rig import Rig, Seat, load_average, rig, stop_on_sigterm
from bench.scoring import Counter, Phase, Score, best_layer, freezes, median_scores, score, table
from bench.shaping import Conditions, Step

SIZE = Size(960, 540)
CLIP_FRAMES = 90
FAST, SLOW = 10e6, 500e3
HEIGHTS = {SIZE.height // scale: float(rate) for scale, rate in LAYERS.values()}
# Bit/s of the top layer at which the sender has found its own bandwidth.
WARM = 3.5e6


@dataclass(frozen=True, slots=True)
class Scenario:
    """A link towards the viewer, the link back, and how long they last in seconds.

    Without steps in ``down`` there is no shaped viewer.
    """

    name: str
    down: list[Step]
    seconds: float
    up: list[Step] = field(default_factory=list)

    def phases(self, began: float) -> list[Phase]:
        ends = [s.at for s in self.down[1:]] + [self.seconds]
        return [
            Phase(
                _describe(s.conditions),
                began + s.at,
                began + end,
                best_layer(HEIGHTS, s.conditions.rate),
            )
            for s, end in zip(self.down, ends, strict=True)
        ]


def _describe(c: Conditions) -> str:
    words = [f"{c.rate / 1e6:g} Mbit/s"] if c.rate else []
    words += [f"{c.loss:.0%} loss"] if c.loss else []
    words += [f"{c.delay * 1000:g}±{c.jitter * 1000:g} ms"] if c.delay else []
    words += ["reordered"] if c.reorder else []
    return ", ".join(words) or "clean"


def scenarios() -> dict[str, Scenario]:
    """All scenarios.

    ``alone`` has no shaped viewer. It is what the clean viewers of the others are compared with.
    """

    def steps(**more: float) -> list[Step]:
        rates = ((0.0, FAST), (20.0, SLOW), (40.0, FAST))
        return [Step(at, Conditions(rate=rate, **more)) for at, rate in rates]

    def lossy(loss: float) -> list[Step]:
        return [Step(0.0, Conditions(loss=loss))]

    far = {"delay": 0.1, "jitter": 0.03}
    found = [
        Scenario("alone", [], 30),
        Scenario("steps", steps(), 65),
        Scenario("loss5", lossy(0.05), 30, lossy(0.05)),
        Scenario("loss15", lossy(0.15), 30, lossy(0.15)),
        Scenario("delay", [Step(0.0, Conditions(**far))], 30),
        Scenario("all", steps(loss=0.05, **far), 65, lossy(0.05)),
        # Each packet draws its own delay, as with netem: harsher than any real network.
        Scenario("reorder", [Step(0.0, Conditions(reorder=1.0, **far))], 30),
    ]
    return {s.name: s for s in found}


DEFAULT = ("alone", "steps", "loss5", "loss15", "delay", "all")


@dataclass(slots=True)
class Record:
    """Counters of all clients, read five times a second during a scenario."""

    times: list[float] = field(default_factory=list)
    sent: list[dict[str, tuple[int, int, int]]] = field(default_factory=list)
    shaped: list[Received] = field(default_factory=list)

    def layer(self, height: int) -> Counter:
        """The bytes that were sent of the layer of this height."""
        rid = next(rid for rid, (scale, _) in LAYERS.items() if SIZE.height // scale == height)
        return Counter(self.times, [float(s.get(rid, (0, 0, 0))[0]) for s in self.sent])

    def viewer(self, name: str) -> Counter:
        return Counter([r.at for r in self.shaped], [float(getattr(r, name)) for r in self.shaped])


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scenario of one run.

    ``other_fps`` and ``other_freeze`` (seconds) are the clean viewer's; ``worker_cpu`` is a share
    of one core.
    """

    scenario: str
    scores: list[Score]
    other_fps: float
    other_freeze: float
    sent_fps: float
    load: float
    worker_cpu: float
    link: dict[str, float] = field(default_factory=dict)

    @property
    def delivered(self) -> float:
        """The clean viewer's share of the frames that were sent.

        A busy machine sends fewer frames, which is not the fault of another receiver.
        """
        return self.other_fps / self.sent_fps if self.sent_fps else 0.0


async def warm(publisher: Publisher, other: Viewer, limit: float = 25.0) -> None:
    """Wait until sender and clean viewer have the top layer: their start is not measured."""
    end, before, fast = time.monotonic() + limit, (time.monotonic(), 0), False
    while time.monotonic() < end:
        await asyncio.sleep(1)
        now, size = time.monotonic(), (await publisher.layers()).get("f", (0, 0, 0))[0]
        fast = (size - before[1]) * 8 / (now - before[0]) > WARM
        before = (now, size)
        if fast and other.frames and other.frames[-1].height == SIZE.height:
            return
    height = other.frames[-1].height if other.frames else 0
    print(
        f"after {limit:g} s the clean viewer has {height} lines,"
        f" and the top layer {'has' if fast else 'does not have'} its bitrate",
        file=sys.stderr,
    )


async def play(
    scenario: Scenario, bench: Rig, publisher: Publisher, other: Viewer, number: int
) -> Outcome:
    """Run one scenario."""
    record = Record()
    viewer: Viewer | None = None
    try:
        began = time.monotonic()
        if scenario.down:
            relay = Relay(scenario.down, scenario.up, seed=number)
            viewer = Viewer(Seat(bench, publisher.seat.room, f"shaped{number}"), relay)
            await viewer.seat.join(publish=False)
            began = await viewer.start(publisher.seat.name, SIZE.height)
        sent, cpu = publisher.sent_frames, bench.cpu_seconds()
        while (now := time.monotonic()) < began + scenario.seconds + 0.2:
            record.times.append(now)
            record.sent.append(await publisher.layers())
            if viewer is not None:
                record.shaped.append(await viewer.sample())
            await asyncio.sleep(0.2)
        took = time.monotonic() - began
        end = began + scenario.seconds
        return Outcome(
            scenario=scenario.name,
            scores=[_score(p, viewer, record) for p in scenario.phases(began)]
            if viewer is not None
            else [],
            other_fps=sum(began <= f.at < end for f in other.frames) / (end - began),
            other_freeze=sum(freezes(other.frames, began, end)),
            sent_fps=(publisher.sent_frames - sent) / took,
            load=load_average(),
            worker_cpu=(bench.cpu_seconds() - cpu) / took,
            link=_link(viewer),
        )
    finally:
        if viewer is not None:
            await viewer.close()


def _score(phase: Phase, viewer: Viewer, record: Record) -> Score:
    return score(
        phase,
        viewer.frames,
        record.viewer("bytes"),
        record.layer(phase.right),
        record.viewer("sound"),
        record.viewer("concealed"),
    )


def _link(viewer: Viewer | None) -> dict[str, float]:
    """The relay's counts of the media."""
    if viewer is None or viewer.relay is None:
        return {}
    down = viewer.relay.down
    return {"passed": down.passed, "dropped": down.dropped, "lost": down.lost, "bytes": down.bytes}


async def run(
    names: list[str], clip: list[bytearray], number: int, outcomes: list[Outcome], temporal: bool
) -> None:
    """One run: one worker, sender and clean viewer, and a shaped viewer for each scenario.

    Outcomes are added as they come, so that a failure does not lose the earlier ones.
    """
    async with rig() as bench, contextlib.AsyncExitStack() as stack:
        publisher = Publisher(Seat(bench, "bench", "sender"), clip, SIZE, temporal=temporal)
        other = Viewer(Seat(bench, "bench", "clean"))
        clients: tuple[Client, ...] = (publisher, other)
        for client in clients:
            stack.push_async_callback(client.close)
            await client.seat.join(publish=client is publisher)
        await publisher.start()
        await other.start("sender", SIZE.height)
        await warm(publisher, other)
        for i, name in enumerate(names):
            print(f"run {number}: {name} …", file=sys.stderr, flush=True)
            scenario = scenarios()[name]
            # A worker or client that hangs must not hang the benchmark.
            async with asyncio.timeout(scenario.seconds + 60):
                outcomes.append(await play(scenario, bench, publisher, other, 100 * number + i))


HEADER = [
    "scenario",
    "link",
    "settled s",
    "share %",
    "frozen s",
    "longest s",
    "fps",
    "concealed %",
    "clean viewer",
    "load",
    "worker %",
]


def report(runs: list[list[Outcome]]) -> str:
    """The table: medians of the runs."""
    alone = _median([o.delivered for r in runs for o in r if o.scenario == "alone"])
    rows = []
    for outcomes in zip(*runs, strict=True):
        name, beside = outcomes[0].scenario, _beside(outcomes, alone)
        cells = [_cells(score) for score in median_scores([o.scores for o in outcomes])]
        first, *others = cells or [[""] * 7]
        rows.append([name, *first, *beside])
        rows += [["", *more, "", "", ""] for more in others]
    cores, load = os.cpu_count() or 1, max((o.load for r in runs for o in r), default=0.0)
    # Clients, relay and worker share the cores: on a busy machine a freeze need not be the link's.
    busy = (
        f"\nThe machine was too busy (load {load:.1f} on {cores} cores): run it again alone."
        if load > 2 * cores
        else ""
    )
    return table(HEADER, rows) + busy


def _cells(score: Score) -> list[str]:
    """The shaped viewer's columns."""
    return [
        score.phase,
        "never" if score.settle is None else f"{score.settle:.1f}",
        "-" if score.settle is None else f"{100 * score.share:.0f}",
        f"{score.freeze:.1f}",
        f"{score.longest:.1f}",
        f"{score.fps:.1f}",
        f"{100 * score.concealed:.1f}",
    ]


def _beside(outcomes: Sequence[Outcome], alone: float) -> list[str]:
    """The columns of the clean viewer, whose share of the frames was ``alone`` by itself."""
    fps, sent = _median([o.other_fps for o in outcomes]), _median([o.sent_fps for o in outcomes])
    frozen = _median([o.other_freeze for o in outcomes])
    beside = f"{fps:.1f} of {sent:.1f} fps, {frozen:.1f} s frozen"
    if alone:
        beside += f" {_median([o.delivered for o in outcomes]) / alone - 1:+.1%}"
    return [
        beside,
        f"{max(o.load for o in outcomes):.1f}",
        f"{100 * _median([o.worker_cpu for o in outcomes]):.0f}",
    ]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.network",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--scenario", action="append", choices=list(scenarios()), help="may be given several times"
    )
    parser.add_argument("--quick", action="store_true", help="the steps alone")
    parser.add_argument("--runs", type=int, default=1, help="medians over so many runs")
    parser.add_argument(
        "--temporal",
        action="store_true",
        help="three temporal layers in each layer, as the call page sends",
    )
    parser.add_argument("--json", type=Path, help="write every run's numbers to this file")
    options = parser.parse_args()
    stop_on_sigterm()
    names = options.scenario or (["steps"] if options.quick else list(DEFAULT))
    clip = list(generate(SIZE, CLIP_FRAMES))
    runs: list[list[Outcome]] = []
    try:
        for number in range(1, options.runs + 1):
            runs.append([])
            asyncio.run(run(names, clip, number, runs[-1], options.temporal))
    except (KeyboardInterrupt, TimeoutError, RuntimeError) as exc:
        # Earlier measurements are still worth having.
        print(f"stopped: {exc!r}", file=sys.stderr)
        runs = [r for r in runs if len(r) == len(names)] or [r for r in runs if r]
    if runs:
        print(report(runs))
    if options.json:
        plain: list[Any] = [[dataclasses.asdict(o) for o in r] for r in runs]
        options.json.write_text(json.dumps(plain, indent=1))


if __name__ == "__main__":
    main()
