"""A receiver with bandwidth for some of the frames gets those, in each codec of Chromium."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from channels_redis.core import RedisChannelLayer
from playwright.async_api import Browser

from sfu_worker.call.connection import Connection
from sfu_worker.config import Config
from sfu_worker.down.egress import Egress
from sfu_worker.down.slot import Slot
from sfu_worker.rtp.dependency import ALL_TEMPORAL
from sfu_worker.tasks import end
from sfu_worker.up.layer import UpLayer
from sfu_worker.worker import Worker
from tests.e2e.peer import Bus, Peer, detail, peer, seen
from tests.e2e.people import until
from tools.chromium import page_server

pytestmark = pytest.mark.e2e

CODECS = ("VP8", "VP9", "AV1", "H264")
ENOUGH = 100_000_000


@pytest_asyncio.fixture(loop_scope="session")
async def worker(redis_url: str) -> AsyncIterator[Worker]:
    """A worker in this process, so that a test can set the budget of a receiver."""
    worker = Worker(Config("lab", "lab", redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    yield worker
    await worker.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def bus(worker: Worker, redis_url: str, tmp_path: Path) -> AsyncIterator[Bus]:
    layer = RedisChannelLayer(
        hosts=[{"address": redis_url, "socket_timeout": 20}], prefix="confcall"
    )
    log = tmp_path / "none.log"
    log.touch()
    with page_server() as origin:
        yield Bus(layer, origin, log)
    await layer.close_pools()


class Pair:
    """ann sends with three temporal layers, ben watches."""

    def __init__(self, ann: Peer, ben: Peer, worker: Worker) -> None:
        self.ann, self.ben, self.worker, self.wanted = ann, ben, worker, ALL_TEMPORAL

    @property
    def receiver(self) -> Connection:
        connection = self.worker.rooms["lab"].participants["ben"].connection
        assert connection is not None
        return connection

    @property
    def slot(self) -> Slot:
        return self.receiver.slots[self.ben.slots[1]]

    @property
    def layers(self) -> list[UpLayer]:
        return self.worker.rooms["lab"].participants["ann"].tracks["camera"].layers

    async def frames(self) -> tuple[int, dict[str, Any]]:
        """(encoded by the sender, the receiver's statistics)"""
        sent: dict[str, Any] = await self.ann.page.evaluate("window.outbound()")
        return sum(encoding["frames"] for encoding in sent.values()), await self.ben.inbound(1)

    async def share(self, frames: int) -> tuple[float, dict[str, int]]:
        """The share of the next frames that is decoded, and what else the receiver counts."""
        encoded, before = await self.frames()
        while (now := await self.frames())[0] < encoded + frames:
            await asyncio.sleep(0.1)
        got = {name: now[1][name] - before[name] for name in ("frames", "freezes", "plis", "lost")}
        return got["frames"] / (now[0] - encoded), got

    async def give(self, temporal: int) -> None:
        """Let the budget be enough for this temporal layer from now on; wait for the choice."""
        self.wanted = temporal

        async def chosen() -> bool:
            return self.slot.layer is not None and self.slot.output.max_temporal == temporal

        await until(chosen, 20, lambda: detail(self.ann, self.ben))

    async def keep_budget(self) -> None:
        """Set the receiver's estimate again and again, until this is cancelled."""
        while True:
            rates = self.layers[0].bitrates if self.layers else (0,)
            limited = self.wanted < len(rates) - 1
            budget = (rates[self.wanted] + rates[self.wanted + 1]) // 2 if limited else ENOUGH
            Egress.on_remb(self.receiver.egress, budget, time.monotonic())
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("codec", CODECS)
async def test_a_small_budget_costs_frames_and_nothing_else(
    browser: Browser, bus: Bus, worker: Worker, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, ben = await peer(browser, bus, "ann"), await peer(browser, bus, "ben")
    await ann.join(("camera",), rids="", slots=0, codec=codec, height=270)
    await ben.join((), slots=1, reports=False)
    await until(
        lambda: seen(ben, "ann:camera"), 20, lambda: ben.say("the camera was not published")
    )
    await ben.want(1, "ann:camera", 270)
    pair = Pair(ann, ben, worker)
    # The browser reports its own estimate, which would come between ours.
    monkeypatch.setattr(pair.receiver.egress, "on_remb", lambda bitrate, now: None)
    budget = asyncio.create_task(pair.keep_budget())

    async def decoding() -> bool:
        return bool((await ben.inbound(1))["frames"] > 60) and len(pair.layers[0].bitrates) == 3

    await until(decoding, 30, lambda: detail(ann, ben))
    counted = []
    for temporal, least, most in ((0, 0.15, 0.4), (ALL_TEMPORAL, 0.8, 1.2), (0, 0.15, 0.4)):
        await pair.give(temporal)
        # The first frames were on their way before.
        await pair.share(15)
        share, got = await pair.share(60)
        assert least < share < most, (temporal, share, await detail(ann, ben))
        counted.append(got)
    await end(budget)
    assert [layer.codec.name for layer in pair.layers] == [codec]
    assert sum(got["lost"] for got in counted) == 0
    assert sum(got["plis"] for got in counted) <= 1, counted
    assert sum(got["freezes"] for got in counted) <= 2, counted
    await ann.end()
    await ben.end()


@pytest.mark.parametrize("codec", CODECS)
async def test_three_rids_are_three_streams_with_temporal_layers(
    browser: Browser, bus: Bus, worker: Worker, codec: str
) -> None:
    ann, ben = await peer(browser, bus, "ann"), await peer(browser, bus, "ben")
    await ann.join(("camera",), slots=0, codec=codec)
    await ben.join((), slots=1)
    await until(
        lambda: seen(ben, "ann:camera"), 20, lambda: ben.say("the camera was not published")
    )
    pair = Pair(ann, ben, worker)

    async def three() -> bool:
        return len(pair.layers) == 3 and all(
            len(layer.bitrates) == 3 and layer.size for layer in pair.layers
        )

    await until(three, 40, lambda: detail(ann, ben))
    assert [layer.rid for layer in pair.layers] == ["q", "h", "f"]
    assert [layer.size and layer.size[0] for layer in pair.layers] == [240, 480, 960]
    await ann.end()
    await ben.end()
