"""A call through a real coturn that has the shipped deploy/turnserver.conf."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.deploy.coturn import SECRET, coturn
from tests.e2e.people import Person
from tools import product
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# As on a network that lets nothing through but the way to the relay.
RELAY_ALONE = """
window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
  construct(target, [options]) {
    const iceServers = options.iceServers.map((server) => (
      { ...server, urls: server.urls.filter((url) => url.endsWith('=TRANSPORT')) }));
    return new target({ ...options, iceServers, iceTransportPolicy: 'relay' });
  },
});
"""

WAY = """
async () => {
  const ways = [];
  for (const pc of window.connections.filter((c) => c.connectionState === 'connected')) {
    const stats = await pc.getStats();
    const pair = [...stats.values()].find((r) => r.type === 'candidate-pair' && r.nominated);
    const local = stats.get(pair.localCandidateId);
    ways.push(`${local.candidateType} ${local.relayProtocol}`);
  }
  return ways;
}
"""


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confcall]:
    # The workers are on loopback, which coturn refuses twice: by itself and by the deny list.
    loopback = ("--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1")
    with coturn(tmp_path_factory.mktemp("coturn"), *loopback) as port:
        urls = ",".join(f"turn:127.0.0.1:{port}?transport={kind}" for kind in ("udp", "tcp"))
        with product.confcall(
            TURN_URLS=urls, TURN_SECRET=SECRET, SFU_LISTEN="127.0.0.1", SFU_WORKERS="1"
        ) as running:
            yield running


async def through(browser: Browser, transport: str) -> BrowserContext:
    context = await browser.new_context()
    await context.add_init_script(RELAY_ALONE.replace("TRANSPORT", transport))
    return context


async def test_two_people_who_reach_nothing_but_the_relay_see_and_hear_each_other(
    browser: Browser, relayed: Confcall
) -> None:
    link = relayed.link(r"\S+/i/\S+")
    ann = await Person.arrive(await through(browser, "udp"), link, "Ann")
    ben = await Person.arrive(await through(browser, "tcp"), link, "Ben")
    await ann.join()
    await ben.join()
    await ann.sees("Ben")
    await ann.hears("Ben")
    await ben.sees("Ann")
    await ben.hears("Ann")
    assert await ann.page.evaluate(WAY) == ["relay udp"]
    assert await ben.page.evaluate(WAY) == ["relay tcp"]
    assert ann.errors == ben.errors == []
