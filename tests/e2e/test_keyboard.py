"""The call without a mouse, from the page's start to every control and out of the notes again."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, FrameLocator, expect

from tests.e2e.keyboard import press_until
from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def notes_say(notes: FrameLocator, text: str) -> None:
    await expect(notes.locator(".ql-editor")).to_have_text(text)


async def through_more(ann: Person) -> None:
    """Escape gives the focus back; Tab beyond the end of More closes it."""
    page, keyboard = ann.page, ann.page.keyboard
    await press_until(page, "Shift+Tab", "^More")
    await keyboard.press("Enter")
    menu = page.locator("#more-menu")
    await press_until(page, "Tab", "Microphone to use", 1)
    await keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await expect(ann.button("More")).to_be_focused()
    await keyboard.press("Enter")
    await expect(menu).to_be_visible()
    await press_until(page, "Tab", "^Copy call link")
    await expect(menu).to_be_hidden()


async def test_a_call_from_start_to_end_by_keyboard(browser: Browser, confcall: Confcall) -> None:
    ann = await Person.arrive(browser, room(confcall, "keyboard", "owner"), "Ann")
    page = ann.page
    keyboard = page.keyboard
    # The lobby
    await expect(ann.button("Join")).to_be_enabled()
    await press_until(page, "Tab", "Turn on camera")
    await page.locator("#name").focus()
    await keyboard.type("Ann")
    await press_until(page, "Tab", "^Join without")
    await keyboard.press("Enter")
    # The call: heading, then the way to the controls
    await expect(page.get_by_role("heading", name="Keyboard")).to_be_focused()
    notes = page.frame_locator("iframe")
    await expect(notes.locator(".ql-editor")).to_have_attribute("contenteditable", "true")
    await keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the controls")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport(ratio=1)
    await keyboard.press("Enter")
    await press_until(page, "Tab", "^Microphone", 1)
    passed = await press_until(page, "Tab", "^Leave")
    assert passed == [
        "Camera", "Share screen", "Raise hand", "React", "More",
        "Copy call link", "Copy notes link", "Open notes", "Leave",
    ]  # fmt: skip
    await through_more(ann)
    # Into the notes, and out at both ends
    await press_until(page, "Shift+Tab", "notes: text")
    await keyboard.type("one")
    await press_until(page, "Tab", "notes: Who wrote what", 1)
    await press_until(page, "Tab", "^Height of the chat", 4)
    await press_until(page, "Shift+Tab", "notes: text", 4)
    await press_until(page, "Shift+Tab", "notes: Link", 1)
    await press_until(page, "Shift+Tab", "Skip the notes")
    await notes_say(notes, "one")
    await keyboard.press("Enter")
    await press_until(page, "Tab", "Save chat as text", 1)
    await press_until(page, "Tab", "Messages", 1)
    assert ann.errors == []


async def test_notes_have_keys_for_indents_and_a_dialog_for_links(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "indents"), "Ann")
    page = ann.page
    address = await page.get_by_role("link", name="Read the notes").get_attribute("href")
    assert address
    await page.goto(address)
    text = page.locator(".ql-editor")
    await text.click()
    await page.keyboard.type("one")
    await page.keyboard.press("Control+]")
    await expect(text.locator(".ql-indent-1")).to_have_text("one")
    await page.keyboard.press("Control+[")
    await expect(text.locator(".ql-indent-1")).to_have_count(0)
    for name, count in (("Increase indent", 1), ("Decrease indent", 0)):
        await ann.button(name).click()
        await expect(text.locator(".ql-indent-1")).to_have_count(count)
    await page.keyboard.type(" see ")
    # Without a selection the button asks for the words too.
    await ann.button("Link").click()
    dialog = page.get_by_role("dialog", name="Link")
    await expect(dialog.get_by_label("Text")).to_be_focused()
    await page.keyboard.type("the plan")
    await page.keyboard.press("Tab")
    await page.keyboard.type("example.org:8443/plan")
    await page.keyboard.press("Enter")
    await expect(text).to_be_focused()
    await page.keyboard.type(" today")
    link = text.locator("a")
    await expect(link).to_have_text("the plan")
    await expect(link).to_have_attribute("href", "https://example.org:8443/plan")
    await expect(text).to_have_text("one see the plan today")
    # With the caret in a link it changes that one, or removes it.
    for _ in range(9):
        await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Control+k")
    await expect(dialog.get_by_label("Text")).to_have_value("the plan")
    await dialog.get_by_role("button", name="Remove link").click()
    await expect(link).to_have_count(0)
    await expect(text).to_have_text("one see the plan today")
