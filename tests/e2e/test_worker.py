"""A real browser and a real worker without the web side: media and layers over the bus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from channels_redis.core import RedisChannelLayer
from playwright.async_api import Browser

from sfu_worker import wire
from tests.e2e.peer import Bus, Peer, detail, peer, seen
from tests.e2e.people import until
from tools import product
from tools.chromium import page_server

pytestmark = pytest.mark.e2e


@pytest.fixture
def worker(redis_url: str, tmp_path: Path) -> Iterator[Path]:
    log = tmp_path / "worker.log"
    with product.worker(redis_url, "lab", log, LOG_LEVEL="DEBUG") as process:
        yield log
    assert process.returncode == 0
    assert "Traceback" not in log.read_text()


@pytest_asyncio.fixture(loop_scope="session")
async def bus(worker: Path, redis_url: str, tmp_path: Path) -> AsyncIterator[Bus]:
    layer = RedisChannelLayer(
        hosts=[{"address": redis_url, "socket_timeout": 20}], prefix="confcall"
    )
    with page_server() as origin:
        yield Bus(layer, origin, worker)
    await layer.close_pools()


async def test_media_flows_and_layers_switch_without_a_new_offer(
    browser: Browser, bus: Bus
) -> None:
    ann, ben = await peer(browser, bus, "ann"), await peer(browser, bus, "ben")
    await ann.join()
    await ben.join(())
    await until(
        lambda: seen(ben, "ann:camera"), 20, lambda: ben.say("the camera was not published")
    )
    await ben.want(0, "ann:microphone")
    await ben.want(1, "ann:camera", 135)

    async def low() -> bool:
        now = await ben.inbound(1)
        return bool(now["frames"] > 20 and 0 < now["height"] <= 180)

    await until(low, 20, lambda: ben.say("no small picture"))
    await ben.want(1, "ann:camera", 540)

    async def high() -> bool:
        return bool((await ben.inbound(1))["height"] >= 500)

    await until(high, 40, lambda: detail(ann, ben))
    await ben.want(1, "ann:camera", 135)
    await until(low, 20, lambda: detail(ann, ben))
    sound = await ben.inbound(0)
    assert sound["packets"] > 50
    assert sound["lost"] == 0
    assert (await ben.inbound(1))["lost"] == 0
    await ann.end()
    await ben.end()


async def test_layers_that_no_one_watches_stop_and_come_back(browser: Browser, bus: Bus) -> None:
    ann, ben = await peer(browser, bus, "ann"), await peer(browser, bus, "ben")
    await ann.join()
    await ben.join(())
    await until(
        lambda: seen(ben, "ann:camera"), 20, lambda: ben.say("the camera was not published")
    )
    await ben.want(1, "ann:camera", 540)

    async def high() -> bool:
        return bool((await ben.inbound(1))["height"] >= 500)

    await until(high, 40, lambda: detail(ann, ben))
    await ben.want(1, "ann:camera", 135)
    await until(
        lambda: told(ann, ["q"]), 15, lambda: ann.say("the sender was not told that no one watches")
    )
    await ann.page.evaluate("(x) => window.only(x)", ["q"])
    await ben.want(1, "ann:camera", 540)
    await until(
        lambda: told(ann, ["q", "h", "f"]),
        5,
        lambda: ann.say("the sender was not told that someone watches again"),
    )
    await ann.page.evaluate("(x) => window.only(x)", ["q", "h", "f"])
    await until(high, 40, lambda: detail(ann, ben))
    await ann.end()
    await ben.end()


async def told(p: Peer, rids: list[str]) -> bool:
    said = [e for e in p.events if isinstance(e, wire.LayersWanted)]
    return bool(said) and said[-1].rids == rids
