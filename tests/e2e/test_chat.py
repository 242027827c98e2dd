"""The chat as people use it, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# The server's limit is met although the page counts: as by a page that is older than the server.
LENGTHEN = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  const message = JSON.parse(data);
  if (message.type === 'chat') {
    (window.chatsSent ??= []).push(message);
    if (message.text.startsWith('LONG')) message.text = 'x'.repeat(2001);
  }
  return send.call(this, JSON.stringify(message));
};
"""
PASTE = """
(field, text) => {
  field.focus();
  document.execCommand('insertText', false, text);
}
"""
MIXED = "می‌خواهم 👨‍👩‍👧‍👦 10\u00a0km\n\tdef f():\n\t\treturn 1"


def field(person: Person) -> Locator:
    return person.page.get_by_role("textbox", name="Message")


def log(person: Person) -> Locator:
    return person.page.get_by_role("log", name="Messages")


async def at_the_end(person: Person) -> bool:
    end: bool = await log(person).evaluate(
        "(e) => e.scrollHeight - e.scrollTop - e.clientHeight < 2"
    )
    return end


async def meet(browser: Browser, confcall: Confcall, slug: str, *names: str) -> list[Person]:
    link = room(confcall, slug)
    people = [await Person.arrive(browser, link, name) for name in names]
    for person in people:
        await person.join(devices=False)
    return people


async def test_what_people_write_arrives_as_it_was_written(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "writing")
    confcall.shell(
        "from rooms.models import Room\n"
        "Room.objects.filter(slug='writing').update(description='At https://example.org/agenda.')"
    )
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    about = ann.page.get_by_role("link", name="https://example.org/agenda", exact=True)
    await expect(about).to_have_attribute("rel", "noopener noreferrer nofollow")
    for person in (ann, ben):
        await person.join(devices=False)
    words = field(ann)
    await words.click()
    await expect(words).to_be_focused()
    await ann.page.keyboard.type("first")
    await words.press("Shift+Enter")
    await words.press_sequentially("second")
    assert await words.input_value() == "first\nsecond"
    # The Enter that ends the input of Japanese sends nothing.
    await words.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    assert await words.input_value() == "first\nsecond"
    tall = await words.evaluate("(e) => e.offsetHeight")
    await words.press("Enter")
    await expect(log(ben).get_by_text("first\nsecond", exact=True)).to_be_visible()
    assert await words.input_value() == ""
    assert await words.evaluate("(e) => e.offsetHeight") < tall
    await words.evaluate(PASTE, MIXED)
    await words.press("Enter")
    shown = log(ben).locator(".words").nth(1)
    await expect(shown).to_be_visible()
    assert await shown.evaluate("(e) => e.textContent") == MIXED
    assert await shown.evaluate("(e) => getComputedStyle(e).whiteSpace") == "pre-wrap"
    # Links are links, and nothing else is.
    await words.fill("see (https://example.org/a_(b)), <b>not</b> javascript:alert(1)")
    await ann.button("Send").click()
    there = log(ben).get_by_role("link")
    await expect(there).to_have_count(1)
    await expect(there).to_have_text("https://example.org/a_(b)")
    await expect(there).to_have_attribute("href", "https://example.org/a_(b)")
    await expect(there).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(there).to_have_attribute("target", "_blank")
    await expect(log(ben).locator("b")).to_have_count(0)
    assert ann.errors == ben.errors == []


async def test_what_is_too_long_is_said_before_it_is_sent_and_never_cut(
    browser: Browser, confcall: Confcall
) -> None:
    (ann,) = await meet(browser, confcall, "long", "Ann")
    words, count = field(ann), ann.page.locator("#chat-count")
    await words.evaluate(PASTE, "\n".join(["x" * 76] * 57))  # 4,388 characters
    too_long = ann.page.locator("#chat-problem")
    await expect(too_long).to_contain_text("longer than 2,000 characters")
    await expect(count).to_have_text("4,388 of 2,000")
    await words.press("Enter")
    await ann.button("Send").click()
    assert len(await words.input_value()) == 4388
    await expect(log(ann).locator(".line")).to_have_count(0)
    assert await words.evaluate("(e) => e.offsetHeight") <= 160, "the field is all of the chat"
    await words.fill("👋" * 1990)
    await expect(count).to_have_text("1,990 of 2,000")
    await expect(too_long).to_be_hidden()
    await words.press("Enter")
    await expect(log(ann).locator(".line:not(.own)")).to_have_count(1)
    assert await log(ann).locator(".words").evaluate("(e) => [...e.textContent].length") == 1990
    await expect(count).to_be_hidden()


