"""The call page when something is missing or breaks, and on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.e2e.fit import faults
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

PHONE = {"viewport": {"width": 390, "height": 844}}
NO_CLIPBOARD = """
const writeText = () => Promise.reject(new Error('refused'));
Object.defineProperty(navigator, 'clipboard', { value: { writeText } });
"""
NO_CAMERA = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', '%s'); };
"""
DEVICES_ASKED = """
window.asked = 0;
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) => { window.asked += 1; return ask(wanted); };
"""
# The beeps of the fake microphone are shorter than speech.
TALKS = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const voice = new OscillatorNode(context, { frequency: 220 });
  const out = new MediaStreamAudioDestinationNode(context);
  voice.connect(new GainNode(context, { gain: 0.3 })).connect(out);
  voice.start();
  return out.stream;
};
"""


class Cut:
    """A WebSocket to the call that can be cut and held off, in front of the real one."""

    def __init__(self) -> None:
        self.away = False
        self.routes: list[WebSocketRoute] = []

    async def watch(self, person: Person) -> None:
        await person.page.route_web_socket(re.compile("/ws/call/"), self._handle)
        await person.page.reload()

    async def _handle(self, route: WebSocketRoute) -> None:
        if self.away:
            await route.close(code=4000)
            return
        self.routes.append(route)
        route.connect_to_server()

    async def cut(self) -> None:
        self.away = True
        await self.routes[-1].close(code=4000)


async def test_no_device_is_asked_for_before_a_click(browser: Browser, confcall: Confcall) -> None:
    ann = await Person.arrive(browser, room(confcall, "shy"), "Ann")
    await ann.page.add_init_script(DEVICES_ASKED)
    await ann.page.reload()
    await ann.join(devices=False)
    assert await ann.page.evaluate("window.asked") == 0
    await ann.button("Camera").click()
    await expect(ann.button("Camera")).to_have_attribute("aria-pressed", "true")
    assert await ann.page.evaluate("window.asked") == 1


async def test_the_preview_is_joined_as_it_is(browser: Browser, confcall: Confcall) -> None:
    ann = await Person.arrive(browser, room(confcall, "preview"), "Ann")
    await ann.button("Turn on camera and microphone").click()
    await ann.button("Microphone").click()
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "false")
    await ann.join()
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "false")
    await expect(ann.button("Camera")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "is blocking the camera"),
        ("NotFoundError", "was found"),
        ("NotReadableError", "Another program may be using"),
    ],
)
async def test_each_reason_for_no_camera_has_its_own_words(
    browser: Browser, confcall: Confcall, error: str, words: str
) -> None:
    ann = await Person.arrive(browser, room(confcall, error.lower()), "Ann")
    await ann.page.add_init_script(NO_CAMERA % error)
    await ann.page.reload()
    await ann.page.get_by_role("textbox", name="Your name").fill("Ann")
    await ann.button("Join").click()
    await expect(ann.page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    await ann.join(devices=False)


async def test_a_lost_websocket_shows_a_banner_and_no_one_else_notices(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "cut")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    cut = Cut()
    await cut.watch(ben)
    await ann.join()
    await ben.join()
    await ben.sees("Ann")
    await cut.cut()
    banner = ben.page.locator("#notice")
    await expect(banner).to_contain_text("Audio and video continue")
    assert await faults(ben.page) == []  # it covers nothing
    await ben.sees("Ann")  # the media goes on
    await ben.button("Microphone").click()
    for person, words in ((ben, "written while away"), (ann, "said meanwhile")):
        await person.page.get_by_role("textbox", name="Message").fill(words)
        await person.button("Send").click()
    cut.away = False
    await expect(banner).to_be_hidden(timeout=20_000)
    for person in (ann, ben):
        for words in ("written while away", "said meanwhile"):
            await expect(
                person.page.get_by_role("log").get_by_text(words, exact=True)
            ).to_have_count(1, timeout=10_000)
    await expect(ann.group("Ben").locator(".is-muted")).to_have_count(1, timeout=10_000)
    assert await ben.page.evaluate("window.connections.length") == 1
    assert "has left" not in await ann.page.locator("#announcer").inner_text()
    await ann.sees("Ben")


async def test_a_refused_clipboard_shows_the_link_selected(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "clip"), "Ann")
    await ann.page.add_init_script(NO_CLIPBOARD)
    await ann.page.reload()
    await ann.join(devices=False)
    await ann.button("Copy notes link").click()
    field = ann.page.get_by_role("dialog").get_by_role("textbox")
    await expect(field).to_have_value(re.compile(r"/n/[\w-]+/$"))
    selected: Any = await field.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)")
    assert selected == await field.input_value()


async def test_a_camera_that_is_turned_off_gives_way_to_the_name(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "avatars")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join()
    await ben.join(devices=False)
    await ben.sees("Ann")
    await ann.button("Camera").click()
    await expect(ben.group("Ann").locator(".tile.live")).to_have_count(0, timeout=10_000)
    await expect(ben.group("Ann").locator(".avatar")).to_be_visible()
    await ann.button("Camera").click()
    await ben.sees("Ann")
    await expect(ben.group("Ann").locator(".tile.live")).to_have_count(1)


async def test_a_phone_has_tabs_and_counts_what_was_not_read(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "phone")
    ann, ben = (
        await Person.arrive(browser, link, "Ann"),
        await Person.arrive(browser, link, "Ben", **PHONE),
    )
    await ann.join()
    await ben.join(devices=False)
    await ann.page.get_by_role("textbox", name="Message").fill("hello phone")
    await ann.button("Send").click()
    await expect(ben.page.get_by_role("tab", name="Chat")).to_contain_text("1")
    await ben.page.get_by_role("tab", name="Chat").click()
    await expect(ben.page.get_by_text("hello phone", exact=True)).to_be_visible()
    await ben.button("More").click()
    await ben.button("Copy notes link").click()
    await ben.page.keyboard.press("Escape")
    await expect(ben.page.get_by_role("status").filter(has_text="copied")).to_be_visible()
    assert await faults(ben.page) == []  # the message covers nothing
    await ben.page.get_by_role("tab", name="Notes").click()
    await expect(ben.page.frame_locator("iframe").get_by_role("textbox").first).to_be_visible(
        timeout=20_000
    )
    await ben.hears("Ann")  # also behind another tab
    await ben.page.get_by_role("tab", name="Call").click()
    await ben.sees("Ann")
    overflow: int = await ben.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, "the page is wider than the phone"


async def test_shortcuts_work_and_do_nothing_while_typing(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "keys"), "Ann")
    await ann.join()
    await ann.page.keyboard.press("m")
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "false")
    await ann.page.get_by_role("textbox", name="Message").press_sequentially("mmm vs")
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "false")
    await expect(ann.button("Camera")).to_have_attribute("aria-pressed", "true")
    await ann.button("More").click()
    await ann.page.get_by_role("checkbox", name=re.compile("Keyboard shortcuts")).uncheck()
    await ann.page.keyboard.press("Escape")
    await ann.page.keyboard.press("m")
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "false")


async def test_a_listener_has_no_buttons_to_send_with(browser: Browser, confcall: Confcall) -> None:
    link, listen = room(confcall, "audience"), room(confcall, "audience", "listener")
    ann, ben = (
        await Person.arrive(browser, link, "Ann"),
        await Person.arrive(browser, listen, "Ben"),
    )
    await ann.join()
    await ben.join()
    await ben.sees("Ann")
    await ben.hears("Ann")
    for name in ("Microphone", "Camera", "Share screen"):
        await expect(ben.button(name)).to_have_count(0)
    await expect(ann.group("Ben")).to_have_count(1)
    senders: int = await ben.page.evaluate(
        "window.connections[0].getTransceivers().filter((t) => t.direction !== 'recvonly').length"
    )
    assert senders == 0
    assert ben.errors == []


async def test_notes_for_reading_cannot_be_changed(browser: Browser, confcall: Confcall) -> None:
    link, listen = room(confcall, "library"), room(confcall, "library", "listener")
    ann, ben = (
        await Person.arrive(browser, link, "Ann"),
        await Person.arrive(browser, listen, "Ben"),
    )
    await ann.join(devices=False)
    await ben.join()
    await ann.page.frame_locator("iframe").get_by_role("textbox").first.click(timeout=20_000)
    await ann.page.keyboard.type("Chapter one")
    theirs = ben.page.frame_locator("iframe").locator(".ql-editor")
    await expect(theirs).to_contain_text("Chapter one", timeout=20_000)
    assert await theirs.get_attribute("contenteditable") == "false"
    await expect(ben.page.frame_locator("iframe").get_by_role("status")).to_contain_text("can read")


async def test_notes_that_do_not_load_say_so_and_the_call_goes_on(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "no-notes")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.page.route(re.compile("/n/"), lambda route: route.abort())
    await ann.join()
    await ben.join()
    await expect(ann.page.get_by_text("Notes did not load")).to_be_visible(timeout=20_000)
    await expect(ann.button("Open in a new tab")).to_be_visible()
    await ann.sees("Ben")
    await ann.hears("Ben")


async def test_the_lobby_can_be_read_without_scripts(browser: Browser, confcall: Confcall) -> None:
    ann = await Person.arrive(browser, room(confcall, "paper"), "Ann", java_script_enabled=False)
    await expect(ann.page.get_by_role("heading", name="Paper")).to_be_visible()
    await expect(ann.button("Join")).to_be_visible()
    await expect(ann.page.locator("noscript .note")).to_be_visible()
    notes = await ann.page.get_by_role("link", name="Read the notes").get_attribute("href")
    assert notes is not None
    assert "/n/" in notes


async def test_the_call_page_loads_from_no_other_site_and_keeps_its_policy(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "strict"), "Ann")
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(request.url))
    await ann.page.reload()
    await ann.join()
    await ann.page.frame_locator("iframe").get_by_role("textbox").first.wait_for(timeout=20_000)
    own = (confcall.url, "blob:", "data:")
    assert [url for url in asked if not url.startswith(own)] == []
    await until(lambda: _no(ann), 1, lambda: _said(ann))


async def _no(person: Person) -> bool:
    return not any("Content Security Policy" in line for line in person.said)


async def _said(person: Person) -> str:
    return "\n".join(person.said)


async def test_someone_who_speaks_while_muted_is_told(browser: Browser, confcall: Confcall) -> None:
    ann = await Person.arrive(browser, room(confcall, "unheard"), "Ann")
    await ann.page.add_init_script(TALKS)
    await ann.page.reload()
    await ann.join()
    await ann.button("Microphone").click()
    hint = ann.page.get_by_role("status").filter(has_text="You are muted")
    await expect(hint).to_be_visible(timeout=15_000)
    assert await faults(ann.page) == []  # it covers nothing, the message field least of all
    await ann.button("Microphone").click()
    await expect(ann.button("Microphone")).to_have_attribute("aria-pressed", "true")
    assert ann.errors == []


async def test_the_key_for_obs_can_be_copied_in_the_lobby(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "studio")
    ann = await Person.arrive(browser, link, "Ann")
    await ann.page.get_by_text("Stream with OBS").first.click()
    await ann.button("Copy server").first.click()
    await expect(ann.page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert await ann.clipboard() == f"{confcall.url}/whip/studio"
    await ann.button("Copy stream key").first.click()
    await until(
        lambda: _copied(ann, link.rstrip("/").rpartition("/")[2]), 5, "the token was not copied"
    )
    listen = await Person.arrive(browser, room(confcall, "studio", "listener"), "Ben")
    await expect(listen.page.get_by_text("Stream with OBS")).to_have_count(0)


async def _copied(person: Person, words: str) -> bool:
    return await person.clipboard() == words


async def is_alone_with_ann(ben: Person) -> None:
    """Ben sees one Ann, who moves and is heard, and was not told that anyone came or went."""
    await ben.sees("Ann")
    await ben.hears("Ann")
    await expect(ben.group("Ann")).to_have_count(1)
    await expect(ben.region.get_by_role("group")).to_have_count(2)
    await expect(ben.page.locator("#people-count")).to_have_text("2 people")
    assert await ben.page.locator("#announcer p").all_inner_texts() == ["Ann has joined."]


async def test_one_person_in_two_tabs_is_one_person_and_the_call_is_where_they_clicked_last(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "tabs")
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    ben = await Person.arrive(browser, link, "Ben")
    one = await Person.arrive(context, link, "Ann")
    two = await Person.arrive(context, link, "Ann")
    cut = Cut()
    await cut.watch(one)
    for person in (ben, one):
        await person.join()
    await ben.sees("Ann")
    elsewhere = "The call is open in another tab"

    await two.join()
    await expect(one.page.get_by_role("heading", name=elsewhere)).to_be_visible(timeout=20_000)
    await is_alone_with_ann(ben)
    await two.sees("Ben")
    await two.page.get_by_role("textbox", name="Message").fill("from the second tab")
    await two.page.keyboard.press("Enter")
    await expect(ben.page.get_by_text("from the second tab")).to_be_visible()

    # One click brings it back, with the devices as they were, in a locked and full room too.
    confcall.shell(
        "from rooms.models import Room;"
        "Room.objects.filter(slug='tabs').update(locked=True, max_people=2)"
    )
    await one.button("Move the call here").click()
    await expect(two.page.get_by_role("heading", name=elsewhere)).to_be_visible(timeout=20_000)
    await one.sees("Ben")
    await is_alone_with_ann(ben)
    await expect(one.button("Camera")).to_have_attribute("aria-pressed", "true")

    # A tab that was away while the other one took over is told when it is back, and stays out.
    await cut.cut()
    await expect(one.page.locator("#notice")).to_contain_text("connection to the server")
    await two.button("Move the call here").click()
    await two.sees("Ben")
    cut.away = False
    # It tries again within 10 s. A machine that is busy may take longer than that to let it in.
    await expect(one.page.get_by_role("heading", name=elsewhere)).to_be_visible(timeout=90_000)
    # Closing or reloading the tab that lost the call does not end it.
    await one.page.reload()
    await expect(one.button("Join")).to_be_visible()
    await one.page.close()
    await is_alone_with_ann(ben)
    await expect(two.group("Ann")).to_have_count(1)
    assert one.errors == two.errors == ben.errors == []
