"""Keys that do something in the call, hands and reactions."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.axe import axe_faults
from tests.e2e.fit import faults
from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def open_reactions(person: Person) -> None:
    if await person.page.locator("#bar").get_attribute("data-extras") == "more":
        await person.button("More").click()
    await person.button("React").click()


async def test_a_reaction_floats_over_its_sender_and_hands_have_an_order(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "react")
    calm = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}
    ann = await Person.arrive(browser, link, "Ann")
    ben = await Person.arrive(browser, link, "Ben", **calm)
    for person in (ann, ben):
        await person.join()
    await expect(ben.group("Ann")).to_have_count(1)
    await open_reactions(ann)
    assert await axe_faults(ann.page.main_frame) == []
    await expect(ann.button("Thumbs up")).to_be_focused()
    await ann.page.keyboard.press("ArrowRight")
    await expect(ann.button("Heart")).to_be_focused()
    seen = ben.group("Ann").locator(".tile .reaction.heart").wait_for(timeout=20_000)
    await asyncio.gather(seen, ann.button("Heart").click())
    said = ben.page.locator("#announcer")
    await expect(said).to_contain_text("Ann: Heart.")
    await expect(ben.page.locator(".reaction")).to_have_count(0)
    await ben.page.keyboard.press("h")
    await expect(ann.page.locator("#announcer")).to_contain_text("Ben has raised a hand.")
    await ann.page.keyboard.press("Escape")
    await expect(ann.button("Heart")).to_be_hidden()
    await ann.page.keyboard.press("h")
    for name, place in (("Ben", "1"), ("Ann", "2")):
        await expect(ben.group(name).locator(".hand-place")).to_have_text(place)
    await open_reactions(ben)
    assert await faults(ben.page) == []
    assert ann.errors == ben.errors == []


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
