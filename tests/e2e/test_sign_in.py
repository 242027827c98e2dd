"""Signing in with one's own site, in a real browser and with a real site on the other side."""

from __future__ import annotations

import os

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe_faults
from tests.e2e.people import Person
from tests.sites.indieauth import Identity, serve
from tools.product import Confcall

pytestmark = pytest.mark.e2e

SHOTS = os.environ.get("PAGE_SHOTS", "")


def make_room(confcall: Confcall, **fields: str) -> None:
    confcall.shell(
        "from rooms.models import Room\n"
        f"Room.objects.update_or_create(slug='with-sites', defaults={fields!r})"
    )


async def shoot(page: Page, name: str) -> None:
    for width in (1280, 390) if SHOTS else ():
        await page.set_viewport_size({"width": width, "height": 800})
        await page.screenshot(path=f"{SHOTS}/sign-in-{name}-{width}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 800})


async def sign_in(page: Page, site: str) -> None:
    await page.get_by_role("textbox", name="Your site").fill(site)
    await page.get_by_role("button", name="Sign in with your site").click()


async def test_people_sign_in_with_their_site_and_the_others_see_whose_it_is(
    confcall: Confcall, browser: Browser
) -> None:
    make_room(confcall, title="With sites", visitors="speak", sign_in="offered")
    address = f"{confcall.url}/r/with-sites/"
    with serve() as site:
        ann = await Person.arrive(browser, address, "Ann Example")
        await joins_as_site(ann, site)
        ben = await Person.arrive(browser, address, "Ben")
        await ben.join(devices=False)
        await sees_whose_it_is(ben, site)
        # From now on everyone has to. Ben has not.
        make_room(confcall, sign_in="required")
        await expect(ben.page.get_by_text("sign in with their own site")).to_be_visible()
        await ben.page.goto(address)
        await has_to_sign_in(ben, site)
        await expect(ann.group("Ann Example")).to_be_visible()
        assert not any(confcall.url in referer for referer in site.referers)
        assert ann.errors == ben.errors == []


async def joins_as_site(ann: Person, site: Identity) -> None:
    await shoot(ann.page, "lobby")
    assert await axe_faults(ann.page) == []
    await sign_in(ann.page, site.base)
    signed_in = ann.page.get_by_text(f"Signed in as {site.base.removeprefix('http://')}")
    await expect(signed_in).to_be_visible()
    await expect(ann.page.get_by_role("textbox", name="Your name")).to_have_value("Ann Example")
    assert await axe_faults(ann.page) == []
    await shoot(ann.page, "lobby-signed-in")
    await ann.join(devices=False)


async def sees_whose_it_is(ben: Person, site: Identity) -> None:
    tile = ben.group("Ann Example")
    photo = tile.locator(".avatar img")
    await expect(photo).to_be_visible()
    await expect(photo).to_have_js_property("naturalWidth", 256)
    link = tile.get_by_role("link", name="Ann Example")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await shoot(ben.page, "tile")
    assert await axe_faults(ben.page) == []
    # By the keyboard, and without pinning the tile, which a click does.
    await link.focus()
    async with ben.page.context.expect_page() as opened:
        await ben.page.keyboard.press("Enter")
    page = await opened.value
    await page.wait_for_load_state()
    assert page.url == site.base + "/"
    assert await page.evaluate("[document.referrer, window.opener]") == ["", None]
    pin = tile.get_by_role("button", name="Pin")
    await expect(pin).to_have_attribute("aria-pressed", "false")


async def has_to_sign_in(ben: Person, site: Identity) -> None:
    await shoot(ben.page, "required")
    assert await axe_faults(ben.page) == []
    site.name, site.approves = "Ben Example", False
    await sign_in(ben.page, site.base)
    await expect(ben.page.get_by_role("heading")).to_have_text("You have not signed in")
    await shoot(ben.page, "cancelled")
    await ben.page.get_by_role("link", name="Try again").click()
    site.approves = True
    await sign_in(ben.page, site.base)
    await expect(ben.page.get_by_role("textbox", name="Your name")).to_have_value("Ben Example")
    await ben.button("Sign out").click()
    await expect(ben.page.get_by_role("textbox", name="Your site")).to_be_visible()
