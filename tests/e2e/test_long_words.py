"""Words without a blank break, wherever a page shows what somebody wrote."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser

from tests.e2e.fit import faults, resize
from tests.e2e.people import Person
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# Rooms with a title, a description and a picture's credit of one word each, a post, and an invite.
MAKE = """
from datetime import timedelta
from django.utils import timezone
from rooms.models import Background, Invite, Post, Room
from django.contrib.auth.models import User
word = "Donaudampfschifffahrtselektrizitaeten" * 3
link = "https://example.org/" + "a" * 260
first = Background.objects.exclude(image="").first()
first.pk, first.credit, first.credit_url = None, "Photo" + "graph" * 30, "https://example.org/"
first.title = word
first.save()
common = {"title": word, "description": link, "visitors": "speak", "background": first}
room = Room.objects.create(slug="words", **common)
Room.objects.create(slug="words-away", opens_with_owner=True, **common)
Room.objects.create(slug="words-early", opens=timezone.now() + timedelta(days=2), **common)
Room.objects.create(slug="words-full", max_people=1, sign_in="required", **common)
Post.objects.create(room=room, slug="words", title=word, authors=word, html=f"<p>{link}</p>")
Invite.objects.create(room=room, role="owner", label=word)
User.objects.create_superuser("words", "", "words words words")
print(room.pk)
"""

# Texts that stick out of the window or of their card, unless they end with an ellipsis.
OUTSIDE = """
() => {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node; (node = words.nextNode()); ) {
    const around = node.parentElement;
    if (!node.data.trim() || !around.checkVisibility({ visibilityProperty: true })) continue;
    if (around.closest('script, style, option, .call.short header')) continue;
    if (around.clientWidth === 1) continue; // for screen readers
    if (getComputedStyle(around).textOverflow === 'ellipsis') continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const card = around.closest('.card, .panel, main')?.getBoundingClientRect();
    const edge = Math.min(document.documentElement.clientWidth, card?.right ?? Infinity);
    const { left, right } = range.getBoundingClientRect();
    if (left > -1 && right < edge + 1) continue;
    found.push(`${node.data.trim().slice(0, 30)}: from ${left} to ${right} of ${edge}`);
  }
  return found;
}
"""

PAGES = (
    "/r/words/",
    "/r/words/?frame",
    "/r/words-away/",
    "/r/words-early/",
    "/r/words-full/",
    "/e/r/words/",
    "/e/d/words/",
    "/p/",
    "/p/words/",
)
ADMIN = ("/admin/rooms/room/", "/admin/rooms/room/{room}/change/", "/admin/rooms/post/", "/admin/")


async def test_long_words_break(browser: Browser, confcall: Confcall) -> None:
    room = confcall.shell(MAKE).splitlines()[-1]
    ann = await Person.arrive(browser, f"{confcall.url}/r/words/", "Ann")
    cdp = await ann.page.context.new_cdp_session(ann.page)
    found: dict[str, object] = {}

    async def look(at: str) -> None:
        for screen in ("390", "1280"):
            await resize(cdp, screen)
            wrong = await ann.page.evaluate(OUTSIDE)
            wrong += [] if "admin" in at else await faults(ann.page)
            found.update({f"{at}, {screen}": wrong} if wrong else {})

    for path in PAGES:
        await ann.page.goto(confcall.url + path)
        await look(path)
    await ann.page.goto(f"{confcall.url}/r/words/")
    await ann.join(devices=False)
    await look("call")
    await ann.button("Leave").click()
    await look("end")
    await ann.page.goto(f"{confcall.url}/admin/")
    await ann.page.get_by_role("textbox", name="Username").fill("words")
    await ann.page.get_by_label("Password").fill("words words words")
    await ann.button("Log in").click()
    for path in ADMIN:
        await ann.page.goto(confcall.url + path.format(room=room))
        await look(path)
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
