"""A browser shows the notes in the right frames only, behind the shipped deploy/Caddyfile.

Etherpad 3 opens its editor as a page of its own origin inside the pad, so the ancestors of that
page are the pad and the call. The Etherpad of test_etherpad.py is older and has no such page.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.deploy.caddy import Front, caddy
from tests.deploy.parts import Echo, web_server

pytestmark = pytest.mark.e2e


class Etherpad(Echo):
    """A pad that frames a page of its own origin."""

    def do_GET(self) -> None:
        inner = b"<!doctype html><p>The editor"
        pad = b"<!doctype html><iframe name=ace_outer src=/static/empty.html></iframe>"
        self.answer(pad if self.path.startswith("/p/") else inner, "text/html")


class Site(Echo):
    """A page that frames a pad. It answers as the call site and as a site of strangers."""

    def do_GET(self) -> None:
        frame = f"<!doctype html><iframe name=notes src={self.path[1:]}></iframe>"
        self.answer(frame.encode(), "text/html")


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with (
        web_server(Site) as web,
        web_server(Etherpad) as etherpad,
        caddy(tmp_path, web, etherpad) as front,
    ):
        yield front


def editor(pad: Page | FrameLocator) -> FrameLocator:
    return pad.frame_locator("[name=ace_outer]")


async def test_a_pad_shows_its_editor_alone_and_in_the_call_and_in_no_other_site(
    browser: Browser, front: Front
) -> None:
    page = await browser.new_page(ignore_https_errors=True)
    pad = f"{front.notes}/p/pad"
    await page.goto(pad)
    await expect(editor(page).get_by_text("The editor")).to_be_visible()

    await page.goto(f"{front.site}/{pad}")
    framed = page.frame_locator("[name=notes]")
    await expect(editor(framed).get_by_text("The editor")).to_be_visible()

    async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        await page.goto(f"http://127.0.0.1:{front.web}/{pad}")
    await expect(editor(framed).get_by_text("The editor")).to_have_count(0)
