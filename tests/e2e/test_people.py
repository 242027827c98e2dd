"""What hosts do with people, and people who wait: in the list of people, with real browsers."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.axe import axe_faults
from tests.e2e.keyboard import press_until
from tests.e2e.people import Person
from tests.e2e.whip import room_with_invites
from tools.product import Confcall

pytestmark = pytest.mark.e2e

PATIENCE = 30_000


def panel(person: Person) -> Locator:
    return person.page.get_by_role("region", name="People", exact=True)


def entry(person: Person, name: str) -> Locator:
    return panel(person).get_by_role("listitem").filter(has_text=name)


async def act(host: Person, name: str, item: str) -> None:
    """Choose an item of the menu for a person."""
    await host.button(f"More for {name}").click()
    await host.page.get_by_role("menuitem", name=item, exact=True).click()


async def says(person: Person, words: str) -> None:
    banner = person.page.locator("#banner")
    await expect(banner).to_contain_text(words, timeout=PATIENCE)


async def is_pressed(person: Person, name: str, pressed: str) -> None:
    await expect(person.button(name)).to_have_attribute("aria-pressed", pressed, timeout=PATIENCE)


async def test_two_hosts_run_a_call(browser: Browser, confcall: Confcall) -> None:
    tokens = room_with_invites(
        confcall, "panel-hosts", Ann="owner", Helper="moderator", Guests="speaker"
    )
    link = {label: f"{confcall.url}/i/{token}/" for label, token in tokens.items()}
    ann = await Person.arrive(browser, link["Ann"], "Ann")
    dan = await Person.arrive(browser, link["Helper"], "Dan")
    ben = await Person.arrive(browser, link["Guests"], "Ben")
    for person, devices in ((ann, False), (dan, False), (ben, True)):
        await person.join(devices=devices)
    await ann.hears("Ben")
    for host in (ann, dan):
        await host.button("People").click()
        await expect(panel(host)).to_be_focused()
        await expect(entry(host, "Ben")).not_to_contain_text("muted")
    await ben.button("People").click()
    await expect(ben.button("More for Ann")).to_have_count(0)
    await expect(ben.button("Mute all")).to_be_hidden()

    await one_is_muted(ann, dan, ben)
    await everyone_is_muted(ann, dan, ben)
    await the_call_ends(ann, dan, ben)
    assert ann.errors == ben.errors == dan.errors == []


async def one_is_muted(ann: Person, dan: Person, ben: Person) -> None:
    """Muted by one host, started again by a click, and muted by the other."""
    await act(ann, "Ben", "Mute")
    await says(ben, "Ann has muted you.")
    await is_pressed(ben, "Microphone", "false")
    await expect(entry(dan, "Ben")).to_contain_text("muted", timeout=PATIENCE)
    await ben.button("Microphone").click()
    await ann.hears("Ben")
    await act(dan, "Ben", "Mute")
    await says(ben, "Dan has muted you.")
    await expect(entry(ann, "Ben")).to_contain_text("muted", timeout=PATIENCE)
    await ann.button("More for Ben").click()
    assert await axe_faults(ann.page) == []
    mute = ann.page.get_by_role("menuitem", name="Mute", exact=True)
    await expect(mute).to_have_attribute("aria-disabled", "true")
    await ann.page.get_by_role("menuitem", name="Ask to unmute").click()
    await ben.button("Unmute").click()
    await is_pressed(ben, "Microphone", "true")
    await ann.hears("Ben")
    await act(dan, "Ben", "Stop camera")
    await says(ben, "Dan has stopped your camera.")
    await is_pressed(ben, "Camera", "false")


async def everyone_is_muted(ann: Person, dan: Person, ben: Person) -> None:
    """Everyone is muted, until the hosts let them speak."""
    await ann.button("Mute all").click()
    await ann.page.get_by_role("checkbox", name="They may unmute themselves").uncheck()
    await ann.button("Mute everyone").click()
    await says(ben, "Ann has muted everyone.")
    await ben.button("Microphone").click()
    await is_pressed(ben, "Microphone", "false")
    await dan.button("Let people unmute themselves").click()
    await expect(ann.button("Let people unmute themselves")).to_be_hidden(timeout=PATIENCE)
    await expect(ben.page.locator("#announcer")).to_contain_text(
        "unmute yourself again", timeout=PATIENCE
    )
    await ben.button("Microphone").click()
    await ann.hears("Ben")


async def the_call_ends(ann: Person, dan: Person, ben: Person) -> None:
    """Locked and unlocked, a role lowered, one removed, and everyone out."""
    await ann.button("Lock the room").click()
    await expect(dan.button("Unlock the room")).to_be_visible(timeout=PATIENCE)
    await dan.button("Unlock the room").click()
    await expect(ann.button("Lock the room")).to_be_visible(timeout=PATIENCE)
    await act(dan, "Ben", "Make listener")
    await says(ben, "Dan has made you a listener.")
    await act(dan, "Ben", "Remove")
    await dan.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(
        ben.page.get_by_role("heading", name="You were removed from the call")
    ).to_be_visible(timeout=PATIENCE)

    await ann.button("End the call for everyone").click()
    await ann.button("End the call").click()
    for person in (ann, dan):
        heading = person.page.get_by_role("heading", name="The host has ended the call")
        await expect(heading).to_be_visible(timeout=PATIENCE)


async def knock(browser: Browser, link: str, name: str, **context: object) -> Person:
    person = await Person.arrive(browser, link, name, **context)
    await person.page.get_by_role("textbox", name="Your name").fill(name)
    return person


async def test_people_wait_and_are_let_in_by_keyboard(browser: Browser, confcall: Confcall) -> None:
    tokens = room_with_invites(confcall, "panel-waiting", Ann="owner", Guests="speaker")
    confcall.shell(
        "from rooms.models import Room\n"
        "Room.objects.filter(slug='panel-waiting').update(waiting_room='all')"
    )
    guests = f"{confcall.url}/i/{tokens['Guests']}/"
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    await ann.join(devices=False)
    phone = {"viewport": {"width": 390, "height": 844}}
    ben = await knock(browser, guests, "Ben", **phone)
    await ben.button("Join").click()
    await expect(ben.page.locator("#queue")).to_contain_text("You are waiting", timeout=PATIENCE)
    await expect(ben.page.locator("#queue")).to_be_focused()
    preview = "document.getElementById('preview-video').videoWidth > 0"
    await ben.page.wait_for_function(preview, timeout=PATIENCE)
    assert await axe_faults(ben.page) == []
    await expect(ann.page.locator("#knock")).to_contain_text("Ben is waiting", timeout=PATIENCE)
    others = [await knock(browser, guests, name) for name in ("Cleo", "Dora", "Eve")]
    for person in others:
        await person.button("Join without camera and microphone").click()
        await expect(person.page.locator("#queue")).to_contain_text("waiting", timeout=PATIENCE)

    await lets_them_in(ann, ben, others[0])
    await the_menu_works_by_keys(ann, ben)
    assert ann.errors == ben.errors == []


async def lets_them_in(ann: Person, ben: Person, cleo: Person) -> None:
    """By keys alone. The focus stays in the list when an entry goes."""
    await ann.page.locator("#knock").get_by_role("button", name="Show").press("Enter")
    await expect(panel(ann)).to_be_focused()
    await expect(ann.button("Refuse Eve")).to_be_visible(timeout=PATIENCE)
    assert await axe_faults(ann.page) == []
    await press_until(ann.page, "Tab", "^Admit Ben")
    await ann.page.keyboard.press("Enter")
    await ben.group("Ann").wait_for(timeout=PATIENCE)
    await expect(ben.page.locator("#announcer")).to_contain_text("You are in the call.")
    # The entry has gone, and the focus is on the next one.
    await expect(ann.button("Admit Cleo")).to_be_focused(timeout=PATIENCE)
    await press_until(ann.page, "Tab", "^Refuse Cleo")
    await ann.page.keyboard.press("Enter")
    heading = cleo.page.get_by_role("heading", name="The host did not let you in")
    await expect(heading).to_be_visible(timeout=PATIENCE)
    await expect(cleo.button("Join again")).to_be_hidden()
    await ann.button("Admit all").press("Enter")
    await ann.group("Dora").wait_for(timeout=PATIENCE)
    await ann.group("Eve").wait_for(timeout=PATIENCE)
    await expect(panel(ann)).to_be_focused()


async def the_menu_works_by_keys(ann: Person, ben: Person) -> None:
    """Those who were let in do not wait again."""
    await ben.page.reload()
    await ben.join()
    await ann.hears("Ben")
    more = ann.button("More for Ben")
    await more.press("Enter")
    await expect(ann.page.get_by_role("menuitem", name="Mute", exact=True)).to_be_focused()
    await ann.page.keyboard.press("Escape")
    await expect(more).to_be_focused()
    await more.press("Enter")
    await press_until(ann.page, "ArrowDown", "^Make listener")
    await ann.page.keyboard.press("Home")
    await ann.page.keyboard.press("Enter")
    await says(ben, "Ann has muted you.")
    await expect(more).to_be_focused()
    await ann.page.keyboard.press("Escape")
    await expect(ann.button("People")).to_be_focused()
    # The guest has the list behind a tab.
    await ben.page.get_by_role("tab", name="People").click()
    await expect(entry(ben, "Ben (you)")).to_contain_text("muted")
    assert await axe_faults(ben.page) == []
