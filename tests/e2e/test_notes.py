"""The built-in notes that several people write in at once, beside a call."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.keyboard import FOCUSED, press_until
from tests.e2e.people import Person, notes
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# How far the only other caret is from a place in the text. The cursors move once more in a task
# after the change, so this waits for a later task.
CARET = """async (editor, place) => {
  await new Promise((done) => setTimeout(done));
  const shown = document.querySelector('.ql-cursor-caret').getBoundingClientRect().x;
  const range = new Range();
  range.setStart(editor.firstChild.firstChild, place);
  return Math.abs(shown - range.getBoundingClientRect().x);
}"""


async def test_what_others_write_in_the_notes_moves_their_caret_and_no_ones_focus(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "scribes")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join(devices=False)
    await ben.join(devices=False)
    hers, his = await notes(ann), await notes(ben)
    await his.click()
    await ben.page.keyboard.type("plan")
    await expect(hers).to_have_text("plan")
    # Ben writes in the chat while Ann writes in front of his words.
    message = ben.page.get_by_role("textbox", name="Message")
    await message.click()
    await ben.page.keyboard.type("abc")
    await hers.click()
    await ann.page.keyboard.press("Home")
    await ann.page.keyboard.type("our ")
    await expect(his).to_have_text("our plan")
    await ben.page.keyboard.type("def")
    await expect(message).to_have_value("abcdef")
    assert await his.evaluate(CARET, 4) < 2, "Ann's caret is not behind what she wrote"
    # His own caret stays behind his word: for Ann, and for himself when he comes back.
    assert await hers.evaluate(CARET, 8) < 2, "Ben's caret is not where he left it"
    await press_until(ben.page, "Shift+Tab", "notes: text")
    await ben.page.keyboard.type("s")
    await expect(hers).to_have_text("our plans")
    # The focus on a button of the notes stays there too.
    await press_until(ben.page, "Shift+Tab", "notes: Link", 1)
    await ann.page.keyboard.type("new ")
    await expect(his).to_have_text("our new plans")
    assert await ben.page.evaluate(FOCUSED) == "notes: Link"
    # The dialog for links fits into the frame, even with the button that removes one.
    beside = ben.page.frame_locator("iframe")
    dialog = beside.get_by_role("dialog", name="Link")
    await beside.get_by_role("button", name="Link", exact=True).click()
    await dialog.get_by_label("Text").click()
    await ben.page.keyboard.type("example.org")
    await dialog.get_by_label("Address").click()
    await ben.page.keyboard.type("example.org")
    await ben.page.keyboard.press("Enter")
    await ben.page.keyboard.press("ArrowLeft")
    await ben.page.keyboard.press("Control+k")
    for name in ("Save", "Cancel", "Remove link"):
        await expect(dialog.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    assert ann.errors == ben.errors == []
