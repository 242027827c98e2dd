"""The host removes someone from the call, and a stream: in real browsers, with a real encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.people import Person, until
from tests.e2e.whip import encoder, room_with_invites
from tools.product import Confcall

pytestmark = pytest.mark.e2e

PATIENCE = 30_000


def dialog(person: Person) -> Locator:
    return person.page.get_by_role("dialog")


async def remove(host: Person, name: str) -> None:
    """Use the button of the tile and that of the dialog."""
    await host.button(f"Remove {name}").click()
    await expect(dialog(host).get_by_role("heading")).to_have_text(f"Remove {name}?")
    await dialog(host).get_by_role("button", name="Remove", exact=True).click()
    await expect(dialog(host)).to_be_hidden()


async def cancel_a_removal(host: Person, name: str) -> None:
    """Nothing happens without a second click, and the focus is where it was."""
    for way_out in ("Escape", "Enter"):
        await host.button(f"Remove {name}").press("Enter")
        await expect(dialog(host).get_by_role("button", name="Cancel")).to_be_focused()
        await host.page.keyboard.press(way_out)
        await expect(host.button(f"Remove {name}")).to_be_focused()


async def is_refused(person: Person, link: str) -> None:
    """Neither the page nor the link lets them in again."""
    response = await person.page.reload()
    assert response is not None
    assert response.status == 403
    heading = person.page.get_by_role("heading", name="You were removed from this call")
    await expect(heading).to_be_visible()
    response = await person.page.goto(link)
    assert response is not None
    assert response.status == 403


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
    await cancel_a_removal(ann, "Ben")
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

    await is_refused(ben, link["Guests"])
    # Ben was removed, not the link: a newcomer may join.
    dora = await Person.arrive(browser, link["Guests"], "Dora")
    await dora.join(devices=False)
    await dora.sees("Cleo")

    # A moderator has no such button for those who run the room.
    dan = await Person.arrive(browser, link["Helper"], "Dan")
    await dan.join(devices=False)
    await expect(dan.button("Remove Cleo")).to_have_count(1)
    await expect(dan.button("Remove Ann")).to_have_count(0)
    assert ann.errors == ben.errors == cleo.errors == dan.errors == dora.errors == []


async def copied_link(person: Person) -> str:
    """The link that "Copy call link" copies now."""
    await person.page.evaluate("navigator.clipboard.writeText('')")
    await person.button("Copy call link").click()

    async def there() -> bool:
        return bool(await person.clipboard())

    await until(there, 20, "nothing was copied")
    return await person.clipboard()


async def status(browser: Browser, link: str) -> tuple[int, str]:
    """The status and heading that a stranger gets for a link."""
    page = await (await browser.new_context()).new_page()
    response = await page.goto(link)
    assert response is not None
    title = await page.get_by_role("heading").first.inner_text()
    await page.context.close()
    return response.status, title


async def test_a_link_is_stopped_with_a_removal_and_the_host_is_handed_a_fresh_one(
    browser: Browser, confcall: Confcall
) -> None:
    tokens = room_with_invites(confcall, "leak", Ann="owner", Guests="speaker")
    guests = f"{confcall.url}/i/{tokens['Guests']}/"
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    people = [await Person.arrive(browser, guests, name) for name in ("Ben", "Cleo")]
    for person in (ann, *people):
        await person.join(devices=False)
    ben, cleo = people
    assert await copied_link(ann) == guests

    await ann.button("Remove Ben").click()
    stop = dialog(ann).get_by_role("checkbox", name="Also stop this link")
    await expect(stop).not_to_be_checked()
    await expect(dialog(ann)).to_contain_text("Cleo also joined with this link")
    await stop.check()
    await dialog(ann).get_by_role("button", name="Remove", exact=True).click()
    await expect(ben.page.get_by_role("heading", name="You were removed")).to_be_visible()
    fresh = await ann.page.get_by_role("textbox", name="New link").input_value()
    assert fresh != guests
    await ann.button("Copy new link").click()
    assert await ann.clipboard() == fresh
    assert await copied_link(ann) == fresh

    assert await status(browser, guests) == (410, "This link no longer works")
    assert (await status(browser, fresh))[0] == 200
    # People who joined with it before stay, and can come back.
    await expect(ann.group("Cleo")).to_have_count(1)
    await cleo.page.goto(guests)
    await cleo.join(devices=False)
    await ann.group("Cleo").wait_for()

    # A page may be open for hours. A link is valid at the moment when it is copied.
    for change in ("expires='2001-01-01T00:00Z'", "uses_left=0", "revoked=True", "stopped=True"):
        token = (await ann.clipboard()).rstrip("/").rpartition("/")[2]
        confcall.shell(
            "from rooms.models import Invite; "
            f"Invite.objects.filter(token={token!r}).update({change})"
        )
        link = await copied_link(ann)
        assert token not in link
        assert (await status(browser, link))[0] == 200
    # Cleo's has been stopped, and she is not handed the new one.
    await expect(cleo.button("Copy call link")).to_have_count(0)
    assert ann.errors == ben.errors == cleo.errors == []


async def test_the_owner_removes_a_running_stream_and_its_key_is_refused(
    browser: Browser, confcall: Confcall, tmp_path: Path
) -> None:
    tokens = room_with_invites(confcall, "concert", Ann="owner", Camera_1="speaker")
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    await ann.join(devices=False)
    # Ben joined with the link whose token is the key of the stream.
    ben = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Camera_1']}/", "Ben")
    await ben.join()
    async with encoder(confcall, "concert", tokens["Camera_1"], tmp_path / "first"):
        await ann.group("Camera 1").wait_for(timeout=PATIENCE)
        await ann.sees("Camera 1", "Ben")
        await ann.button("Remove Camera 1").click()
        await expect(dialog(ann)).to_contain_text("stream ends immediately")
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
    # The invite still lets people in: Ben again, and someone new.
    await ben.page.reload()
    await ben.join()
    cleo = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Camera_1']}/", "Cleo")
    await cleo.join(devices=False)
    await cleo.sees("Ben")
    assert ann.errors == ben.errors == cleo.errors == []


async def is_silent(person: Person, *others: Person) -> None:
    """They can send nothing, and others no longer see or hear them."""
    for name in ("Microphone", "Camera", "Share screen"):
        await expect(person.button(name)).to_be_hidden()
    for other in others:
        await expect(other.group(person.name).locator(".tile.live")).to_have_count(0)
        await expect(other.group(person.name).locator(".tile.is-muted")).to_have_count(1)
        await expect(other.group(person.name)).to_have_count(1)


def change_invite(confcall: Confcall, token: str, **values: object) -> None:
    confcall.shell(
        "from rooms.models import Invite\n"
        f"Invite.objects.filter(token={token!r}).update(**{values!r})"
    )


async def test_a_lowered_or_raised_role_takes_effect_at_once(
    browser: Browser, confcall: Confcall
) -> None:
    tokens = room_with_invites(confcall, "panel", Ann="owner", Ben="speaker", Cleo="listener")
    ann, ben, cleo = [
        await Person.arrive(browser, f"{confcall.url}/i/{token}/", name)
        for name, token in tokens.items()
    ]
    for person in (ann, ben, cleo):
        await person.join()
    for person in (ann, cleo):
        await person.sees("Ben")

    def change(name: str, **values: object) -> None:
        change_invite(confcall, tokens[name], **values)

    banner = ben.page.get_by_role("alert")
    change("Ben", role="listener")
    await expect(banner).to_contain_text("You are now a listener", timeout=PATIENCE)
    await is_silent(ben, ann, cleo)
    # They still see and hear, and their devices have been let go.
    await ben.sees("Ann")
    await expect(ben.group("Ben").locator(".tile.live")).to_have_count(0)
    await ben.button("OK").click()
    await expect(banner).to_be_hidden()

    change("Ben", role="speaker")
    await expect(banner).to_contain_text("You are now a speaker", timeout=PATIENCE)
    await ben.button("Camera").click()
    await ben.button("Microphone").click()
    for person in (ann, cleo):
        await person.sees("Ben")
    await cleo.hears("Ben")
    change("Ben", role="moderator")
    await expect(ben.button("Remove Cleo")).to_have_count(1)

    # A page that was made for a listener has to be loaded again.
    change("Cleo", role="speaker")
    await cleo.page.get_by_role("alert").get_by_role("button", name="Reload").click()
    await cleo.join()
    await ann.sees("Cleo")

    # Someone whose invite is withdrawn is told why.
    change("Ben", revoked=True)
    await expect(ben.page.get_by_text("This invite was withdrawn")).to_be_visible(timeout=PATIENCE)
    await expect(
        ben.page.get_by_role("heading", name="You are no longer in the call")
    ).to_be_visible()
    await expect(ann.group("Ben")).to_have_count(0)
    assert ann.errors == ben.errors == cleo.errors == []
