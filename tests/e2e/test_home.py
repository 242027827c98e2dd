"""The owner's home in a browser: a room in three fields, and an invite without a reload."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import Person
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def test_an_owner_makes_a_room_and_an_invite(browser: Browser, confcall: Confcall) -> None:
    owner = await Person.arrive(browser, f"{confcall.url}/admin/", "owner", locale="en")
    page = owner.page
    await page.get_by_label("Username").fill("owner")
    await page.get_by_label("Password").fill(confcall.password)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_text("New room", exact=True).click()
    await page.get_by_label("Title").fill("Tea at home")
    await page.get_by_role("button", name="Make the room").click()
    card = page.get_by_role("article", name="Tea at home")
    first = await card.get_by_role("textbox", name="Link").input_value()
    await card.get_by_role("button", name="New invite").click()
    await expect(card.get_by_role("textbox", name="Link")).not_to_have_value(first)
    await expect(card.get_by_role("img", name="QR code of the invite's link")).to_be_visible()
    await card.get_by_role("link", name="Enter").click()
    await expect(page.get_by_role("heading", name="Tea at home")).to_be_visible()
