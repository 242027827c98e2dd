"""Notes become a post: written in the editor, published in the admin, read by anyone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe_faults
from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

SECONDS = 20_000

KEY = "from rooms.models import Room\nprint(Room.objects.get(slug='harvest').notes_key)"


async def write(page: Page) -> None:
    editor = page.locator(".ql-editor")
    await expect(editor).to_have_attribute("contenteditable", "true", timeout=SECONDS)
    await editor.click()
    await page.get_by_role("button", name="Heading", exact=True).click()
    await page.keyboard.type("Apples")
    await page.keyboard.press("Enter")
    await page.keyboard.type("See https://apples.example/kinds for more.")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Checklist").click()
    await page.keyboard.type("Find the ladder")
    await expect(page.locator("#status")).to_have_attribute("data-status", "saved", timeout=SECONDS)


async def publish(page: Page, confcall: Confcall) -> None:
    await page.goto(f"{confcall.url}/admin/rooms/room/?q=harvest")
    await page.get_by_label("Username").fill("owner")
    await page.get_by_label("Password").fill(confcall.password)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("link", name="Harvest", exact=True).click()
    await page.get_by_role("link", name="Publish the notes").click()
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("Find the ladder")
    assert await axe_faults(page) == []
    await page.get_by_label("Title").fill("The harvest")
    await page.get_by_label("Address").fill("the-harvest")
    await page.get_by_label("Authors").fill("Ann, Bo")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("“The harvest” is published")).to_be_visible(timeout=SECONDS)


async def test_notes_are_published_read_and_withdrawn(browser: Browser, confcall: Confcall) -> None:
    room(confcall, "harvest")
    key = confcall.shell(KEY).splitlines()[-1]
    owner = (await Person.arrive(browser, f"{confcall.url}/n/{key}/", "Owner", locale="en")).page
    await write(owner)
    await publish(owner, confcall)
    reader = (await Person.arrive(browser, f"{confcall.url}/p/", "Reader", locale="en")).page
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    await reader.get_by_role("link", name="The harvest").click()
    article = reader.get_by_role("article")
    await expect(article.get_by_role("heading", level=1)).to_have_text("The harvest")
    await expect(article.get_by_role("heading", level=2)).to_have_text("Apples")
    await expect(article.get_by_role("listitem")).to_have_text("☐ Find the ladder")
    link = article.get_by_role("link", name="https://apples.example/kinds")
    await expect(link).to_have_attribute("href", "https://apples.example/kinds")
    for scheme, width, height in (("light", 1280, 800), ("dark", 390, 844), ("light", 320, 256)):
        await reader.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await reader.set_viewport_size({"width": width, "height": height})
        assert await axe_faults(reader) == []
        wide = await reader.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"the post scrolls sideways at {width}"
    assert all(url.startswith(confcall.url) for url in asked), asked
    await owner.get_by_role("button", name="Withdraw").click()
    await expect(owner.get_by_text("The post is withdrawn")).to_be_visible(timeout=SECONDS)
    gone = await reader.reload()
    assert gone is not None
    assert gone.status == 410
    await expect(reader.get_by_role("heading", level=1)).to_have_text("This post was withdrawn")
