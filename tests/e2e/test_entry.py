"""The way in: without cookies, and before the room opens."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    Route,
    async_playwright,
    expect,
)

from tests.e2e.people import Person, until
from tools import chromium
from tools.product import Confcall

pytestmark = pytest.mark.e2e

COUNT_QUESTIONS = """
window.asked = window.answered = 0;
const ask = window.fetch;
window.fetch = async (...what) => {
  window.asked += 1;
  try { return await ask(...what); } finally { window.answered += 1; }
};
"""
NO_COOKIES = {"profile": {"default_content_setting_values": {"cookies": 2}}}


@asynccontextmanager
async def without_cookies(folder: Path) -> AsyncIterator[BrowserContext]:
    """A Chromium whose user has chosen "Block all cookies"."""
    profile = folder / "Default"
    profile.mkdir(parents=True)
    (profile / "Preferences").write_text(json.dumps(NO_COOKIES))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder,
            executable_path=chromium.executable(),
            args=chromium.FLAGS,
            viewport={"width": 1280, "height": 800},
        )
        yield context
        await context.close()


def counted_invite(confcall: Confcall, slug: str, uses: int) -> str:
    """A link into a new room that lets ``uses`` people in."""
    token = confcall.shell(
        "from rooms.models import Room;"
        f"room = Room.objects.create(slug='{slug}', title='{slug}');"
        f"print(room.invites.create(uses_left={uses}).token)"
    )
    return f"{confcall.url}/i/{token}/"


def uses_left(confcall: Confcall, link: str) -> str:
    token = link.rstrip("/").rpartition("/")[2]
    return confcall.shell(
        f"from rooms.models import Invite; print(Invite.objects.get(token='{token}').uses_left)"
    )


async def test_without_cookies_a_call_is_joined_and_left_and_joined_again(
    browser: Browser, confcall: Confcall, tmp_path: Path
) -> None:
    link = counted_invite(confcall, "no-cookies", 2)
    async with without_cookies(tmp_path) as context:
        ann = await Person.arrive(context, link, "Ann")
        # navigator.cookieEnabled is true all the same.
        assert not await context.cookies(), "cookies are not blocked"
        # Ben looks like a program: he first gets the page for previews, which moves on by itself.
        ben = await Person.arrive(browser, link, "Ben", user_agent="Mozilla/5.0 (Old) Chromebot")
        await ben.join()
        # With a cookie the token leaves the address bar; without one it is the only way back.
        await expect(ben.page).to_have_url(f"{confcall.url}/r/no-cookies/")
        for _time in range(2):
            await ann.join()
            await ann.sees("Ben")
            await ann.hears("Ben")
            await ben.sees("Ann")
            assert uses_left(confcall, link) == "0"
            assert ann.page.url == link
            await ann.page.reload()
        await ann.page.reload()
        await ann.join(devices=False)
        await ann.page.get_by_role("textbox", name="Message").fill("hello without cookies")
        await ann.button("Send").click()
        await expect(ben.page.get_by_text("hello without cookies", exact=True)).to_be_visible()
        notes = ann.page.frame_locator("iframe").locator(".ql-editor")
        await notes.fill("written without cookies")
        words = ben.page.frame_locator("iframe").get_by_text(re.compile("written without cookies"))
        await expect(words).to_be_visible()
        # Leave, and come back by the page's own button.
        await ann.button("Leave").click()
        await ann.button("Join again").click()
        await ann.join(devices=False)
        assert uses_left(confcall, link) == "0"
        assert not ann.errors


def opening_invite(confcall: Confcall, slug: str, seconds: float) -> str:
    """A link into a new room that opens in so many seconds."""
    path = confcall.shell(
        "from datetime import timedelta; from django.utils import timezone;"
        "from rooms.models import Room;"
        f"opens = timezone.now() + timedelta(seconds={seconds});"
        f"room = Room.objects.create(slug='{slug}', title='{slug}', opens=opens);"
        "print(room.invites.create().get_absolute_url())"
    )
    return f"{confcall.url}{path}"


async def waiting(browser: Browser, link: str, **context: Any) -> tuple[Page, list[str]]:
    """A tab for a waiting page, and the pages that it has loaded so far."""
    page = await (await browser.new_context(**context)).new_page()
    loaded: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request():
            loaded.append(request.url)

    page.on("request", note)
    return page, loaded


async def test_the_waiting_page_lets_people_in_on_time_whatever_their_clocks_say(
    browser: Browser, confcall: Confcall
) -> None:
    link = opening_invite(confcall, "soon", 12)
    tabs = [await waiting(browser, link) for _clock in range(3)]
    for (page, _loaded), days in zip(tabs, (-400, 0, 400), strict=True):
        await page.clock.set_system_time(datetime.now(UTC) + timedelta(days=days))
        response = await page.goto(link)
        assert response is not None
        assert response.status == 403, "the test is too slow for its room"
        await expect(page.get_by_text(re.compile(r", in \d+ seconds?\."))).to_be_visible()
    for page, loaded in tabs:
        await expect(page.get_by_role("textbox", name="Your name")).to_be_visible(timeout=30_000)
        # Once to wait and once to come in: the page does not load again and again.
        assert len(loaded) == 2, loaded
        await page.context.close()


async def test_a_waiting_page_that_asks_in_vain_asks_less_and_less(
    browser: Browser, confcall: Confcall
) -> None:
    link = opening_invite(confcall, "later", 25.5 * 24 * 3600)
    page, loaded = await waiting(browser, link, timezone_id="Asia/Tokyo", locale="en-GB")
    await page.clock.install()
    await page.add_init_script(COUNT_QUESTIONS)

    async def answer(route: Route) -> None:
        if route.request.method == "HEAD":
            await route.fulfill(status=403, headers={"Retry-After": "0"})
        else:
            await route.continue_()

    async def pass_time(seconds: int) -> int:
        """Let time pass, and all questions be answered. Returns how many there were so far."""
        await page.clock.run_for(seconds * 1000)
        await until(all_answered, 20, "the page waits for an answer")
        return int(await page.evaluate("asked"))

    async def all_answered() -> bool:
        return bool(await page.evaluate("asked === answered"))

    await page.route(re.compile("/i/"), answer)
    await page.goto(link)
    sentence = page.get_by_text("It opens on")
    moment = await page.locator("time").get_attribute("datetime")
    local = datetime.fromisoformat(moment or "") + timedelta(hours=9)
    day = rf"{local:%A},? {local.day} {local:%B} {local.year} at {local:%H:%M}"
    await expect(sentence).to_have_text(re.compile(rf"^It opens on {day}, in 25 days\.$"))
    await page.clock.fast_forward(26 * 24 * 3600 * 1000)
    while await pass_time(60) < 8:
        pass
    before = await pass_time(0)
    assert await pass_time(20) == before, "it goes on asking as often as at first"
    assert await pass_time(60) > before, "it has given up"
    assert len(loaded) == 1, loaded
    await page.context.close()


async def test_a_waiting_page_that_is_loaded_again_in_vain_does_so_less_and_less(
    browser: Browser, confcall: Confcall
) -> None:
    link = opening_invite(confcall, "in-vain", 3600)
    page = await (await browser.new_context()).new_page()
    loaded: list[str] = []
    page.on("load", lambda _page: loaded.append(page.url))
    await page.clock.install()

    async def answer(route: Route) -> None:
        if route.request.method == "HEAD":
            await route.fulfill(status=200)
            return
        response = await route.fetch()
        body = re.sub(r'data-left="[^"]*"', 'data-left="0"', await response.text())
        await route.fulfill(response=response, body=body)

    async def another_page() -> bool:
        return len(loaded) > before

    await page.route(re.compile("/i/"), answer)
    await page.goto(link)
    while (before := len(loaded)) < 7:
        await page.clock.run_for(60_000)
        await until(another_page, 20, "the page does not ask")
    await page.clock.run_for(10_000)
    assert await page.evaluate("history.state?.inVain") == 6, "it forgets how often it has asked"
    assert len(loaded) == before
    await page.context.close()


async def test_without_scripts_the_waiting_page_names_the_zone(
    browser: Browser, confcall: Confcall
) -> None:
    link = opening_invite(confcall, "quiet", 3600)
    page, _loaded = await waiting(browser, link, java_script_enabled=False)
    await page.goto(link)
    sentence = r"^It opens on \w+, \d+ \w+ \d{4} at \d\d:\d\d \(UTC\)\.$"
    await expect(page.get_by_text("It opens on")).to_have_text(re.compile(sentence))
    await page.context.close()
