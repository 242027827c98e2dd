"""A worker and a Valkey of a benchmark's own, reached over the channel layer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis.exceptions
from channels_redis.core import RedisChannelLayer

from sfu_worker import wire
from tools import product

WORKER = "bench"


@dataclass
class Rig:
    """A running worker. ``log`` is what it has written; ``pid`` its process."""

    layer: RedisChannelLayer
    redis_url: str
    data: Path
    log: Path
    pid: int

    async def command(self, command: wire.Command) -> None:
        await self.layer.send(wire.worker_channel(WORKER), wire.seal(command, 1))

    def cpu_seconds(self) -> float:
        """User and system time that the worker has used."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Seat:
    """One participant on the bus. ``events`` is all that the worker has told them, with times.

    ``on_layers`` is called with the rids that are watched: like the call page, a sender stops
    encoding the others.
    """

    rig: Rig
    room: str
    name: str
    events: list[tuple[float, wire.Message]] = field(default_factory=list)
    on_layers: Callable[[list[str]], Awaitable[None]] | None = None
    _reader: asyncio.Task[None] | None = None

    async def join(self, *, publish: bool, hears_room: bool = True) -> None:
        reply = await self.rig.layer.new_channel("bench")
        if hears_room:
            await self.rig.layer.group_add(wire.room_group(self.room), reply)
        self._reader = asyncio.create_task(self._read(reply))
        role = "speaker" if publish else "listener"
        await self.rig.command(wire.Join(self.room, self.name, self.name, role, publish, reply))

    async def _read(self, reply: str) -> None:
        # Ends when it is cancelled, or when Ctrl-C has stopped the server.
        while True:
            try:
                message = await self.rig.layer.receive(reply)
            except redis.exceptions.ConnectionError:
                return
            event = wire.decode(message["body"])
            self.events.append((asyncio.get_running_loop().time(), event))
            if (
                isinstance(event, wire.LayersWanted)
                and event.source == "camera"
                and self.on_layers is not None
            ):
                await self.on_layers(event.rids)

    async def answer(self, sdp: str, tracks: dict[str, str]) -> str:
        """Offer and wait for the answer. Raises RuntimeError if it is refused or does not come."""
        await self.rig.command(wire.Offer(self.room, self.name, sdp, tracks))
        for _ in range(200):
            for _, event in self.events:
                if isinstance(event, wire.Answer):
                    return event.sdp
                if isinstance(event, wire.Refused):
                    raise RuntimeError(f"the worker refused: {event}")
            await asyncio.sleep(0.05)
        raise RuntimeError(
            f"no answer within 10 s; the worker's log:\n{self.rig.log.read_text()[-3000:]}"
        )

    async def want(self, slots: list[wire.SlotRequest]) -> None:
        await self.rig.command(wire.Slots(self.room, self.name, slots))

    async def leave(self) -> None:
        if self._reader is not None:
            # channels_redis now and then swallows a cancellation: repeat until it ends.
            while not self._reader.done():
                self._reader.cancel()
                await asyncio.wait([self._reader], timeout=0.2)
        # Ctrl-C reaches the server too: then there is no one left to tell.
        with contextlib.suppress(redis.exceptions.ConnectionError):
            await self.rig.command(wire.Leave(self.room, self.name))


@contextlib.asynccontextmanager
async def rig(module: str = "sfu_worker.process", **settings: str) -> AsyncIterator[Rig]:
    """Valkey and a worker, which ``module`` runs; both are gone afterwards, whatever happens."""
    settings = {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"), **settings}
    with contextlib.ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="confcall-bench-", ignore_cleanup_errors=True)
        data = Path(stack.enter_context(folder))
        log = data / "worker.log"
        url = stack.enter_context(product.valkey(data / "valkey"))
        process = stack.enter_context(product.worker(url, WORKER, log, module, **settings))
        layer = RedisChannelLayer(hosts=[{"address": url, "socket_timeout": 20}], prefix="confcall")
        try:
            yield Rig(layer, url, data, log, process.pid)
            if "Traceback" in log.read_text():
                print(log.read_text()[-4000:], file=sys.stderr)
        finally:
            await layer.close_pools()


def stop_on_sigterm() -> None:
    """Let SIGTERM end a benchmark as Ctrl-C does: with its worker, browsers and servers."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def load_average() -> float:
    """Of the last minute."""
    return os.getloadavg()[0]
