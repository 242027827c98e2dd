"""Every control can be seen and pressed, whatever the screen, the zoom and the font."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe_faults
from tests.e2e.fit import FONTS, SCREENS, faults, resize, use_font
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def call_faults(person: Person, views: Sequence[str]) -> dict[str, list[str]]:
    """The faults of a call: behind each tab, in the notes, and with More open."""
    page = person.page
    found: dict[str, list[str]] = {}
    for view in views:
        tab = page.get_by_role("tab", name=view)
        if await tab.is_visible():
            await tab.click()
        found[view] = await faults(page)
        for frame in page.frames[1:] if view == "Notes" else []:
            found["in the notes"] = await faults(frame)
    await person.button("More").click()
    found["More"] = await faults(page, "#bar")
    await page.keyboard.press("Escape")
    return {view: words for view, words in found.items() if words}


async def test_the_call_fits_every_screen(browser: Browser, confcall: Confcall) -> None:
    owner = await Person.arrive(browser, room(confcall, "fit", "owner"), "Ann")
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
    guest = await Person.arrive(browser, room(confcall, "fit"), "Ben Ekström-Lindqvist", **phone)
    found: dict[str, object] = {}
    for person in (owner, guest):
        await person.join()
        notes = person.page.frame_locator("iframe").locator(".ql-editor")
        await notes.wait_for(state="attached")
    await expect(owner.group("Ben Ekström-Lindqvist")).to_have_count(1)
    await expect(owner.group("Ann").locator(".tile.corner")).to_be_visible()
    for person in (owner, guest):
        for frame in person.page.frames:
            assert await axe_faults(frame) == []
        cdp = await person.page.context.new_cdp_session(person.page)
        for screen in SCREENS:
            await resize(cdp, screen)
            for font in FONTS:
                await use_font(person.page, font)
                wrong = await call_faults(person, ("Call", "Notes", "Chat"))
                found |= {f"{person.name}, {screen}, {font}": wrong} if wrong else {}
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


async def test_the_pages_around_a_call_fit_every_screen(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "fit-lobby"), "Ann")
    cdp = await ann.page.context.new_cdp_session(ann.page)
    found: dict[str, object] = {}

    async def look(at: str) -> None:
        assert await axe_faults(ann.page) == [], at
        for screen in SCREENS:
            await resize(cdp, screen)
            for font in FONTS:
                await use_font(ann.page, font)
                if wrong := await faults(ann.page):
                    found[f"{at}, {screen}, {font}"] = wrong

    await look("lobby")
    await ann.button("Turn on camera and microphone").click()
    await expect(ann.button("Camera")).to_be_visible()
    await look("lobby with a preview")
    await ann.join()
    await ann.button("Leave").click()
    await expect(ann.button("Join again")).to_be_visible()
    await look("end")
    for page in ("/", "/i/no-such-invite/"):
        await ann.page.goto(confcall.url + page)
        await look(page)
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


# Most phones announce their keyboard by the visual viewport only.
KEYBOARD = """
(height) => {
  Object.defineProperty(visualViewport, 'height', { configurable: true, get: () => height });
  visualViewport.dispatchEvent(new Event('resize'));
}
"""


# The screen, the height that its keyboard leaves, and the height of the lines that is enough.
KEYBOARDS = (("390", 480, 300), ("360", 330, 160), ("on its side", 190, 110))


async def test_the_chat_is_readable_over_a_keyboard(browser: Browser, confcall: Confcall) -> None:
    phone = {"has_touch": True, "viewport": {"width": 390, "height": 844}}
    ann = await Person.arrive(browser, room(confcall, "fit-typing"), "Ann", **phone)
    await ann.join(devices=False)
    await ann.page.get_by_role("tab", name="Chat").click()
    cdp = await ann.page.context.new_cdp_session(ann.page)
    for screen, seen, lines in KEYBOARDS:
        await resize(cdp, screen)
        await chat_over_keyboard(ann.page, seen, lines)


async def chat_over_keyboard(page: Page, seen: int, lines: int) -> None:
    await page.get_by_role("textbox", name="Message").focus()
    await page.evaluate(KEYBOARD, seen)
    log = page.get_by_role("log", name="Messages")

    async def readable() -> bool:
        form = await page.locator("#chat-form").bounding_box()
        box = await log.bounding_box()
        assert form
        assert box
        return form["y"] + form["height"] <= seen and box["height"] >= lines and box["y"] >= 0

    async def sizes() -> str:
        return f"{await log.bounding_box()} {await page.locator('#chat-form').bounding_box()}"

    await until(readable, 3, sizes)
    assert await faults(page, "#chat") == []
    # Nothing is lost: Tab still reaches the controls, which then appear again.
    await page.get_by_role("button", name="Send").focus()
    await page.keyboard.press("Tab")
    await expect(page.locator("#bar .control:focus")).to_be_in_viewport(ratio=1)
