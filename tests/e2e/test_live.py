"""The owner watches a call from the admin, and the terminal says the same."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.guests import silent_guests
from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def test_the_live_page_follows_a_call_by_itself(browser: Browser, confcall: Confcall) -> None:
    link = room(confcall, "observatory")
    owner = await Person.arrive(browser, f"{confcall.url}/admin/", "owner", locale="en")
    page = owner.page
    wrong: list[str] = []
    page.on(
        "console", lambda message: wrong.append(message.text) if message.type == "error" else None
    )
    await page.get_by_label("Username").fill("owner")
    await page.get_by_label("Password").fill(confcall.password)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("link", name="Live").click()
    await page.get_by_text("Numbers for engineers").click()
    card = page.get_by_role("article").filter(has_text="Observatory")
    await expect(page.get_by_role("article").filter(has_text="Version")).to_have_count(2)
    await expect(card).to_have_count(0)
    await expect(page.get_by_text("The numbers below are out of date")).to_be_hidden()
    async with silent_guests(link, 3):
        await expect(card).to_contain_text(re.compile(r"People\s*3"), timeout=15_000)
        await expect(card).to_contain_text(
            re.compile(r"In\s*[1-9]\d*\skbit/s, [1-9]\d* packets/s"), timeout=15_000
        )
        assert "Observatory (on " in confcall.manage("workers")
        # Keys work while the page renews itself.
        await card.get_by_role("link").focus()
        await page.wait_for_event("requestfinished", lambda request: "part=1" in request.url)
        await expect(card.get_by_role("link")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Right now")).to_be_visible()
        await expect(page.locator("dl.numbers")).to_contain_text("packets/s")
        await page.go_back()
        await page.get_by_text("Numbers for engineers").click()
        await expect(card).to_have_count(1)
    await expect(card).to_have_count(0, timeout=15_000)
    # The page says so by itself when the site is away.
    await page.context.set_offline(True)
    await expect(page.get_by_text("The numbers below are out of date")).to_be_visible(
        timeout=15_000
    )
    await page.context.set_offline(False)
    await expect(page.get_by_text("The numbers below are out of date")).to_be_hidden(timeout=15_000)
    assert not [text for text in wrong if "ERR_INTERNET_DISCONNECTED" not in text]
