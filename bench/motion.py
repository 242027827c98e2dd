"""How well a clip in which every frame differs survives: VMAF of what a receiver decodes.

    python -m bench.motion                     all senders, about 4 minutes
    python -m bench.motion --sender motion     one of them
    python -m bench.motion --codec H264        another codec than VP8 for the browser's senders

The clip is 1280x720 at 30 fps. The senders are

- ``whip``    FFmpeg's x264 at 6 Mbit/s
- ``motion``  Chromium with the content hint, 8 Mbit/s and the frame rate kept
- ``auto``    Chromium with the call page's plain layers
- ``cap``     Chromium with the 1.5 Mbit/s that many servers allow

The receiver is Chromium. The input of its decoder is kept, decoded again afterwards, and paired
with the clip by the number in each frame.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.clip import Size, generate, stamp, write_y4m
from bench.pages import BenchPage, Kept, Pages, Sending, pages
from bench.rig import Rig, Seat, load_average, rig, stop_on_sigterm
from bench.scoring import FREEZE, table
from bench.vmaf import Quality, bitstream, compare, fingerprints, untouched
from bench.whip import endpoint, stream
from sfu_worker import wire

SIZE = Size(1280, 720)
CLIP_FRAMES = 240
# Until Chromium's estimate has grown to what it sends in the end.
WARM_SECONDS = 12.0

WHIP_RATE = 6_000_000


def layers(top: int) -> list[dict[str, Any]]:
    """The call page's three layers with another cap for the top one."""
    return [
        {"rid": "q", "scaleResolutionDownBy": 4, "maxBitrate": 150_000},
        {"rid": "h", "scaleResolutionDownBy": 2, "maxBitrate": 500_000},
        {"rid": "f", "scaleResolutionDownBy": 1, "maxBitrate": top},
    ]


