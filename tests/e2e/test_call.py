"""The main job as people do it: an owner makes a room and links, and browsers meet in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import Person, see_and_hear_each_other, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

BACKGROUND = Path(__file__).resolve().parents[2] / "rooms" / "sample" / "dusk.jpg"


async def owner_makes_a_room(owner: Person, confcall: Confcall, title: str) -> str:
    """In the admin, make a room with an uploaded background, and an invite. Returns its link."""
    page = owner.page
    await page.get_by_label("Username").fill("owner")
    await page.get_by_label("Password").fill(confcall.password)
    await page.get_by_role("button", name="Log in").click()
    await page.goto(f"{confcall.url}/admin/rooms/background/add/")
    await page.get_by_label("Title").fill(f"{title} sky")
    await page.locator("input[type=file]").set_input_files(BACKGROUND)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".messagelist .success")).to_be_visible()
    await page.goto(f"{confcall.url}/admin/rooms/room/add/")
    await page.get_by_label("Title").fill(title)
    await page.get_by_role("combobox", name=re.compile("^Background")).select_option(
        label=f"{title} sky"
    )
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".messagelist .success")).to_be_visible()
    await page.goto(f"{confcall.url}/admin/rooms/invite/add/")
    await page.get_by_role("combobox", name=re.compile("^Room")).select_option(label=title)
    await page.get_by_label("Label").fill("Friends")
    await page.get_by_role("button", name="Save and continue editing").click()
    await expect(page.locator(".messagelist .success")).to_be_visible()
    found = re.search(re.escape(confcall.url) + r"/i/[\w-]+/", await page.content())
    assert found, "the admin does not show the invite's link"
    return found.group(0)


async def test_an_owner_makes_a_room_and_three_people_see_and_hear_each_other(
    browser: Browser, confcall: Confcall
) -> None:
    owner = await Person.arrive(browser, f"{confcall.url}/admin/", "owner", locale="en")
    link = await owner_makes_a_room(owner, confcall, "Garden Table")

    ann = await Person.arrive(browser, link, "Ann")
    await expect(ann.page, "the token is still in the address").not_to_have_url(re.compile("/i/"))
    look = await ann.page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--background-image')"
    )
    assert "/media/backgrounds/" in look
    ben = await Person.arrive(browser, link, "Ben")
    cleo = await Person.arrive(browser, link, "Cleo")
    people = [ann, ben, cleo]
    for person in people:
        await person.join()
    await see_and_hear_each_other(*people)

    dan = await Person.arrive(browser, link, "Dan")
    await dan.join(devices=False)
    await dan.sees("Ann", "Ben", "Cleo")
    await dan.hears("Ann", "Ben", "Cleo")

    await ben.button("Leave").click()
    for person in (ann, cleo, dan):
        await expect(person.group("Ben")).to_have_count(0, timeout=10_000)
    for person in (ann, cleo, dan):
        assert person.errors == []
    await ann.sees("Cleo")


async def test_a_shared_screen_is_seen_beside_the_camera(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "shares")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join()
    await ben.join()
    await ben.sees("Ann")
    await ann.button("Share screen").click()

    async def two_pictures() -> bool:
        count: int = await ben.page.evaluate(
            """async () => { let n = 0;
            for (const pc of window.connections) for (const r of (await pc.getStats()).values())
              if (r.type === 'inbound-rtp' && r.kind === 'video' && r.framesDecoded > 5) n++;
            return n; }"""
        )
        return count >= 2

    await until(
        two_pictures, 30, lambda: ben.report("Ben does not get the screen beside the camera", "Ann")
    )
    await ben.sees("Ann")
    await ann.button("Share screen").click()
    await ben.sees("Ann")


async def test_notes_typed_by_one_appear_for_another(browser: Browser, confcall: Confcall) -> None:
    link = room(confcall, "writers")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join(devices=False)
    await ben.join(devices=False)
    here = ann.page.frame_locator("iframe").get_by_role("textbox").first
    await here.wait_for(timeout=20_000)
    there = ben.page.frame_locator("iframe").get_by_role("textbox").first
    await there.wait_for(timeout=20_000)
    await here.click()
    await ann.page.keyboard.type("Bring the ladder on Sunday")
    await expect(there).to_contain_text("Bring the ladder on Sunday", timeout=15_000)


async def test_the_copy_buttons_fill_the_clipboard_and_the_links_work(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "copies")
    ann = await Person.arrive(browser, link, "Ann")
    await ann.join(devices=False)
    await ann.button("Copy call link").click()
    await expect(ann.page.get_by_text("Link copied").first).to_be_attached()
    assert await ann.clipboard() == link
    await ann.button("Copy notes link").click()
    await until(lambda: _contains(ann, "/n/"), 5, "the notes link was not copied")
    notes = await ann.clipboard()
    reader = await Person.arrive(browser, notes, "Reader")
    await expect(reader.page.get_by_role("textbox").first).to_be_visible(timeout=15_000)


async def _contains(person: Person, text: str) -> bool:
    return text in await person.clipboard()


async def test_leaving_ends_with_a_page_and_stops_the_camera(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "leavers"), "Ann")
    await ann.join()
    await ann.button("Leave").click()
    await expect(ann.page.get_by_role("heading", name=re.compile("left", re.I))).to_be_visible()
    live = await ann.page.evaluate(
        """window.connections.flatMap((c) => c.getSenders())
           .filter((s) => s.track && s.track.readyState === 'live').length"""
    )
    assert live == 0


async def test_a_line_of_chat_reaches_everyone_once(browser: Browser, confcall: Confcall) -> None:
    link = room(confcall, "talkers")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join(devices=False)
    await ben.join(devices=False)
    box = ann.page.get_by_role("textbox", name=re.compile("message", re.I))
    if not await box.is_visible():
        await ann.page.get_by_role("tab", name="Chat").click()
    for i in range(3):
        await box.fill(f"line {i}")
        await box.press("Enter")
    for person in (ann, ben):
        for i in range(3):
            await expect(person.page.get_by_text(f"line {i}", exact=True)).to_have_count(
                1, timeout=10_000
            )


async def test_two_rooms_at_once_are_carried_by_two_workers(
    browser: Browser, confcall: Confcall
) -> None:
    people = []
    before = len(confcall.said)
    for slug in ("left-room", "right-room"):
        link = room(confcall, slug)
        for name in ("Ann", "Ben"):
            people.append(await Person.arrive(browser, link, f"{name} {slug}"))
            await people[-1].join(devices=name == "Ben")
    await people[0].sees("Ben left-room")
    await people[2].sees("Ben right-room")
    carried = {line.split()[0] for line in confcall.said[before:] if "connected to" in line}
    assert carried == {"w1", "w2"}, "".join(confcall.said[before:])
