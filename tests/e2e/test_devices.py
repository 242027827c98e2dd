"""Cameras and microphones that are refused, busy or gone; the lobby while its scripts load."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools import chromium
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# As on many Androids: a second camera (or microphone) is refused while the first one is open.
ONE_AT_A_TIME = """
const open = { video: new Set(), audio: new Set() };
window.wanted = [];
window.refused = new Set();
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  for (const kind of ['audio', 'video']) {
    const id = wanted[kind]?.deviceId?.exact;
    if (wanted[kind]) window.wanted.push(id || kind);
    const busy = [...open[kind]].some((track) => track.readyState === 'live');
    if (wanted[kind] && (busy || window.refused.has(id))) {
      throw new DOMException('Could not start the source', 'NotReadableError');
    }
  }
  const stream = await ask(wanted);
  for (const track of stream.getTracks()) open[track.kind].add(track);
  return stream;
};
"""

SENT = """
(kind) => {
  const pc = window.connections.at(-1);
  const track = pc.getSenders().map((s) => s.track).find((t) => t && t.kind === kind);
  const live = track?.readyState === 'live';
  return track && { id: track.getSettings().deviceId, live, enabled: track.enabled };
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def asking_browser() -> AsyncIterator[Browser]:
    """A Chromium that asks for permissions instead of granting everything."""
    # Three devices, because no one decodes the format of the second camera (Y16).
    devices = "--use-fake-device-for-media-stream=device-count=3"
    async with chromium.browser(devices, without="--use-fake-ui-for-media-stream") as browser:
        yield browser


async def arrive(browser: Browser, link: str, name: str, permissions: list[str]) -> Person:
    """Open a link in a profile that has only these permissions."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    await context.grant_permissions(permissions)
    return await Person.arrive(context, link, name)


def alert(person: Person, words: str) -> Any:
    """The alert with these words."""
    return person.page.get_by_role("alert").filter(has_text=words)


async def test_one_refused_device_takes_neither_the_other_nor_the_join(
    asking_browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "one-refused")
    ann = await arrive(asking_browser, link, "Ann", ["microphone"])
    ben = await arrive(asking_browser, link, "Ben", ["camera"])
    for person, words in ((ann, "blocking the camera."), (ben, "blocking the microphone.")):
        await person.page.get_by_role("textbox", name="Your name").fill(person.name)
        await person.button("Join").click()
        await expect(alert(person, words)).to_be_visible(timeout=20_000)
        await person.group(person.name).wait_for(timeout=20_000)
    await ann.sees("Ben")
    await ben.hears("Ann")
    # Those who do without the device can close the message.
    await ben.button("Close this message").click()
    await expect(alert(ben, "blocking the microphone.")).to_be_hidden()
    await expect(ben.page.locator("#stage")).to_be_focused()
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "true")
    await expect(ann.button("Camera")).to_have_attribute("aria-pressed", "false")
    # Once it is allowed, the button under the words is enough.
    await ann.page.context.grant_permissions(["microphone", "camera"])
    await ann.button("Try again").click()
    await expect(ann.button("Camera")).to_have_attribute("aria-pressed", "true")
    await expect(alert(ann, "camera")).to_be_hidden()
    await ben.sees("Ann")
    assert ann.errors + ben.errors == []


async def test_someone_who_is_refused_both_devices_is_told_and_still_joins(
    asking_browser: Browser, confcall: Confcall
) -> None:
    ann = await arrive(asking_browser, room(confcall, "both-refused"), "Ann", [])
    await ann.page.get_by_role("textbox", name="Your name").fill("Ann")
    await ann.button("Join").click()
    await expect(alert(ann, "camera and microphone")).to_be_visible()
    await ann.button("Try again").click()
    await expect(alert(ann, "camera and microphone")).to_be_visible()
    await ann.button("Join").click()
    await ann.group("Ann").wait_for(timeout=20_000)
    await expect(alert(ann, "camera and microphone")).to_be_visible()
    await ann.page.context.grant_permissions(["microphone", "camera"])
    await ann.button("Try again").click()
    for name in ("Microphone", "Camera"):
        await expect(ann.button(name)).to_have_attribute("aria-pressed", "true")


async def choices(person: Person, menu: str) -> tuple[Any, list[str]]:
    """A menu of devices, and those in it that are not in use."""
    field = person.page.locator(f"#more-menu #{menu}")
    values: list[str] = await field.evaluate("e => [...e.options].map((o) => o.value)")
    return field, [value for value in values if value != await field.input_value()]


async def test_another_device_is_chosen_where_only_one_may_be_open(
    asking_browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "one-at-a-time")
    ann = await arrive(asking_browser, link, "Ann", ["microphone", "camera"])
    await ann.page.add_init_script(ONE_AT_A_TIME)
    await ann.page.reload()
    ben = await arrive(asking_browser, link, "Ben", [])
    await ann.join()
    await ben.join(devices=False)
    await ben.sees("Ann")
    await ann.button("Microphone").click()
    await ann.button("More").click()
    for kind, name in (("video", "cameras"), ("audio", "microphones")):
        menu, others = await choices(ann, name)
        await menu.select_option(others[-1])
        await until(partial(sends, ann, kind, others[-1]), 10, "it is not sent")
    await ben.sees("Ann")
    muted: Any = await ann.page.evaluate(SENT, "audio")
    assert not muted["enabled"]
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "false")
    # If the chosen one does not start, the previous one is used again.
    menu, others = await choices(ann, "cameras")
    held = await menu.input_value()
    await ann.page.evaluate("(id) => window.refused.add(id)", others[0])
    await menu.select_option(others[0])
    await expect(alert(ann, "still using the previous one")).to_be_visible()
    await until(lambda: sends(ann, "video", held), 10, "the previous camera is not sent")
    await expect(menu).to_have_value(held)
    await ben.sees("Ann")
    await ann.button("Choose another camera").click()
    await expect(menu).to_be_focused()
    assert ann.errors == []


async def sends(person: Person, kind: str, device: str) -> bool:
    """Whether this device is the one that is sent."""
    now: Any = await person.page.evaluate(SENT, kind)
    return bool(now and now["live"] and now["id"] == device)


async def test_what_is_typed_and_pressed_before_the_scripts_are_there_counts(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "slow-line")
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    ann = await Person.arrive(context, link, "Somebody else")
    await ann.join(devices=False)
    await ann.button("Leave").click()
    fast = asyncio.Event()

    async def hold(route: Route) -> None:
        await fast.wait()
        await route.continue_()

    await ann.page.route(re.compile(r"/rooms/(?!ui/entry/early)[\w./]+\.js"), hold)
    await ann.page.goto(link, wait_until="commit")
    name = ann.page.get_by_role("textbox", name="Your name")
    await name.fill("Ann")
    await ann.button("Join").click()
    await expect(ann.page.get_by_text("still loading")).to_be_visible()
    fast.set()
    await ann.group("Ann").wait_for(timeout=20_000)
    await expect(ann.button("Camera")).to_have_attribute("aria-pressed", "true")
    assert ann.errors == []


async def test_a_listener_has_one_way_in_and_no_devices(
    browser: Browser, confcall: Confcall
) -> None:
    ben = await Person.arrive(browser, room(confcall, "one-way", "listener"), "Ben")
    lobby = ben.page.locator("#lobby")
    await expect(lobby.get_by_role("button", name=re.compile("Join"))).to_have_count(1)
    await expect(lobby.get_by_text("camera")).to_have_count(0)
    await expect(lobby.locator("video")).to_have_count(0)
    await ben.join()
    assert ben.errors == []
