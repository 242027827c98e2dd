"""CPU per forwarded packet of a real worker, beside a floor that is measured in the same run.

    python bench/forward.py [--receivers 10,50,100,200] [--people 10] [--rate 150]
                            [--seconds 4] [--windows 5]

One sender has 10 to 200 receivers; then there is a call in which everyone sees everyone. The worker
is a process of its own; all clients (real ICE, DTLS-SRTP) live in this one, which checks every
packet that arrives. CPU is the user and system time of the worker process, from /proc, with its
timers and feedback. Rows are medians of the windows.

The sender's rate is low enough for the bandwidth estimate of each receiver to reach it: the worker
sends nothing above the estimate. In the call everyone sends ``--rate`` packets a second too, a
third of them sound of 100 bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pylibsrtp

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sfu_worker.light_client import (  # noqa: E402
    Hub,
    LightClient,
    Plan,
    WorkerSignalling,
    open_layer,
)
from sfu_worker.net import mmsg, srtp  # noqa: E402
from tools import product  # noqa: E402

PACKET = 1100
# Packets in a frame. They leave the sender together, as a browser's do.
FRAME = 5
WORKER = "bench"
JOIN_SECONDS = 60.0
HEADING = """\
floor: rewrite + protect + sendto, one packet at a time; the mean of before and after each row
    people    in/s    out/s  µs/packet  floor  x floor   lost  p50 ms  p99 ms   load"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--receivers", default="10,50,100,200")
    parser.add_argument(
        "--people",
        default="10",
        help="sizes of calls in which all see all; '' for none (default: %(default)s)",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=150,
        help="packets per second of a sender (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="length of a window (default: %(default)s)"
    )
    parser.add_argument(
        "--feedback",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="receivers report arrivals",
    )
    parser.add_argument("--windows", type=int, default=5)
    options = parser.parse_args()
    print(HEADING)
    lost = 0
    calls = [(f"1 -> {count}", one_to_many, count) for count in numbers(options.receivers)]
    calls += [(f"{count} x {count}", all_to_all, count) for count in numbers(options.people)]
    with worker() as (url, pid):
        before = measure_floor()
        for name, people, count in calls:
            row = asyncio.run(hold(url, pid, people, count, options))
            # A shared machine is not as fast from one minute to the next.
            after = measure_floor()
            floor, before = (before + after) / 2, after
            lost += row["lost"]
            print(
                f"{name:>10} {row['in']:>7.0f} {row['out']:>8.0f}"
                f" {row['cost']:>10.1f} {floor:>6.1f} {row['cost'] / floor:>8.2f}"
                f" {row['lost']:>6} {row['p50']:>7.1f} {row['p99']:>7.1f}"
                f" {os.getloadavg()[0]:>6.1f}",
                flush=True,
            )
    return 1 if lost else 0


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",") if word]


def measure_floor(packets: int = 30_000) -> float:
    """CPU µs per packet of the least that a forwarder in Python does: the median of five loops.

    They send to a socket that another process reads.
    """
    drain = (
        "import socket,sys\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
        "s.setsockopt(1,8,4<<20)\ns.bind(('127.0.0.1',0))\n"
        "print(s.getsockname()[1],flush=True)\nb=bytearray(2048)\nwhile 1: s.recv_into(b)"
    )
    reader = subprocess.Popen([sys.executable, "-c", drain], stdout=subprocess.PIPE, text=True)
    try:
        assert reader.stdout is not None
        address = ("127.0.0.1", int(reader.stdout.readline()))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            return statistics.median(_floor_once(sock, address, packets) for _ in range(5))
    finally:
        reader.kill()
        reader.wait()


