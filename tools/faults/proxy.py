"""A TCP proxy whose connections can be cut or stalled."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

CHUNK = 1 << 16


class Proxy:
    """Between 127.0.0.1:``port`` and a server. It runs in a thread of its own.

    ``cut`` ends all connections and refuses new ones; ``stall`` keeps them and passes nothing on;
    ``mend`` ends both. What came in while it stalled is passed on then.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def cut(self) -> None:
        """End all connections, and refuse new ones."""
        self._in_thread(self._cut)

    def drop(self) -> None:
        """End all connections; new ones are welcome."""
        self._in_thread(self._end_all)

    def stall(self) -> None:
        """Pass nothing on any more."""
        self._in_thread(self._stall)

    def mend(self) -> None:
        """Let everything through again."""
        self._in_thread(self._mend)

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._tasks)

    def _in_thread(self, what: Callable[[], Any]) -> None:
        asyncio.run_coroutine_threadsafe(what(), self._loop).result(30)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._end_all()

    async def _end_all(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stall(self) -> None:
        self._flows.clear()

    async def _mend(self) -> None:
        self._flows.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            try:
                both = (self._pump(reader, far_writer), self._pump(far_reader, writer))
                pumps = [asyncio.create_task(pump) for pump in both]
                try:
                    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for pump in pumps:
                        pump.cancel()
                    await asyncio.gather(*pumps, return_exceptions=True)
            finally:
                far_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()

    def start(self) -> None:
        self._thread.start()
        self._in_thread(self._mend)

    def stop(self) -> None:
        self._in_thread(self._cut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


@contextlib.contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """A proxy to a port of this machine, until the end of the block."""
    made = Proxy(target)
    made.start()
    try:
        yield made
    finally:
        made.stop()
