"""What people read while the server lets no one in, or is away."""

from __future__ import annotations

import json
import os
import re

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.e2e.axe import axe_faults
from tests.e2e.fit import SCREENS, faults
from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

TILES = """
() => [...document.querySelectorAll('.tile, #bar, .side-panel')].map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return [x, y, width, height].map(Math.round).join(' ');
})
"""

SHOTS = os.environ.get("PAGE_SHOTS", "")


async def shoot(person: Person, name: str) -> None:
    if SHOTS:
        await person.page.screenshot(path=f"{SHOTS}/{name}.png")


async def resize(person: Person, screen: str) -> None:
    width, height, _ = SCREENS[screen]
    await person.page.set_viewport_size({"width": width, "height": height})


class Door:
    """The WebSocket of a call, which may be shut: with an error and a close, or without a word."""

    def __init__(self, code: str = "") -> None:
        self.code = code
        self.asked = 0
        self._routes: list[WebSocketRoute] = []

    async def watch(self, person: Person) -> None:
        await person.page.route_web_socket(re.compile("/ws/call/"), self._handle)
        await person.page.reload()

    def _handle(self, route: WebSocketRoute) -> None:
        self.asked += 1
        if not self.code:
            self._routes.append(route)
            route.connect_to_server()
            return

        async def refuse(_: str | bytes) -> None:
            error = {"type": "error", "code": self.code, "message": "Words of the server."}
            route.send(json.dumps(error))
            await route.close(code=4503)

        route.on_message(refuse)

    async def shut(self, code: str) -> None:
        self.code = code
        await self._routes[-1].close(code=4000)


@pytest.mark.parametrize(
    ("screen", "code", "words"),
    [
        ("1280", "crowded", "The server is busy with other calls"),
        ("390", "busy", "This page tries to join again by itself"),
    ],
)
async def test_a_page_that_is_not_let_in_waits_in_the_lobby_and_joins_by_itself(
    browser: Browser, confcall: Confcall, screen: str, code: str, words: str
) -> None:
    ann = await Person.arrive(browser, room(confcall, f"full-{screen}"), "Ann")
    await resize(ann, screen)
    door = Door(code)
    await door.watch(ann)
    await ann.page.get_by_role("textbox", name="Your name").fill("Ann")
    await ann.button("Join").click()
    waiting = ann.page.get_by_role("group", name=re.compile(words))
    await expect(waiting).to_be_focused(timeout=20_000)
    await shoot(ann, f"queue-{screen}")
    # Nothing is said of a call that this page was never in.
    await expect(ann.page.locator("#notice")).to_have_text("")
    await expect(ann.page.locator("#announcer")).to_have_text("")
    await expect(ann.button("Join")).to_be_hidden()
    assert await faults(ann.page) == []
    assert await axe_faults(ann.page) == []

    # By keyboard back to the lobby, and in again.
    await ann.page.keyboard.press("Tab")
    await expect(ann.button("Cancel")).to_be_focused()
    await ann.page.keyboard.press("Enter")
    await expect(ann.button("Join")).to_be_enabled(timeout=20_000)
    await expect(waiting).to_be_hidden()
    await ann.page.get_by_role("textbox", name="Your name").fill("Ann")
    await ann.button("Join").click()
    await expect(waiting).to_be_focused(timeout=20_000)
    asked = door.asked
    door.code = ""
    await ann.group("Ann").wait_for(timeout=30_000)
    assert door.asked > asked
    await expect(ann.page.get_by_role("heading", level=1).filter(visible=True)).to_be_focused()
    assert ann.errors == []


async def test_words_about_the_connection_move_nothing_and_go(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "words")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    door = Door()
    await door.watch(ann)
    await ann.join()
    await ben.join()
    await ann.sees("Ben")
    notice = ann.page.locator("#notice")
    for screen in ("1280", "390", "on its side", "1280 at 200 %"):
        await resize(ann, screen)
        await expect(notice).to_be_hidden()
        await ann.page.wait_for_timeout(500)
        before = await ann.page.evaluate(TILES)
        await door.shut("busy")
        await expect(notice).to_contain_text("Audio and video continue", timeout=20_000)
        assert await ann.page.evaluate(TILES) == before, screen
        assert await faults(ann.page) == [], screen
        assert await axe_faults(ann.page) == [], screen
        await shoot(ann, f"notice-{screen.replace(' ', '-')}")
        if SHOTS:
            await ann.page.emulate_media(color_scheme="dark")
            await shoot(ann, f"notice-dark-{screen.replace(' ', '-')}")
            await ann.page.emulate_media(color_scheme="light")
        announced = ann.page.locator("#announcer")
        await expect(announced).to_contain_text("Audio and video continue")
        door.code = ""
        await expect(notice).to_have_text("The connection is back.", timeout=30_000)
        await expect(notice).to_be_hidden()
    assert ann.errors == []


async def test_a_line_that_waits_to_be_sent_is_not_below_no_messages_yet(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "unsent"), "Ann")
    door = Door()
    await door.watch(ann)
    await ann.join(devices=False)
    empty = ann.page.get_by_text("No messages yet")
    await expect(empty).to_be_visible()
    await door.shut("unavailable")
    field = ann.page.get_by_role("textbox", name="Message")
    await field.fill("Hello")
    await field.press("Enter")
    await expect(ann.page.get_by_text("Not sent yet")).to_be_visible()
    await expect(empty).to_be_hidden()
    door.code = ""
    await expect(ann.page.get_by_text("Not sent yet")).to_be_hidden(timeout=30_000)
    await expect(ann.page.get_by_role("log").get_by_text("Hello")).to_be_visible()


async def test_what_the_page_says_for_a_moment_moves_nothing(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "moments")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join()
    await ben.join()
    await ann.sees("Ben")
    toast, banner = ann.page.locator("#toast"), ann.page.locator("#banner")
    for screen, role in (("1280", "moderator"), ("390", "speaker"), ("on its side", "moderator")):
        await resize(ann, screen)
        await ann.page.wait_for_timeout(500)
        before = await ann.page.evaluate(TILES)
        await ann.page.evaluate("document.getElementById('copy-notes').click()")
        await expect(toast).to_be_visible()
        assert await ann.page.evaluate(TILES) == before, screen
        confcall.shell(
            "from rooms.models import Invite\n"
            "for one in Invite.objects.filter(room__slug='moments'):\n"
            f"    one.role = {role!r}; one.save()"
        )
        await expect(banner).to_contain_text(f"You are now a {role}", timeout=20_000)
        await shoot(ann, f"banner-{screen.replace(' ', '-')}")
        assert await ann.page.evaluate(TILES) == before, screen
        await ann.button("OK").click()
        await expect(banner).to_be_hidden()
    assert ann.errors == []