def _floor_once(sock: socket.socket, address: tuple[str, int], packets: int) -> float:
    policy = pylibsrtp.Policy(
        key=secrets.token_bytes(28),
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    session = pylibsrtp.Session(policy)
    handle, protect = srtp.handle(session), srtp.protect
    memory = mmsg.ffi.new("char[]", mmsg.SEND_SLOT)
    out, size = memoryview(mmsg.ffi.buffer(memory)).cast("B"), mmsg.ffi.new("int *")
    payload, pack_into, sendto = (
        memoryview(bytes(PACKET)),
        struct.Struct("!BBHII").pack_into,
        sock.sendto,
    )
    begun = time.process_time()
    for i in range(packets):
        pack_into(out, 0, 0x80, 96, i & 0xFFFF, i, 1234)
        out[12 : 12 + PACKET] = payload
        size[0] = 12 + PACKET
        protect(handle, memory, size)
        sendto(out[: size[0]], address)
    return (time.process_time() - begun) / packets * 1e6


@contextlib.contextmanager
def worker() -> Iterator[tuple[str, int]]:
    """A worker with its own Valkey: URL and process id. Both end with the block, or by SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (
        tempfile.TemporaryDirectory() as directory,
        product.valkey(Path(directory)) as url,
        product.worker(url, WORKER, LOG_LEVEL="WARNING") as process,
    ):
        yield url, process.pid


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Call:
    """A room on the worker and its clients. Use as ``async with``: at the end everyone leaves."""

    def __init__(self, url: str, hub: Hub, room: str) -> None:
        self.clients: list[LightClient] = []
        self._hub = hub
        self._room = room
        self._layer = open_layer(url)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Call:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(client.close() for client in self.clients), return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._layer.close_pools()

    def line(self, *, hears_room: bool = True) -> WorkerSignalling:
        return WorkerSignalling(self._layer, WORKER, self._room, hears_room=hears_room)

    async def join(self, name: str, line: WorkerSignalling, plan: Plan, pairs: int = 0) -> None:
        client = LightClient(self._hub, name, line, plan, pairs)
        await line.join(name, publish=bool(plan.sources))
        self.clients.append(client)
        self._tasks.append(asyncio.create_task(client.run()))


async def hold(url: str, pid: int, people: People, count: int, options: Any) -> dict[str, Any]:
    """One call, from its first ``Join`` to its last ``Leave``: what it cost."""
    async with Hub() as hub, Call(url, hub, f"bench-{count}-{people.__name__}") as call:
        receivers, streams = await people(call, count, options)
        await settled(receivers, streams)
        return await measure(pid, call.clients, options)


# Lets everyone in. Returns the receivers, and how many streams each of them gets.
People = Callable[[Call, int, Any], Awaitable[tuple[list[LightClient], int]]]


async def one_to_many(call: Call, count: int, options: Any) -> tuple[list[LightClient], int]:
    """One camera for ``count`` receivers, who are there before it."""
    source = call.line()
    for number in range(count):
        # They do not need the room's events: this is about media.
        await call.join(
            f"receiver {number}",
            call.line(hears_room=False),
            Plan(sources=(), feedback=options.feedback),
            1,
        )
    receivers = call.clients.copy()
    async with asyncio.timeout(JOIN_SECONDS):
        for client in receivers:
            await client.connected.wait()
            await client.watch(f"{source.participant}:camera", "video")
    plan = Plan(
        video_rate=options.rate, video_size=PACKET, frame_packets=FRAME, sources=("camera",)
    )
    await call.join("sender", source, plan)
    return receivers, 1


async def all_to_all(call: Call, count: int, options: Any) -> tuple[list[LightClient], int]:
    """``count`` people, each with a microphone and a camera."""
    sound = options.rate / 3
    plan = Plan(
        video_rate=options.rate - sound,
        video_size=PACKET,
        frame_packets=FRAME,
        audio_rate=sound,
        feedback=options.feedback,
    )
    for number in range(count):
        await call.join(f"person {number}", call.line(), plan, count - 1)
    return call.clients, 2 * (count - 1)


async def settled(receivers: list[LightClient], streams: int) -> None:
    """Wait until everyone steadily receives every stream: bandwidth estimates begin low."""
    async with asyncio.timeout(JOIN_SECONDS):
        while not all(len(r.receiver.first_frame) == streams for r in receivers):
            await asyncio.sleep(0.05)
    before = -1
    while before != (now := sum(client.receiver.pauses for client in receivers)):
        before = now
        await asyncio.sleep(3)


async def measure(pid: int, clients: list[LightClient], options: Any) -> dict[str, Any]:
    receivers, links = (
        [client.receiver for client in clients],
        [client.link for client in clients if client.link is not None],
    )
    costs, ins, outs = [], [], []
    for receiver in receivers:
        receiver.delays.clear()
    for _ in range(options.windows):
        begun, used = time.monotonic(), cpu(pid)
        got, sent = sum(r.received for r in receivers), sum(link.sent for link in links)
        await asyncio.sleep(options.seconds)
        elapsed, delivered = time.monotonic() - begun, sum(r.received for r in receivers) - got
        costs.append((cpu(pid) - used) / max(1, delivered) * 1e6)
        ins.append((sum(link.sent for link in links) - sent) / elapsed)
        outs.append(delivered / elapsed)
    delays = sorted(delay for receiver in receivers for delay in receiver.delays) or [float("nan")]
    return {
        "cost": statistics.median(costs),
        "in": statistics.median(ins),
        "out": statistics.median(outs),
        "lost": sum(receiver.lost + receiver.broken for receiver in receivers),
        "p50": delays[len(delays) // 2] * 1000,
        "p99": delays[len(delays) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    sys.exit(main())
