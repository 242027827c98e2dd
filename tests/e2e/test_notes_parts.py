"""Who is in the built-in notes, who wrote what, going back, and links that hosts renew."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, FrameLocator, expect

from tests.e2e.people import Person, notes
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e


def beside(person: Person) -> FrameLocator:
    return person.page.frame_locator("#notes iframe")


async def test_people_see_who_wrote_what_and_go_back_to_an_earlier_version(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "quills")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join(devices=False)
    await ben.join(devices=False)
    hers, his = await notes(ann), await notes(ben)
    await expect(beside(ann).locator("#present")).to_have_text("Also here: Ben")
    await hers.click()
    await beside(ann).get_by_role("button", name="Heading", exact=True).click()
    await ann.page.keyboard.type("Plan")
    await ann.page.keyboard.press("Enter")
    await expect(his).to_contain_text("Plan")
    # Below the page's own heading.
    await expect(beside(ben).get_by_role("heading", name="Plan", level=2)).to_be_visible()
    await his.click()
    await ben.page.keyboard.press("Control+End")
    await ben.page.keyboard.type("Bring the ladder")
    await expect(hers).to_contain_text("ladder")

    toggle = beside(ann).get_by_role("button", name="Who wrote what")
    await toggle.click()
    legend = beside(ann).get_by_role("region", name="Who wrote what")
    await expect(legend.get_by_role("listitem")).to_have_text(["Ann", "Ben"])
    marks = (
        await beside(ann)
        .locator("body")
        .evaluate("() => [...CSS.highlights].map(([n, h]) => `${n} ${[...h].map(String).join()}`)")
    )
    assert marks == ["author-0 Plan", "author-1 Bring the ladder"]
    await hers.click()
    await ann.page.keyboard.press("Control+End")
    await expect(legend.get_by_text("At the cursor: Ben")).to_be_visible()

    await goes_back(ann, ben)
    await saves(ann)
    assert ann.errors == ben.errors == []


async def goes_back(ann: Person, ben: Person) -> None:
    """Everything is deleted, and comes back from the history."""
    hers, his = await notes(ann), await notes(ben)
    await beside(ann).get_by_role("button", name="History").click()
    dialog = beside(ann).get_by_role("dialog", name="History")
    await expect(dialog.get_by_role("listitem")).to_have_count(1)
    await expect(dialog.get_by_role("listitem")).to_contain_text("Ann, Ben")
    await dialog.get_by_role("button", name="Close").click()
    await his.click()
    await ben.page.keyboard.press("Control+a")
    await ben.page.keyboard.type("Nothing")
    await expect(hers).to_have_text("Nothing")
    await beside(ann).get_by_role("button", name="History").click()
    await expect(dialog.get_by_label("The notes as they were then")).to_contain_text("ladder")
    await dialog.get_by_role("button", name="Go back to this version").click()
    await expect(his).to_contain_text("Bring the ladder")
    # What was there before is a version as well.
    await beside(ann).get_by_role("button", name="History").click()
    await expect(dialog.get_by_role("listitem")).to_have_count(2)
    await dialog.get_by_role("button", name="Close").click()


async def saves(ann: Person) -> None:
    """As Markdown and as HTML."""
    for kind, text in (("Markdown", "## Plan"), ("HTML", "<h2>Plan</h2>")):
        if kind == "Markdown":
            await beside(ann).locator("summary").click()
        async with ann.page.expect_download() as download:
            await beside(ann).get_by_role("link", name=f"Save as {kind}").click()
        path = await (await download.value).path()
        assert text in await asyncio.to_thread(path.read_text, "utf-8")


async def test_a_host_renews_the_notes_link_and_the_old_one_ends(
    browser: Browser, confcall: Confcall
) -> None:
    host = await Person.arrive(browser, room(confcall, "renewals", "moderator"), "Host")
    await host.join(devices=False)
    text = await notes(host)
    await host.button("Copy notes link").click()
    await expect(host.page.get_by_text("Link copied")).to_be_visible()
    old = await host.clipboard()
    reader = await Person.arrive(browser, old, "Reader")
    await expect(reader.page.get_by_role("heading", level=1)).to_contain_text("Renewals")
    await expect(reader.page.locator(".ql-editor")).to_have_attribute("contenteditable", "true")
    await host.button("More").click()
    await host.button("Renew the notes link").click()
    await host.page.get_by_role("dialog").get_by_role("button", name="Renew").click()
    await expect(reader.page.get_by_text("This link no longer opens the notes")).to_be_visible()
    await expect(reader.page.locator(".ql-editor")).to_have_attribute("contenteditable", "false")
    await text.click()
    await host.page.keyboard.type("Still here")
    await expect(beside(host).get_by_text("Saved")).to_be_visible()
    await host.button("Copy notes link").click()
    await expect(host.page.get_by_text("Link copied")).to_be_visible()
    assert await host.clipboard() != old
    response = await reader.page.goto(old)
    assert response is not None
    assert response.status == 404
    # Somebody in the call sees its link in the address bar, where they may copy it.
    async with host.page.context.expect_page() as opened:
        await host.button("Open notes").click()
    alone = await opened.value
    await expect(alone.get_by_role("link", name="Go to the call")).to_be_visible()
    await expect(alone.locator(".ql-editor")).to_contain_text("Still here")
    assert alone.url.split("?")[0] == await host.clipboard()
    assert host.errors == reader.errors == []
