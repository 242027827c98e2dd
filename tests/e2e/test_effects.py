"""Another background and less noise, over real connections."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Request, expect

from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

PICTURE = Path(__file__).parents[2] / "static/rooms/preview.png"

# The sent tracks, the number of offers, and whether a device is what is sent.
SENT = """
(kind) => {
  const [pc] = window.connections;
  const sender = pc.getSenders().find((one) => one.track?.kind === kind);
  const { deviceId = '' } = sender?.track?.getSettings() ?? {};
  return {
    id: sender?.track?.id ?? '', deviceId, open: window.connections.length,
    offer: pc.localDescription.sdp,
  };
}
"""
OTHER = """
([kind, id]) => window.connections[0].getSenders()
  .some(({ track }) => track?.kind === kind && track.id !== id)
"""


async def changed(person: Person, kind: str, before: dict[str, Any]) -> dict[str, Any]:
    """What is sent after another track has taken the place of the one before."""
    await person.page.wait_for_function(OTHER, arg=[kind, before["id"]], timeout=30_000)
    now: dict[str, Any] = await person.page.evaluate(SENT, kind)
    assert now["open"] == before["open"]
    assert now["offer"] == before["offer"], "nothing is negotiated again"
    return now


async def test_others_see_another_background_and_hear_less_noise(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "effects")
    ann = await Person.arrive(browser, link, "Ann")
    ben = await Person.arrive(browser, link, "Ben")
    asked: list[str] = []

    def ask(request: Request) -> None:
        asked.append(request.url)

    ann.page.context.on("request", ask)
    await asyncio.gather(ann.join(), ben.join())
    await ben.sees("Ann")
    assert not any("effects/" in url and "controls" not in url for url in asked)
    await ann.button("More").click()
    menu = ann.page.locator("#more-menu")
    before = await ann.page.evaluate(SENT, "video")
    await menu.get_by_role("combobox", name="Background").select_option("blur")
    blurred = await changed(ann, "video", before)
    await ben.sees("Ann")

    quiet = menu.get_by_role("checkbox", name="Reduce background noise")
    voice = await ann.page.evaluate(SENT, "audio")
    await quiet.check()
    cleaned = await changed(ann, "audio", voice)
    await ben.hears("Ann")
    await quiet.uncheck()
    assert (await changed(ann, "audio", cleaned))["id"] == voice["id"]

    # A slow computer has turned it off already.
    await menu.get_by_role("combobox", name="Background").select_option("")
    assert (await changed(ann, "video", blurred))["id"] == before["id"]
    await ben.sees("Ann")
    own = urlsplit(link).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith("blob:")} == {own}
    assert any(url.endswith(".tflite") for url in asked)
    assert not [line for line in ann.said if "Content Security Policy" in line]
    assert not ann.errors


async def test_a_remembered_background_never_shows_the_room_behind(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "effects-kept"), "Ann")
    await ann.button("Turn on camera and microphone").click()
    menu = ann.page.get_by_role("combobox", name="Background")
    await menu.select_option("blur")
    # A picture of one's own stays in the browser.
    await ann.page.locator(".preview input[type=file]").set_input_files(PICTURE)
    await expect(menu).to_have_value("own")
    await expect(ann.button("Choose another picture")).to_be_visible()
    await ann.page.reload()
    await ann.button("Turn on camera and microphone").click()
    await expect(menu).to_have_value("own")
    shown = "() => document.getElementById('preview-video').srcObject?.getVideoTracks()[0]"
    await ann.page.wait_for_function(shown)
    assert await ann.page.evaluate(f"({shown})() instanceof MediaStreamTrackGenerator")
    await ann.join()
    await ann.button("Camera").click()
    await expect(ann.button("Camera")).to_have_attribute("aria-pressed", "false")
