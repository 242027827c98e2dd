"""What people hear and see while a worker is starved, and what it says of itself.

    python -m bench.overload [--stops 60/200,100/300,150/300] [--seconds 12]

One libwebrtc client sends sound and a picture to another, through a worker that is stopped
(SIGSTOP) for so many milliseconds of each period, as a machine that is too small does it. For each
pattern this prints the share of packets that were later than 100 ms (as it must be, and at most as
the worker saw it), the share of sound that the receiver had to make up, how long its jitter buffer
held sound back, frozen picture, the highest load, and after how long the worker was busy.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass

import redis.asyncio

from bench.clients import Publisher, Viewer
from bench.clip import Size, generate
from bench.rig import WORKER, Rig, Seat, load_average, rig, stop_on_sigterm
from bench.scoring import freezes
from sfu_worker import numbers, wire
from sfu_worker.control.load import EASE_SECONDS, WINDOW_SECONDS
from sfu_worker.numbers import LATE_SECONDS, WorkerNumbers

SIZE = Size(640, 360)
STOPS = (
    "0/200,60/200,100/200,120/400,150/600,150/450,150/300,200/600,250/500,300/900,400/600,900/10000"
)
HEADING = """\
stopped ms   late %  seen %  concealed %  held ms  frozen s  longest  load  busy after s  machine"""


@dataclass
class Seen:
    """What the worker has said during a pattern. ``busy`` is when it first said so."""

    late: float = 0.0
    load: float = 0.0
    busy: float | None = None


async def starve(pid: int, stop: float, period: float, seconds: float) -> None:
    """Stop a process for ``stop`` seconds of each ``period``."""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            begun = time.monotonic()
            if stop:
                os.kill(pid, signal.SIGSTOP)
                await asyncio.sleep(stop)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(max(0.0, begun + period - time.monotonic()))
    finally:
        os.kill(pid, signal.SIGCONT)


async def listen(bench: Rig, seen: Seen) -> None:
    """Read the worker's keys, until cancelled."""
    begun = time.monotonic()
    async with redis.asyncio.Redis.from_url(bench.redis_url) as client:
        while True:
            body = json.loads(await client.get(wire.worker_key(WORKER)) or "{}")
            told = numbers.decode(
                WorkerNumbers, await client.get(wire.worker_numbers_key(WORKER)) or ""
            )
            seen.load = max(seen.load, body.get("load", 0.0))
            seen.late = max(seen.late, told.late if told else 0.0)
            if body.get("busy") and seen.busy is None:
                seen.busy = time.monotonic() - begun
            await asyncio.sleep(0.1)


async def play(bench: Rig, viewer: Viewer, stop: float, period: float, seconds: float) -> str:
    """One pattern: its line of the table."""
    seen = Seen()
    listening = asyncio.create_task(listen(bench, seen))
    before, begun = await viewer.sample(), time.monotonic()
    await starve(bench.pid, stop, period, seconds)
    after, ended = await viewer.sample(), time.monotonic()
    # The last second is still to be told.
    await asyncio.sleep(1.5)
    listening.cancel()
    frozen = freezes(viewer.frames, begun, ended)
    concealed = (after.concealed - before.concealed) / max(1, after.sound - before.sound)
    held = (after.buffered - before.buffered) / max(1, after.played - before.played)
    late = max(0.0, stop - LATE_SECONDS) / period
    busy = "no" if seen.busy is None else f"{seen.busy:.1f}"
    return (
        f"{1000 * stop:4.0f} / {1000 * period:<5.0f} {100 * late:5.0f} {100 * seen.late:7.0f}"
        f" {100 * concealed:12.1f} {1000 * held:8.0f} {sum(frozen):9.1f}"
        f" {max(frozen, default=0.0):10.1f} {seen.load:5.2f} {busy:>13} {load_average():8.1f}"
    )


async def run(patterns: list[tuple[float, float]], seconds: float) -> None:
    clip = list(generate(SIZE, 60))
    async with rig() as bench, contextlib.AsyncExitStack() as stack:
        publisher = Publisher(Seat(bench, "bench", "sender"), clip, SIZE)
        stack.push_async_callback(publisher.close)
        await publisher.seat.join(publish=True)
        await publisher.start()
        print(HEADING, flush=True)
        for number, (stop, period) in enumerate(patterns):
            # One who is new each time: a jitter buffer remembers for long.
            viewer = Viewer(Seat(bench, "bench", f"viewer{number}"))
            await viewer.seat.join(publish=False)
            await viewer.start("sender", SIZE.height)
            await asyncio.sleep(EASE_SECONDS + WINDOW_SECONDS)
            print(await play(bench, viewer, stop, period, max(seconds, period)), flush=True)
            await viewer.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.overload",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--stops", default=STOPS, help="ms stopped / ms of a period (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=12.0, help="(default: %(default)s)")
    options = parser.parse_args()
    stop_on_sigterm()
    patterns = [
        tuple(int(ms) / 1000 for ms in word.split("/")) for word in options.stops.split(",")
    ]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run([(stop, period) for stop, period in patterns], options.seconds))


if __name__ == "__main__":
    main()
