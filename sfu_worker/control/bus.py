"""The worker's end of the channel layer: commands in, events out, in order.

Neither direction ends by itself. Redis may be away for any length of time. Any other error costs
the message in hand and is logged. After ten seconds of nothing but errors ``on_broken`` is called:
a worker that cannot hear commands must not look alive.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import redis.exceptions
from channels.exceptions import ChannelFull

from sfu_worker import wire
from sfu_worker.channel_layer import ChannelLayer
from sfu_worker.tasks import Complaints, end, repeat, start

logger = logging.getLogger("sfu.bus")

# Events that may wait to be sent. While Redis is away the oldest are dropped, and one with each
# failed attempt. Clients see the gap in ``n`` and ask for a snapshot.
OUTBOX = 10_000

RETRY_SECONDS = 0.5


class Bus:
    """Receives commands for one worker and sends events; outlives Redis.

    ``on_command`` gets each command with the fence that it travelled with.
    """

    def __init__(
        self,
        redis_url: str,
        worker: str,
        on_command: Callable[[wire.Command, int], None],
        on_broken: Callable[[BaseException], None],
    ) -> None:
        self._layer = ChannelLayer(**wire.layer_options(redis_url))
        self._channel = wire.worker_channel(worker)
        self._on_command = on_command
        self._on_broken = on_broken
        self._complaints = Complaints(logger)
        self._outbox: asyncio.Queue[tuple[str, str, wire.Event, int]] = asyncio.Queue(OUTBOX)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to receive and to send."""
        steps = ((self._receive, "receiving a command"), (self._send, "sending an event"))
        self._tasks = [start(self._forever(step, what), self._on_broken) for step, what in steps]

    async def stop(self) -> None:
        """Send what is waiting, for a second at most, then end."""
        try:
            await asyncio.wait_for(self._outbox.join(), 1.0)
        except TimeoutError:
            logger.warning("x %d events were not sent", self._outbox.qsize())
        await end(*self._tasks)
        await self._layer.close_pools()

    def tell(self, reply: str, event: wire.Event, fence: int = 0) -> None:
        """Send an event to one reply channel. ``fence``: see ``wire.seal``."""
        self._put(("one", reply, event, fence))

    def tell_group(self, room: str, event: wire.Event, fence: int) -> None:
        """Send an event to everyone in a room."""
        self._put(("group", wire.room_group(room), event, fence))

    def _put(self, item: tuple[str, str, wire.Event, int]) -> None:
        if self._outbox.full():
            self._outbox.get_nowait()
            self._outbox.task_done()
        self._outbox.put_nowait(item)

    async def _receive(self) -> None:
        self._dispatch(await self._layer.receive(self._channel))

    def _dispatch(self, message: object) -> None:
        try:
            command, fence = wire.unseal(message)
        except wire.WireError as exc:
            logger.warning("x command refused: %s", exc)
            return
        try:
            self._on_command(command, fence)  # type: ignore[arg-type]
        except Exception:
            # An error in one room must not stop the commands of all others.
            self._complaints.tell(f"the command {type(command).__name__}")

    async def _send(self) -> None:
        how, target, event, fence = await self._outbox.get()
        try:
            message = wire.seal(event, fence)
            if how == "one":
                await self._layer.send(target, message)
            else:
                await self._layer.group_send(target, message)
        except ChannelFull:
            logger.warning("x a consumer does not read its events")
        finally:
            self._outbox.task_done()

    async def _forever(self, step: Callable[[], Awaitable[None]], what: str) -> None:
        away = False

        async def patient() -> None:
            nonlocal away
            try:
                await step()
                if away:
                    logger.info("- Redis is back")
                away = False
            except (redis.exceptions.RedisError, OSError) as exc:
                if not away:
                    logger.warning("x Redis is away, media goes on: %s", exc)
                away = True
                await asyncio.sleep(RETRY_SECONDS)

        await repeat(patient, what, self._complaints)
