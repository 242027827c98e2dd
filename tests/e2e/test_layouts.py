"""How people are shown: pages, one of them large, full screen, Picture-in-Picture."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe_faults
from tests.e2e.guests import LOUD, silent_guests
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# Too low for all guests on one page.
PHONE = {"viewport": {"width": 390, "height": 560}}
GUESTS = 8

# How many packets of each person's camera and microphone have come, by name.
PACKETS = """
async () => {
  const found = {};
  const stats = [];
  for (const pc of window.connections.filter((c) => c.connectionState !== 'closed'))
    stats.push(...(await pc.getStats()).values());
  for (const group of document.querySelectorAll('#stage [role=group]')) {
    const of = (kind) => {
      const track = group.querySelector(kind)?.srcObject?.getTracks()[0]?.id;
      const row = stats.find((r) => r.type === 'inbound-rtp' && r.trackIdentifier === track);
      return row?.packetsReceived ?? 0;
    };
    found[group.getAttribute('aria-label')] = { video: of('video'), audio: of('audio') };
  }
  return found;
}
"""
SHOWN = """
() => [...document.querySelectorAll('#stage .tile:not(.away, [hidden])')]
  .map((tile) => tile.closest('[role=group]').getAttribute('aria-label'))
"""
LARGEST = """
() => {
  const tiles = [...document.querySelectorAll('#stage .tile:not(.away, [hidden])')];
  const area = (tile) => tile.offsetWidth * tile.offsetHeight;
  tiles.sort((a, b) => area(b) - area(a));
  const alike = area(tiles[0]) < area(tiles[1]) * 1.1;
  const name = tiles[0].closest('[role=group]').getAttribute('aria-label');
  return alike ? '' : tiles[0].matches('.screen') ? `screen of ${name}` : name;
}
"""
# Only counts: the browser's own lock is asked for.
COUNT_LOCKS = """
window.locks = 0;
const { request } = WakeLock.prototype;
WakeLock.prototype.request = function (...args) {
  window.locks += 1;
  return request.apply(this, args);
};
"""


async def shown(ann: Person) -> set[str]:
    names: list[str] = await ann.page.evaluate(SHOWN)
    return set(names) - {ann.name}


async def is_large(ann: Person, whom: str) -> None:
    async def so() -> bool:
        return bool(await ann.page.evaluate(LARGEST) == whom)

    async def what() -> str:
        return f"large is {await ann.page.evaluate(LARGEST)!r}, not {whom!r}"

    await until(so, 20, what)


async def choose(ann: Person, layout: str) -> None:
    await ann.button("More").click()
    radio = ann.page.get_by_role("radio", name=layout)
    await radio.press("Space")
    await expect(radio).to_be_checked()
    await ann.page.keyboard.press("Escape")


async def receives_only_who_is_shown(ann: Person) -> None:
    """Wait until packets of the videos of exactly those come."""

    async def so() -> bool:
        before = await ann.page.evaluate(PACKETS)
        await asyncio.sleep(0.5)
        now = await ann.page.evaluate(PACKETS)
        coming = {name for name in now if now[name]["video"] > before[name]["video"]}
        return coming == await shown(ann)

    await until(so, 30, lambda: ann.report("Ann receives other videos", "Guest 0"))


async def test_only_the_open_page_is_received_but_everyone_is_heard(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "pages")
    async with silent_guests(link, GUESTS, camera=True) as guests:
        ann = await Person.arrive(browser, link, "Ann", **PHONE)
        await ann.join(devices=False)
        await expect(ann.region.get_by_role("group")).to_have_count(GUESTS + 1, timeout=30_000)
        pages = ann.region.get_by_role("navigation", name="Pages of people")
        await expect(pages).to_contain_text("Page 1 of 2")
        first = await shown(ann)
        assert len(first) == GUESTS / 2
        await receives_only_who_is_shown(ann)
        await pages.get_by_role("button", name="Next page").press("Enter")
        await expect(pages).to_contain_text("Page 2 of 2")
        assert await shown(ann) == set(guests) - first
        await expect(pages.get_by_role("button", name="Next page")).to_be_focused()
        await receives_only_who_is_shown(ann)
        # Someone on the other page speaks.
        name = sorted(first)[0]
        before = await ann.page.evaluate(PACKETS)
        next(s for s in guests[name].streams if s.kind == "audio").level = LOUD

        async def heard() -> bool:
            now = await ann.page.evaluate(PACKETS)
            return bool(now[name]["audio"] > before[name]["audio"] + 20)

        await until(heard, 20, lambda: ann.report(f"Ann does not hear {name}", name))
        assert name not in await shown(ann)
        assert await axe_faults(ann.page) == []
        await pages.get_by_role("button", name="Previous page").press("Enter")
        await expect(pages).to_contain_text("Page 1 of 2")
        assert name in await shown(ann)
        assert ann.errors == []


async def test_a_share_is_large_and_goes_back_by_itself_and_the_choice_is_kept(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "focus")
    async with silent_guests(link, 1):
        ann = await Person.arrive(browser, link, "Ann")
        ben = await Person.arrive(browser, link, "Ben")
        await ben.join()
        await ann.join(devices=False)
        await is_large(ann, "")
        await ben.button("Share screen").click()
        await is_large(ann, "screen of Ben")
        await choose(ann, "Grid")
        await is_large(ann, "")
        await choose(ann, "Automatic")
        await is_large(ann, "screen of Ben")
        await ben.button("Share screen").click()
        await is_large(ann, "")
        await choose(ann, "Focus")
        await is_large(ann, "Ben")  # the beeps of their microphone
        await ann.page.reload()
        await ann.join(devices=False)
        await is_large(ann, "Ben")
        assert ann.errors == []


async def test_the_screen_stays_on_and_the_call_can_fill_it_or_float_above_others(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "views")
    ben = await Person.arrive(browser, link, "Ben")
    await ben.join()
    ann = await Person.arrive(browser, link, "Ann")
    await ann.page.add_init_script(COUNT_LOCKS)
    await ann.page.reload()
    await ann.join()
    await ann.page.wait_for_function("window.locks === 1")
    await ann.button("More").click()
    await ann.button("Full screen").click()
    await ann.page.wait_for_function("document.fullscreenElement !== null")
    await expect(ann.button("More")).to_be_focused()
    await ann.page.keyboard.press("Escape")
    await ann.page.wait_for_function("document.fullscreenElement === null")
    await ann.sees("Ben")
    window = await small_window(ann)
    await expect(window.get_by_text("Ben")).to_be_visible()
    await window.wait_for_function("document.querySelector('video').videoWidth > 0")
    microphone = window.get_by_role("button", name="Microphone")
    await microphone.click()
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "false")
    await expect(microphone).to_have_attribute("aria-pressed", "false")
    await window.close()
    await ann.button("More").click()
    await expect(ann.button("Picture-in-picture")).to_be_visible()
    await ann.page.keyboard.press("Escape")
    window = await small_window(ann)
    async with window.expect_event("close"):
        await window.get_by_role("button", name="Leave").click()
    await expect(ann.button("Join again")).to_be_visible()
    assert ann.errors == []


async def small_window(ann: Person) -> Page:
    await ann.button("More").click()
    async with ann.page.context.expect_page() as opened:
        await ann.button("Picture-in-picture").click()
    return await opened.value
