"""How soon a simulcast layer that no one watched is back when someone asks for it again.

    python -m bench.comeback            five times, about a minute

The worker is real, the clients are libwebrtc. A viewer makes its window small; the sender is told,
and stops the larger layers. Then the window grows again. This prints the times from that moment
until the sender is told, has encoded a picture of the top layer, and the viewer sees one.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

from bench.clients import Publisher, Viewer, until
from bench.clip import Size, generate
from bench.rig import Seat, load_average, rig, stop_on_sigterm
from sfu_worker import wire

SIZE = Size(960, 540)
SMALL = SIZE.height // 4
POLL = 0.005


async def encoded(publisher: Publisher) -> int:
    """Frames of the top layer so far."""
    return (await publisher.layers()).get("f", (0, 0, 0))[1]


async def wait_until_stopped(publisher: Publisher, viewer: Viewer) -> None:
    """Wait until the small picture is shown and the top layer has stopped."""
    await until(
        lambda: bool(viewer.frames) and viewer.frames[-1].height == SMALL,
        "the small picture did not come",
        20,
    )
    before = -1
    while (now := await encoded(publisher)) != before:
        before = now
        await asyncio.sleep(1.5)


async def once(
    publisher: Publisher, viewer: Viewer, wish: wire.SlotRequest
) -> tuple[float, float, float]:
    """Seconds until told, encoded, seen."""
    told = len(publisher.seat.events)
    count, asked, sent_at = await encoded(publisher), time.monotonic(), 0.0
    await viewer.seat.want([wish])
    while viewer.frames[-1].height != SIZE.height:
        if not sent_at and await encoded(publisher) > count:
            sent_at = time.monotonic()
        if time.monotonic() - asked > 10:
            raise RuntimeError("the large picture did not come back")
        await asyncio.sleep(POLL)
    seen = next(f.at for f in viewer.frames if f.at > asked and f.height == SIZE.height)
    words = [
        at
        for at, event in publisher.seat.events[told:]
        if isinstance(event, wire.LayersWanted) and "f" in event.rids
    ]
    return words[0] - asked, (sent_at or seen) - asked, seen - asked


async def run(times: int) -> list[tuple[float, float, float]]:
    """Measure it several times in one room."""
    async with rig() as bench:
        publisher = Publisher(
            Seat(bench, "bench", "sender"), list(generate(SIZE, 90)), SIZE, temporal=True
        )
        viewer = Viewer(Seat(bench, "bench", "viewer"))
        try:
            await publisher.seat.join(publish=True)
            await viewer.seat.join(publish=False)
            await publisher.start()
            await viewer.start("sender", SIZE.height)
            await until(
                lambda: bool(viewer.frames) and viewer.frames[-1].height == SIZE.height,
                "no large picture came",
                30,
            )
            found = []
            for _ in range(times):
                await viewer.seat.want([viewer.wish("sender", SMALL)])
                await wait_until_stopped(publisher, viewer)
                found.append(await once(publisher, viewer, viewer.wish("sender", SIZE.height)))
            return found
        finally:
            await viewer.close()
            await publisher.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.comeback",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--times", type=int, default=5)
    stop_on_sigterm()
    found = asyncio.run(run(parser.parse_args().times))
    for name, values in zip(("told", "encoded", "seen"), zip(*found, strict=True), strict=True):
        median, largest = statistics.median(values) * 1000, max(values) * 1000
        print(f"{name:8} median {median:4.0f} ms, largest {largest:4.0f} ms")
    print(f"load {load_average():.1f}")


if __name__ == "__main__":
    main()
