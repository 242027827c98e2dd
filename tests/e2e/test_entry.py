"""The way in where the browser keeps no cookies."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from tests.e2e.conftest import CHROMIUM_FLAGS, Confcall, chromium
from tests.e2e.people import Person

pytestmark = pytest.mark.e2e

NO_COOKIES = {"profile": {"default_content_setting_values": {"cookies": 2}}}


@asynccontextmanager
async def without_cookies(folder: Path) -> AsyncIterator[BrowserContext]:
    """A Chromium whose user has chosen "Block all cookies"."""
    profile = folder / "Default"
    profile.mkdir(parents=True)
    (profile / "Preferences").write_text(json.dumps(NO_COOKIES))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder,
            executable_path=chromium(),
            args=CHROMIUM_FLAGS,
            viewport={"width": 1280, "height": 800},
        )
        yield context
        await context.close()


def counted_invite(confcall: Confcall, slug: str, uses: int) -> str:
    """A link into a new room that lets ``uses`` people in."""
    token = confcall.shell(
        f"from rooms.models import Room; room = Room.objects.create(slug='{slug}', title='{slug}');"
        f"print(room.invites.create(uses_left={uses}).token)"
    )
    return f"{confcall.url}/i/{token}/"


def uses_left(confcall: Confcall, link: str) -> str:
    token = link.rstrip("/").rpartition("/")[2]
    return confcall.shell(
        f"from rooms.models import Invite; print(Invite.objects.get(token='{token}').uses_left)"
    )


async def test_without_cookies_a_call_is_joined_and_left_and_joined_again(
    browser: Browser, confcall: Confcall, tmp_path: Path
) -> None:
    link = counted_invite(confcall, "no-cookies", 2)
    async with without_cookies(tmp_path) as context:
        ann = await Person.arrive(context, link, "Ann")
        # navigator.cookieEnabled is true all the same.
        assert not await context.cookies(), "cookies are not blocked"
        # Ben is taken for a program: he gets the page for previews first, which goes on by itself.
        ben = await Person.arrive(browser, link, "Ben", user_agent="Mozilla/5.0 (Old) Chromebot")
        await ben.join()
        # With a cookie the token leaves the address bar; without one it is the only way back.
        await expect(ben.page).to_have_url(f"{confcall.url}/r/no-cookies/")
        for _time in range(2):
            await ann.join()
            await ann.sees("Ben")
            await ann.hears("Ben")
            await ben.sees("Ann")
            assert uses_left(confcall, link) == "0"
            assert ann.page.url == link
            await ann.page.reload()
        await ann.page.reload()
        await ann.join(devices=False)
        await ann.page.get_by_role("textbox", name="Message").fill("hello without cookies")
        await ann.button("Send").click()
        await expect(ben.page.get_by_text("hello without cookies", exact=True)).to_be_visible()
        notes = ann.page.frame_locator("iframe").locator(".ql-editor")
        await notes.fill("written without cookies")
        words = ben.page.frame_locator("iframe").get_by_text(re.compile("written without cookies"))
        await expect(words).to_be_visible()
        # Leave, and come back by the page's own button.
        await ann.button("Leave").click()
        await ann.button("Join again").click()
        await ann.join(devices=False)
        assert uses_left(confcall, link) == "0"
        assert not ann.errors