SENDERS = {
    "motion": Sending(layers(8_000_000), "motion", "maintain-framerate"),
    "auto": Sending(layers(2_500_000)),
    # One layer: all of the little that is allowed goes into the picture that is watched.
    "cap": Sending([{"maxBitrate": 1_500_000}]),
}
NAMES = ("whip", *SENDERS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sender. ``quality`` is that of what was received, ``own`` that of what was encoded.

    ``untouched`` is the share of received pictures that equal the encoder's own, pixel by pixel.
    Both are None if the encoder's output is not available.
    """

    sender: str
    codec: str
    quality: Quality
    own: Quality | None
    untouched: float | None
    fps: float
    freezes: int
    freeze_seconds: float
    mbits: float
    height: int
    lost: int
    limited: str
    load: float
    worker_cpu: float


def stops(times: Sequence[float]) -> list[float]:
    """The gaps between frames that a viewer sees as freezes."""
    return [b - a for a, b in itertools.pairwise(times) if b - a > FREEZE]


@dataclass
class Bench:
    """The parts that all senders share."""

    rig: Rig
    pages: Pages
    camera: Path
    clip: list[bytearray]
    seconds: float
    codec: str

    async def run(self, name: str) -> Outcome:
        async with contextlib.AsyncExitStack() as stack:
            seat = Seat(self.rig, name, "sender")
            page: BenchPage | None = None
            own = self.rig.data / "own.h264"
            if name == "whip":
                await self._start_ffmpeg(seat, own, stack)
            else:
                page = await self.pages.open(seat)
                stack.push_async_callback(page.close)
                await page.send(
                    SIZE.width, SIZE.height, dataclasses.replace(SENDERS[name], codec=self.codec)
                )
            viewer = await self.pages.open(Seat(self.rig, name, "viewer"))
            stack.push_async_callback(viewer.close)
            await viewer.receive("sender", SIZE.height)
            measured = await self._measure(viewer, page)
        return self._judge(name, measured, own if name == "whip" else None)

    async def _start_ffmpeg(self, seat: Seat, own: Path, stack: contextlib.AsyncExitStack) -> None:
        await seat.join(publish=True)
        stack.push_async_callback(seat.leave)
        url = await stack.enter_async_context(endpoint(seat))
        log = self.rig.data / "ffmpeg.log"
        process = await stack.enter_async_context(stream(self.camera, url, WHIP_RATE, own, log))
        await asyncio.sleep(2)
        if process.poll() is not None:
            raise RuntimeError(f"FFmpeg ended:\n{log.read_text()[-2000:]}")

    async def _measure(self, viewer: BenchPage, page: BenchPage | None) -> dict[str, Any]:
        await asyncio.sleep(WARM_SECONDS)
        before, cpu, begin = await _inbound(viewer), self.rig.cpu_seconds(), await viewer.now()
        await asyncio.sleep(self.seconds)
        after, load = await _inbound(viewer), load_average()
        frames = await viewer.taken()
        sending = await page.stats("outbound-rtp") if page is not None else []
        top = max(sending, key=lambda s: s.get("frameHeight") or 0, default={})
        return {
            "frames": frames,
            "begin": begin,
            "before": before,
            "after": after,
            "load": load,
            "cpu": (self.rig.cpu_seconds() - cpu) / self.seconds,
            "limited": str(top.get("qualityLimitationReason", "")),
        }

    def _judge(self, name: str, m: dict[str, Any], own: Path | None) -> Outcome:
        frames: list[Kept] = m["frames"]
        before, after = m["before"], m["after"]
        codec = str(after["codec"]).removeprefix("video/")
        skip = sum(f.at < m["begin"] for f in frames)
        times = [f.at for f in frames[skip:]]
        gaps = stops(times)
        length = times[-1] - times[0] if len(times) > 1 else self.seconds
        got = self.rig.data / f"{name}.bin"
        got.write_bytes(bitstream(codec, SIZE, [f.data for f in frames]))
        same, own_quality = None, None
        if own is not None:
            # Both scores begin at the same frame: some parts of the clip are harder than others.
            same, begin = untouched(
                fingerprints(got, codec, SIZE)[skip:], fingerprints(own, codec, SIZE)
            )
            own_quality = compare(own, codec, SIZE, self.clip, begin)
        return Outcome(
            sender=name,
            codec=codec,
            quality=compare(got, codec, SIZE, self.clip, skip),
            own=own_quality,
            untouched=same,
            fps=(after["framesDecoded"] - before["framesDecoded"]) / self.seconds,
            freezes=len(gaps),
            freeze_seconds=sum(gaps),
            mbits=sum(len(f.data) for f in frames[skip:]) * 8 / length / 1e6,
            height=int(after["frameHeight"]),
            lost=int(after["packetsLost"] - before["packetsLost"]),
            limited=m["limited"],
            load=m["load"],
            worker_cpu=m["cpu"],
        )


async def _inbound(viewer: BenchPage) -> dict[str, Any]:
    found = await viewer.stats("inbound-rtp")
    if not found or not found[0].get("framesDecoded"):
        events = [e for _, e in viewer.seat.events if not isinstance(e, wire.Answer)]
        raise RuntimeError(f"nothing was decoded; the worker said {events}")
    return found[0]


def make_clip() -> list[bytearray]:
    """The clip forwards and backwards, each frame with its own number.

    So nothing jumps when the camera starts over.
    """
    there = list(generate(SIZE, CLIP_FRAMES))
    back = [bytearray(frame) for frame in there[::-1]]
    for i, frame in enumerate(back):
        stamp(frame, SIZE, CLIP_FRAMES + i)
    return there + back


async def run(names: Sequence[str], seconds: float, codec: str) -> list[Outcome]:
    """Each sender in a room of its own, one after another."""
    with tempfile.TemporaryDirectory(prefix="confcall-motion-") as name:
        camera = Path(name) / "clip.y4m"
        clip = make_clip()
        write_y4m(camera, iter(clip), SIZE)
        found = []
        for sender in names:
            print(f"{sender} …", file=sys.stderr, flush=True)
            try:
                # A page or worker that hangs must not hang the benchmark.
                async with (
                    asyncio.timeout(seconds + 150),
                    rig() as worker,
                    pages(camera) as browser,
                ):
                    found.append(
                        await Bench(worker, browser, camera, clip, seconds, codec).run(sender)
                    )
            except (RuntimeError, TimeoutError) as exc:
                # The other senders' figures are still worth having.
                print(f"{sender}: {exc or 'took too long'}", file=sys.stderr)
        return found


def report(outcomes: Sequence[Outcome]) -> str:
    header = [
        "sender",
        "codec",
        "VMAF",
        "worst 5 %",
        "own VMAF",
        "same %",
        "fps",
        "freezes",
        "frozen s",
        "Mbit/s",
        "lines",
        "lost",
    ]
    header += ["limited by", "load", "worker %", "frames"]
    rows = []
    for o in outcomes:
        row = [
            o.sender,
            o.codec,
            f"{o.quality.vmaf:.1f}",
            f"{o.quality.worst:.1f}",
            f"{o.own.vmaf:.1f}" if o.own else "",
        ]
        row += ["" if o.untouched is None else f"{100 * o.untouched:.1f}"]
        row += [
            f"{o.fps:.1f}",
            str(o.freezes),
            f"{o.freeze_seconds:.1f}",
            f"{o.mbits:.2f}",
            str(o.height),
            str(o.lost),
        ]
        row += [
            o.limited,
            f"{o.load:.1f}",
            f"{100 * o.worker_cpu:.0f}",
            f"{o.quality.paired}+{o.quality.unread}",
        ]
        rows.append(row)
    return table(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.motion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--sender", action="append", choices=NAMES, help="may be given several times"
    )
    parser.add_argument("--seconds", type=float, default=16.0, help="how long each is measured")
    parser.add_argument(
        "--codec",
        default="VP8",
        choices=("VP8", "VP9", "H264", "AV1"),
        help="for the browser's senders",
    )
    parser.add_argument("--json", type=Path, help="write the numbers to this file")
    options = parser.parse_args()
    stop_on_sigterm()
    outcomes = asyncio.run(run(options.sender or NAMES, options.seconds, options.codec))
    print(report(outcomes))
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(o) for o in outcomes], indent=1))


if __name__ == "__main__":
    main()
