"""What all light clients of a process share: slabs, certificate, timers for checks and media."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from sfu_worker.net.dtls import Certificate
from sfu_worker.net.mmsg import NAME_SIZE, ReceiveSlab, SendSlab
from sfu_worker.tasks import Complaints

TICK_SECONDS = 0.05
# How often due packets are sent: a burst is what falls due in that time.
PACE_SECONDS = 0.01


class Ticking(Protocol):
    def tick(self, now: float) -> None: ...


class Hub:
    """Use as ``async with Hub() as hub``.

    Clients are cheap beside it: each has a socket and an SSL connection.
    """

    def __init__(self) -> None:
        self.certificate = Certificate()
        self.inbox = ReceiveSlab(NAME_SIZE)
        self.outbox = SendSlab()
        self.links: set[Ticking] = set()
        # Called every ``PACE_SECONDS`` to send what is due.
        self.pacers: list[Callable[[float], None]] = []
        self._complaints = Complaints(logging.getLogger("sfu.light_client"))
        self._timers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Hub:
        self._timers = [
            asyncio.create_task(self._every(TICK_SECONDS, self._tick)),
            asyncio.create_task(self._every(PACE_SECONDS, self._pace)),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)

    async def _every(self, seconds: float, step: Callable[[float], None]) -> None:
        due = time.monotonic()
        while True:
            try:
                step(time.monotonic())
            except Exception:
                # One client's mistake must not silence the others.
                self._complaints.tell("a timer of the light clients")
            due = max(due + seconds, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    def _tick(self, now: float) -> None:
        for link in list(self.links):
            link.tick(now)

    def _pace(self, now: float) -> None:
        for pacer in list(self.pacers):
            pacer(now)
        self.outbox.flush()