async def test_a_refused_line_says_why_and_goes_back_into_the_field(
    browser: Browser, confcall: Confcall
) -> None:
    (ann,) = await meet(browser, confcall, "refusing", "Ann")
    await ann.page.add_init_script(LENGTHEN)
    await ann.page.reload()
    await ann.join(devices=False)
    for text in ("LONG one", "after it"):
        await field(ann).fill(text)
        await field(ann).press("Enter")
    refused = log(ann).locator(".refused")
    await expect(refused).to_contain_text("Not sent. This message is longer than 2,000 characters")
    await expect(log(ann).get_by_text("after it", exact=True)).to_be_visible()
    await expect(log(ann).locator(".pending")).to_have_count(0)
    await field(ann).fill("meanwhile")
    await refused.get_by_role("button", name="Edit").click()
    await expect(refused).to_have_count(0)
    await expect(field(ann)).to_be_focused()
    assert await field(ann).input_value() == "LONG one\nmeanwhile"
    await field(ann).fill("short now")
    await field(ann).press("Enter")
    await expect(log(ann).get_by_text("short now", exact=True)).to_be_visible()
    sent: list[Any] = await ann.page.evaluate("window.chatsSent")
    assert [len(message["text"]) for message in sent] == [2001, 8, 9]


async def test_thirty_lines_at_once_arrive_once_and_in_order_and_leave_readers_alone(
    browser: Browser, confcall: Confcall
) -> None:
    ann, ben = await meet(browser, confcall, "thirty", "Ann", "Ben")
    lines = [f"line {n}" for n in range(30)]
    for text in lines:
        await field(ann).fill(text)
        await field(ann).press("Enter")
    for person in (ann, ben):
        await expect(log(person).locator(".line:not(.own) .words")).to_have_text(
            lines, timeout=20_000
        )
        await expect(log(person).locator(".own")).to_have_count(0)
        assert await at_the_end(person)
    below = ben.page.locator("#chat-new")
    await expect(below).to_be_hidden()
    await log(ben).evaluate("(e) => { e.scrollTop = 0; }")
    for n in (1, 2, 3):
        await field(ann).fill(f"news {n}")
        await field(ann).press("Enter")
    await expect(below).to_have_text("↓ 3 new messages")
    assert await log(ben).evaluate("(e) => e.scrollTop") == 0
    await below.click()
    await until(lambda: at_the_end(ben), 5, "the button does not lead to the end")
    await expect(below).to_be_hidden()
    await log(ben).evaluate("(e) => { e.scrollTop = 0; }")
    await field(ben).fill("my own line")
    await field(ben).press("Enter")
    await until(lambda: at_the_end(ben), 5, "one's own line is out of sight")
    # A field that grows does not scroll the log away from its end.
    await field(ben).evaluate(PASTE, "a long text\n" * 12)
    await field(ben).press("x")
    await field(ann).fill("the newest")
    await field(ann).press("Enter")
    await expect(log(ben).get_by_text("the newest", exact=True)).to_be_visible()
    await until(lambda: at_the_end(ben), 5, "a field that grew hides the newest line")
    await expect(below).to_be_hidden()


async def test_a_message_is_answered_changed_and_deleted_by_keys_and_by_touch(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "changing")
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    ann = await Person.arrive(browser, link, "Ann")
    ben = await Person.arrive(browser, link, "Ben", **phone)
    for person in (ann, ben):
        await person.join(devices=False)
    keys = ann.page.keyboard
    await field(ann).press_sequentially("helo @B")
    await expect(ann.page.get_by_role("option", name="Ben")).to_be_visible()
    for key in ("Enter", "Enter"):
        await keys.press(key)
    mine = log(ann).locator(".mine:not(.own)")
    await expect(mine.locator(".mention")).to_have_text("@Ben")
    # The chat is out of Ben's sight.
    await expect(ben.page).to_have_title(re.compile(r"^\(1\) "))
    await expect(ben.page.get_by_text("Ann has mentioned you")).to_be_visible()
    await ben.page.get_by_role("tab", name="Chat").tap()
    await expect(ben.page).to_have_title(re.compile("^[^(]"))
    await expect(log(ben).get_by_role("separator", name="New messages")).to_be_visible()
    message = log(ben).get_by_role("article").first
    await message.tap()
    await expect(ben.button("Edit")).to_be_hidden()
    await ben.button("Reply").tap()
    await field(ben).fill("yes\n👩🏽‍🚀")
    await ben.button("Send").tap()
    await log(ann).focus()
    for key in ("ArrowUp", "ArrowUp", "Tab", "Tab", "Enter"):
        await keys.press(key)
    await expect(field(ann)).to_have_value("helo @Ben ".strip())
    await field(ann).fill("hello @Ben")
    await keys.press("Enter")
    await expect(message).to_contain_text("edited")
    await expect(log(ben).locator(".quote")).to_contain_text("hello @Ben")
    await log(ben).locator(".quote").tap()
    await expect(message).to_be_focused()
    await mine.first.hover()
    await ann.button("Delete").click()
    await ann.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(log(ben).get_by_text("Message deleted")).to_have_count(2)  # and in the quote
    async with ann.page.expect_download() as saving:
        await ann.button("Save chat as text").click()
    saved = (await (await saving.value).path()).read_text("utf-8-sig")
    assert "Ann: (Message deleted)\n" in saved
    assert "Ben: yes\n    👩🏽‍🚀\n" in saved
    assert ann.errors == ben.errors == []


