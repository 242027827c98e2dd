"""What the lobby says before anyone joins: who is in, and whether calls get through."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.axe import axe_faults
from tests.e2e.fit import SCREENS, faults
from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

LETS_THROUGH = "Your network lets calls through."
ONLY_TCP = "only over TCP. The call works, with lower quality."
BLOCKED = "Your network does not let calls through."


@asynccontextmanager
async def tcp_alone(host: str, port: int) -> AsyncIterator[int]:
    """A port that passes TCP on to another one, and no UDP."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, port)
        await asyncio.gather(copy(reader, back), copy(there, writer))

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def without_udp(person: Person) -> list[str]:
    """Lead the page's checks through TCP alone, and later to nowhere."""
    found: list[str] = []

    async def answer(route: Route) -> None:
        response = await route.fetch()
        way: dict[str, Any] = await response.json()
        found[:] = found or way["addresses"]
        way["addresses"] = [person_address[0]]
        await route.fulfill(response=response, body=json.dumps(way))

    person_address = ["127.0.0.1:9"]
    await person.page.route("**/reach/", answer)
    return person_address


async def test_a_network_without_udp_or_without_anything_is_told_in_words(
    browser: Browser, confcall: Confcall
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    link = room(confcall, "blocked")
    ann = await Person.arrive(context, link, "Ann")
    address = await without_udp(ann)
    asked = await ann.page.evaluate(
        """async () => {
          const config = JSON.parse(document.getElementById('config').text);
          return (await fetch(config.reach + '?', { headers: { Pass: config.pass } })).json();
        }"""
    )
    host, _, port = asked["addresses"][0].rpartition(":")
    reach = ann.page.locator("#reach")
    async with tcp_alone(host, int(port)) as number:
        address[0] = f"127.0.0.1:{number}"
        await ann.page.reload()
        await expect(reach).to_contain_text(ONLY_TCP, timeout=30_000)
    address[0] = "127.0.0.1:9"
    await ann.button("Check again").click()
    await expect(reach).to_contain_text(BLOCKED, timeout=30_000)
    await expect(ann.page.locator("#announcer")).to_contain_text(BLOCKED)
    # The button is still there, and Join does not wait for anything.
    assert await axe_faults(ann.page) == []
    for screen in ("390", "on its side", "360"):
        width, height, _scale = SCREENS[screen]
        await ann.page.set_viewport_size({"width": width, "height": height})
        assert await faults(ann.page) == [], screen
    await expect(ann.button("Join")).to_be_enabled()


async def test_the_lobby_says_that_calls_get_through_and_who_is_in(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "company")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    present = ben.page.locator("#present")
    await expect(present).to_contain_text("No one is in the call yet.")
    await expect(ben.page.locator("#reach")).to_contain_text(LETS_THROUGH, timeout=20_000)
    await expect(ben.button("Check again")).to_be_hidden()
    await ann.join(devices=False)
    await expect(present).to_contain_text("Ann", timeout=20_000)
    await ann.button("Leave").click()
    await expect(present).to_contain_text("No one is in the call yet.", timeout=30_000)
    assert ann.errors == ben.errors == []


async def test_the_preview_is_kept_and_the_speaker_can_be_heard(
    browser: Browser, confcall: Confcall
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    await context.grant_permissions(["camera", "microphone"])
    ann = await Person.arrive(context, room(confcall, "kept"), "Ann")
    await ann.button("Test the speaker").click()
    await expect(ann.page.get_by_text("You should hear a sound now.").first).to_be_visible()
    video = ann.page.locator("#preview-video")
    await expect(video).to_be_hidden()
    await ann.button("Turn on camera and microphone").click()
    await expect(video).to_be_visible(timeout=20_000)
    await ann.page.reload()
    await expect(video).to_be_visible(timeout=20_000)
    await ann.page.get_by_role("button", name="Camera", exact=True).click()
    await expect(video).to_be_hidden()
    await ann.page.reload()
    await expect(ann.button("Join")).to_be_enabled()
    await expect(ann.button("Turn on camera and microphone")).to_be_enabled()
    await expect(video).to_be_hidden()
    assert ann.errors == []
