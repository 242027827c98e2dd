"""Keys that do something in the call."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def test_space_unmutes_while_it_is_held_and_the_keys_are_listed(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "space"), "Ann")
    await ann.join()
    keyboard = ann.page.keyboard
    microphone = ann.button("Microphone")
    words = ann.page.get_by_role("status").filter(has_text="You can be heard")
    # With a mouse the focus stays on the button, which Space would press.
    await microphone.click()
    await expect(microphone).to_have_attribute("aria-pressed", "false")
    await keyboard.down(" ")
    await expect(microphone).to_have_attribute("aria-pressed", "true")
    await expect(words).to_be_visible()
    await keyboard.up(" ")
    await expect(microphone).to_have_attribute("aria-pressed", "false")
    await expect(words).to_be_hidden()
    # A page that has lost the focus does not hear of the release.
    await ann.page.locator("#call-title").focus()
    await keyboard.down(" ")
    await expect(microphone).to_have_attribute("aria-pressed", "true")
    await ann.page.evaluate("window.dispatchEvent(new Event('blur'))")
    await expect(microphone).to_have_attribute("aria-pressed", "false")
    await keyboard.up(" ")
    await keyboard.press("h")
    await expect(ann.group("Ann").get_by_role("img", name="hand raised")).to_be_visible()
    await keyboard.press("?")
    sheet = ann.page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(sheet.get_by_text("Space")).to_be_visible()
    await keyboard.press("h")
    await keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await expect(ann.group("Ann").get_by_role("img", name="hand raised")).to_be_visible()
    await ann.page.get_by_role("textbox", name="Message").focus()
    await keyboard.down(" ")
    await expect(words).to_be_hidden()
    await keyboard.up(" ")
    await expect(microphone).to_have_attribute("aria-pressed", "false")
    await ann.button("More").click()
    await ann.page.get_by_role("checkbox", name=re.compile("Keyboard shortcuts")).uncheck()
    await keyboard.press("Escape")
    await keyboard.press("h")
    await expect(ann.group("Ann").get_by_role("img", name="hand raised")).to_be_visible()
    assert ann.errors == []