async def test_the_split_between_notes_and_chat_can_be_moved_and_is_remembered(
    browser: Browser, confcall: Confcall
) -> None:
    (ann,) = await meet(browser, confcall, "split", "Ann")
    handle = ann.page.get_by_role("separator", name="Height of the chat")
    chat = ann.page.get_by_role("region", name="Chat")

    async def height(of: Locator = chat) -> float:
        box = await of.bounding_box()
        assert box
        return box["height"]

    async def value() -> int:
        return int(await handle.get_attribute("aria-valuenow") or 0)

    first = await height()
    assert await value() == round(first)
    assert await height(log(ann)) >= 9 * 22.5, "seven lines are not many"
    await handle.press("ArrowUp")
    await handle.press("ArrowUp")
    assert await height() == first + 64
    box = await handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await ann.page.mouse.move(x, y)
    await ann.page.mouse.down()
    await ann.page.mouse.move(x, y - 40)
    await ann.page.mouse.move(x, y - 5000)
    await ann.page.mouse.up()
    assert await height(ann.page.get_by_role("region", name="Notes")) >= 160
    await handle.press("End")
    assert await value() == int(await handle.get_attribute("aria-valuemin") or 0) == 200
    for _ in range(3):
        await handle.press("ArrowUp")
    moved = await height()
    await ann.page.reload()
    await ann.join(devices=False)
    assert abs(await height() - moved) <= 1
    await handle.dblclick()
    assert abs(await height() - first) <= 1
    await ann.page.reload()
    await ann.join(devices=False)
    assert abs(await height() - first) <= 1
    assert ann.errors == []


async def test_over_plain_http_chat_and_links_work_and_the_page_says_why_no_camera_does(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "plain")
    port = confcall.url.rsplit(":", 1)[1]
    plain = link.replace(confcall.url, f"http://plain.test:{port}")
    ben = await Person.arrive(browser, link, "Ben")
    await ben.join()
    ann = await Person.arrive(browser, plain, "Ann")
    assert not await ann.page.evaluate("window.isSecureContext")
    why = ann.page.get_by_text("Cameras and microphones need https")
    await expect(why).to_be_visible()
    await expect(ann.button("Join without camera and microphone")).to_be_hidden()
    name = ann.page.get_by_role("textbox", name="Your name")
    await name.fill("\u3164\u200d")
    await ann.button("Join").click()
    await expect(name).to_have_value("")  # nothing of that name would be seen
    await ann.join()
    await ann.sees("Ben")
    for person, text in ((ann, "over http"), (ben, "over loopback")):
        await field(person).fill(text)
        await field(person).press("Enter")
    for person in (ann, ben):
        await expect(log(person).locator(".words")).to_have_text(["over http", "over loopback"])
    await ann.button("Microphone").click()
    said = ann.page.get_by_role("alert").filter(visible=True)
    await expect(said).to_contain_text("microphone only on pages with an https address")
    await expect(ann.button("Share screen")).to_be_hidden()
    await ann.page.evaluate("document.execCommand = () => false")
    await ann.button("Copy call link").click()
    shown = ann.page.get_by_role("dialog").get_by_role("textbox")
    await expect(shown).to_have_value(re.compile("/i/"))
    await ann.button("Close").click()
    await ann.page.evaluate("delete document.execCommand")
    await ann.button("Copy call link").click()
    await expect(ann.page.get_by_text("Link copied")).to_be_visible()
    notes = ann.page.frame_locator("iframe").get_by_role("textbox").first
    await notes.click(timeout=20_000)
    await ann.page.keyboard.type("notes over http")
    await expect(ben.page.frame_locator("iframe").get_by_role("textbox").first).to_contain_text(
        "notes over http", timeout=15_000
    )
    assert ann.errors == ben.errors == []
