"""The host removes somebody from the call, and a stream: in real browsers, with a real encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.conftest import Confcall
from tests.e2e.people import Person
from tests.e2e.whip import encoder, room_with_invites

pytestmark = pytest.mark.e2e

PATIENCE = 30_000


def dialog(person: Person) -> Locator:
    return person.page.get_by_role("dialog")


async def remove(host: Person, name: str) -> None:
    """By the button of the tile and that of the dialog."""
    await host.button(f"Remove {name}").click()
    await expect(dialog(host).get_by_role("heading")).to_have_text(f"Remove {name}?")
    await dialog(host).get_by_role("button", name="Remove", exact=True).click()
    await expect(dialog(host)).to_be_hidden()


async def test_the_owner_removes_a_guest_who_does_not_come_back(
    browser: Browser, confcall: Confcall
) -> None:
    tokens = room_with_invites(
        confcall, "evening", Ann="owner", Guests="speaker", Helper="moderator"
    )
    link = {label: f"{confcall.url}/i/{token}/" for label, token in tokens.items()}
    ann = await Person.arrive(browser, link["Ann"], "Ann")
    ben = await Person.arrive(browser, link["Guests"], "Ben")
    cleo = await Person.arrive(browser, link["Guests"], "Cleo")
    for person in (ann, ben, cleo):
        await person.join()
    await ann.sees("Ben", "Cleo")
    await cleo.sees("Ann", "Ben")
    for person, name, count in (
        (ann, "Ann", 0),
        (ann, "Ben", 1),
        (cleo, "Ben", 0),
        (ben, "Ann", 0),
    ):
        await expect(person.button(f"Remove {name}")).to_have_count(count)

    # Nothing happens without a second click, and the focus is where it was.
    for way_out in ("Escape", "Enter"):
        await ann.button("Remove Ben").press("Enter")
        await expect(dialog(ann).get_by_role("button", name="Cancel")).to_be_focused()
        await ann.page.keyboard.press(way_out)
        await expect(ann.button("Remove Ben")).to_be_focused()
    await ann.sees("Ben")

    await remove(ann, "Ben")
    await expect(
        ben.page.get_by_role("heading", name="You were removed from the call")
    ).to_be_visible(timeout=PATIENCE)
    await expect(ben.button("Join again")).to_be_hidden()
    await expect(ben.page.get_by_role("link", name="Read the notes")).to_be_hidden()
    for person in (ann, cleo):
        await expect(person.group("Ben")).to_have_count(0, timeout=PATIENCE)
        await expect(person.page.locator("#announcer")).to_contain_text("Ben has left.")
    await expect(ann.region).to_be_focused()
    await cleo.sees("Ann")
    await ann.hears("Cleo")

    # Neither the page nor the link, nor the link in a browser that was never here.
    response = await ben.page.reload()
    assert response is not None
    assert response.status == 403
    await expect(
        ben.page.get_by_role("heading", name="You were removed from this call")
    ).to_be_visible()
    for page in (ben.page, await (await browser.new_context()).new_page()):
        response = await page.goto(link["Guests"])
        assert response is not None
        assert response.status == 403

    # A moderator has no such button for those who run the room.
    dan = await Person.arrive(browser, link["Helper"], "Dan")
    await dan.join(devices=False)
    await expect(dan.button("Remove Cleo")).to_have_count(1)
    await expect(dan.button("Remove Ann")).to_have_count(0)
    assert ann.errors == ben.errors == cleo.errors == dan.errors == []


async def test_the_owner_removes_a_running_stream_and_its_key_is_refused(
    browser: Browser, confcall: Confcall, tmp_path: Path
) -> None:
    tokens = room_with_invites(confcall, "concert", Ann="owner", Camera_1="speaker")
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    await ann.join(devices=False)
    # Somebody who came by the very link whose token is the key of the stream.
    ben = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Camera_1']}/", "Ben")
    await ben.join()
    async with encoder(confcall, "concert", tokens["Camera_1"], tmp_path / "first"):
        await ann.group("Camera 1").wait_for(timeout=PATIENCE)
        await ann.sees("Camera 1", "Ben")
        await ann.button("Remove Camera 1").click()
        await expect(dialog(ann)).to_contain_text("encoder is cut off")
        await dialog(ann).get_by_role("button", name="Cancel").click()
        await ann.sees("Camera 1")
        await remove(ann, "Camera 1")
        for person in (ann, ben):
            await expect(person.group("Camera 1")).to_have_count(0, timeout=PATIENCE)
    log = tmp_path / "second"
    async with encoder(confcall, "concert", tokens["Camera_1"], log) as again:
        assert await again.wait() != 0
    assert "403" in log.read_text(errors="replace")
    await expect(ann.group("Camera 1")).to_have_count(0)
    await ann.sees("Ben")
    # Who holds the invite comes in as before, the person as well as somebody new.
    await ben.page.reload()
    await ben.join()
    cleo = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Camera_1']}/", "Cleo")
    await cleo.join(devices=False)
    await cleo.sees("Ben")
    assert ann.errors == ben.errors == cleo.errors == []


async def test_a_role_counts_at_once_when_it_is_lowered_and_when_it_is_raised(
    browser: Browser, confcall: Confcall
) -> None:
    tokens = room_with_invites(confcall, "panel", Ann="owner", Ben="speaker", Cleo="listener")
    ann, ben, cleo = [
        await Person.arrive(browser, f"{confcall.url}/i/{token}/", name)
        for name, token in tokens.items()
    ]
    for person in (ann, ben, cleo):
        await person.join(devices=person is not cleo)
    for person in (ann, cleo):
        await person.sees("Ben")

    def make(name: str, role: str) -> None:
        confcall.shell(
            f"from rooms.models import Invite; Invite.objects.filter(token={tokens[name]!r}).update(role={role!r})"
        )

    banner = ben.page.get_by_role("alert")
    make("Ben", "listener")
    await expect(banner).to_contain_text("You are now a listener", timeout=PATIENCE)
    for name in ("Microphone", "Camera", "Share screen"):
        await expect(ben.button(name)).to_be_hidden()
    for person in (ann, cleo):
        await expect(person.group("Ben").locator(".tile.live")).to_have_count(0)
        await expect(person.group("Ben").locator(".tile.is-muted")).to_have_count(1)
        await expect(person.group("Ben")).to_have_count(1)
    # They still see and hear, and their devices have been let go.
    await ben.sees("Ann")
    await expect(ben.group("Ben").locator(".tile.live")).to_have_count(0)
    await ben.button("OK").click()
    await expect(banner).to_be_hidden()

    make("Ben", "speaker")
    await expect(banner).to_contain_text("You are now a speaker", timeout=PATIENCE)
    await ben.button("Camera").click()
    await ben.button("Microphone").click()
    for person in (ann, cleo):
        await person.sees("Ben")
    await cleo.hears("Ben")
    make("Ben", "moderator")
    await expect(ben.button("Remove Cleo")).to_have_count(1)

    # A page that was made for a listener has to be loaded again.
    make("Cleo", "speaker")
    await cleo.page.get_by_role("alert").get_by_role("button", name="Reload").click()
    await cleo.join()
    await ann.sees("Cleo")

    # And one whose invite is withdrawn reads why.
    confcall.shell(
        f"from rooms.models import Invite; Invite.objects.filter(token={tokens['Ben']!r}).update(revoked=True)"
    )
    await expect(ben.page.get_by_text("This invite was withdrawn")).to_be_visible(timeout=PATIENCE)
    await expect(
        ben.page.get_by_role("heading", name="You are no longer in the call")
    ).to_be_visible()
    await expect(ann.group("Ben")).to_have_count(0)
    assert ann.errors == ben.errors == cleo.errors == []
