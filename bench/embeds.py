"""What a popular post costs: a page with three embeds at 200 views a second.

    python -m bench.embeds [--views 200] [--seconds 20]

Each view asks for the cards of three rooms, at the real product (``manage.py serve``), over
connections that stay open, as from a proxy. The views come at a fixed rate, however slow the
answers are, and a time counts from when its view was due. For the cards as they are, and for cards
that are made anew for each request, this prints the times of the answers, the database's queries,
and the share of a core that the web process took. The reader's side runs on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.rig import load_average, stop_on_sigterm
from tools.product import Confcall, confcall

ROOMS = ("garden", "hall", "office")
CONNECTIONS = 40
WARM_SECONDS = 2.0

# Views that wait for so long were lost: the server is beyond what it can do.
GIVE_UP_SECONDS = 10.0

# Python runs a module of this name first, in every process of the product. It writes down how many
# statements went to the database, and may turn both caches off.
PROBE = """
import os, sys, threading, time
def probe():
    names = "rooms.cards.cache", "rooms.urls", "confcall.hot_cards"
    while not all(name in sys.modules for name in names):
        time.sleep(0.05)
    from django.db.backends import utils
    if os.environ["BENCH_CACHE"] == "off":
        sys.modules["rooms.cards.cache"].KEPT_SECONDS = -1.0
        sys.modules["confcall.hot_cards"].KEPT_SECONDS = -1.0
    count, execute = [0], utils.CursorWrapper.execute
    def counted(self, sql, params=None):
        count[0] += 1
        return execute(self, sql, params)
    utils.CursorWrapper.execute = counted
    name = os.path.join(os.environ["BENCH_FOLDER"], str(os.getpid()))
    while True:
        with open(name + ".new", "w") as file:
            file.write(str(count[0]))
        os.replace(name + ".new", name)
        time.sleep(0.1)
threading.Thread(target=probe, daemon=True).start()
"""


@dataclass
class Result:
    """``times`` are seconds from when a view was due to the last byte of one of its cards."""

    times: list[float] = field(default_factory=list)
    failed: int = 0
    queries: int = 0
    cpu: float = 0.0


class Readers:
    """Some connections to the product, which take the requests in turn."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._requests: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
        self.result = Result()

    async def read(self) -> None:
        """Ask for cards, until cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while True:
                room, due = await self._requests.get()
                writer.write(
                    f"GET /e/r/{room}/ HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
                    "Sec-Fetch-Dest: iframe\r\nSec-Fetch-Mode: navigate\r\n\r\n".encode()
                )
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                taken = time.monotonic() - due
                if head.startswith(b"HTTP/1.1 200") and taken < GIVE_UP_SECONDS:
                    self.result.times.append(taken)
                else:
                    self.result.failed += 1
        finally:
            writer.close()

    async def views(self, rate: float, seconds: float) -> None:
        """Let views come at this rate, and wait for their answers."""
        begun = time.monotonic()
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            for room in ROOMS:
                self._requests.put_nowait((room, due))
        asked = len(ROOMS) * int(rate * seconds)
        end = time.monotonic() + GIVE_UP_SECONDS
        while len(self.result.times) + self.result.failed < asked and time.monotonic() < end:
            await asyncio.sleep(0.05)
        self.result.failed = asked - len(self.result.times)


def web_process(product: Confcall) -> int:
    """The process that answers requests: a child of ``serve`` that runs Daphne."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == product.process.pid and b"daphne" in command:
            return int(entry.name)
    raise RuntimeError("there is no web process")


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def queries(folder: Path) -> int:
    """The statements of all processes so far."""
    return sum(int(file.read_text()) for file in folder.iterdir() if file.name.isdigit())


async def load(product: Confcall, folder: Path, rate: float, seconds: float) -> Result:
    """Let readers come, first some to make the server warm."""
    pid = web_process(product)
    for _warm in (True, False):
        readers = Readers(product.port)
        tasks = [asyncio.create_task(readers.read()) for _ in range(CONNECTIONS)]
        await asyncio.sleep(0.3)
        before, used, begun = queries(folder), cpu_seconds(pid), time.monotonic()
        await readers.views(rate, WARM_SECONDS if _warm else seconds)
        readers.result.cpu = (cpu_seconds(pid) - used) / (time.monotonic() - begun)
        await asyncio.sleep(0.3)
        readers.result.queries = queries(folder) - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return readers.result


def run(cache: str, rate: float, seconds: float) -> None:
    """Start a product with three rooms, and print a line about it."""
    with tempfile.TemporaryDirectory() as name:
        folder, probe = Path(name, "counts"), Path(name, "probe")
        folder.mkdir()
        probe.mkdir()
        (probe / "sitecustomize.py").write_text(PROBE)
        with confcall(
            PYTHONPATH=str(probe), BENCH_CACHE=cache, BENCH_FOLDER=str(folder)
        ) as product:
            for room in ROOMS:
                product.shell(
                    "from rooms.models import Background, Room;"
                    f"Room.objects.create(slug='{room}', title='{room}', visitors='speak',"
                    " background=Background.objects.first())"
                )
            result = asyncio.run(load(product, folder, rate, seconds))
    times = sorted(result.times) or [float("nan")]
    p95 = times[int(0.95 * (len(times) - 1))]
    print(
        f"{cache:>5}  {len(times):8}  {result.failed:6}  {statistics.median(times) * 1000:6.1f}  "
        f"{p95 * 1000:6.1f}  {result.queries:7}  {result.cpu * 100:5.0f} %  {load_average():7.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--views", type=float, default=200, help="page views a second")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    stop_on_sigterm()
    print(f"{options.views:.0f} views a second, {len(ROOMS)} cards each")
    print("cache   answers  failed  p50 ms  p95 ms  queries  CPU web  machine", flush=True)
    for cache in ("on", "off"):
        run(cache, options.views, options.seconds)


if __name__ == "__main__":
    main()
