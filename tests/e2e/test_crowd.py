"""A room with more people than a page has places for: Chromium among silent light clients.

Anyone who speaks is heard and shown.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from sfu_worker import wire
from tests.e2e.guests import LOUD, silent_guests
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# Two more than a page has pairs for.
GUESTS = 38

VOICES = """
async () => {
  const elements = [...document.querySelectorAll('#stage > audio')];
  const ids = elements.map((e) => e.srcObject && e.srcObject.getTracks()[0].id);
  const playing = elements.filter((e) => !e.paused).length;
  const found = { playing, packets: 0, lost: 0, energy: 0 };
  for (const pc of window.connections.filter((c) => c.connectionState !== 'closed'))
    for (const r of (await pc.getStats()).values()) {
      if (r.type !== 'inbound-rtp' || !ids.includes(r.trackIdentifier)) continue;
      found.packets += r.packetsReceived;
      found.lost += r.packetsLost;
      found.energy += r.totalAudioEnergy || 0;
    }
  return found;
}
"""

# The people whose sound has no pair on the page.
WITHOUT_PAIR = """
() => [...document.querySelectorAll('[aria-label="People in the call"] [role=group]')]
  .filter((g) => [...g.querySelectorAll('audio')].some((a) => !a.srcObject))
  .map((g) => g.getAttribute('aria-label'))
"""


async def test_someone_without_a_place_on_the_page_is_heard_at_once_and_gets_one(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "hall")
    confcall.shell(
        "from rooms.models import Room; Room.objects.filter(slug='hall').update(max_people=100)"
    )
    ann = await Person.arrive(browser, link, "Ann")
    await ann.join(devices=False)
    async with silent_guests(link, GUESTS) as guests:
        await expect(ann.region.get_by_role("group")).to_have_count(GUESTS + 1, timeout=60_000)

        async def voices() -> dict[str, Any]:
            found: dict[str, Any] = await ann.page.evaluate(VOICES)
            return found

        async def settled() -> bool:
            return (await voices())["playing"] == 4 and len(
                await ann.page.evaluate(WITHOUT_PAIR)
            ) == GUESTS - 36

        await until(settled, 60, lambda: ann.report("Ann has no slots for voices", "Guest 0"))
        size: int = await ann.page.evaluate("window.connections[0].localDescription.sdp.length")
        assert size < wire.MAX_SDP_BYTES, f"the offer has {size} bytes"
        name = (await ann.page.evaluate(WITHOUT_PAIR))[0]
        assert (await voices())["packets"] == 0, "someone silent is in a slot for voices"
        guests[name].streams[0].level = LOUD

        async def heard() -> bool:
            now = await voices()
            return bool(now["packets"] >= 5 and now["energy"] > 0)

        await until(heard, 30, lambda: ann.report(f"Ann does not hear {name}", name))
        await expect(ann.group(name).get_by_role("img", name="speaking")).to_be_visible(
            timeout=10_000
        )
        # They get a pair now, to which their voice moves.
        await ann.hears(name)

        async def still() -> bool:
            before = (await voices())["packets"]
            await asyncio.sleep(0.3)
            return bool((await voices())["packets"] == before)

        await until(still, 10, "the voice is heard twice")
        assert (await voices())["lost"] == 0
        assert ann.errors == []
