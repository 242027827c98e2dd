"""A viewer that sends nothing knows the round trip to the worker, and so when to repeat NACKs."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

MEASURED = """
async () => {
  const found = {audio: 0, video: 0, sent: 0};
  for (const pc of window.connections.filter((c) => c.connectionState !== 'closed'))
    for (const r of (await pc.getStats()).values()) {
      if (r.type === 'remote-outbound-rtp') found[r.kind] += r.roundTripTimeMeasurements;
      if (r.type === 'outbound-rtp') found.sent += r.packetsSent;
    }
  return found;
}
"""


async def test_a_viewer_that_sends_nothing_measures_round_trips(
    confcall: Confcall, browser: Browser
) -> None:
    link = room(confcall, "round-trip")
    ann = await Person.arrive(browser, link, "Ann")
    await ann.join()
    bob = await Person.arrive(browser, link, "Bob")
    await bob.join(devices=False)
    await bob.sees("Ann")

    async def both() -> bool:
        measured = await bob.page.evaluate(MEASURED)
        assert measured["sent"] == 0
        return bool(measured["audio"] and measured["video"])

    await until(both, 30, lambda: bob.report("no round trip was measured", "Ann"))
    assert not bob.errors
