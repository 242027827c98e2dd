"""Answers that are lost between the worker and the page."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Browser, WebSocketRoute

from tests.e2e.guests import silent_guests
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

SLOTS = """
() => window.connections[0].getTransceivers()
  .filter((t) => t.currentDirection === 'recvonly').length
"""


class Lossy:
    """The WebSocket of a call that loses one answer."""

    def __init__(self, lose: int) -> None:
        self.answers = 0
        self._lose = lose

    async def watch(self, person: Person) -> None:
        await person.page.route_web_socket(re.compile("/ws/call/"), self._handle)
        await person.page.reload()

    def _handle(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            if json.loads(text)["type"] == "answer":
                self.answers += 1
                if self.answers == self._lose:
                    return
            route.send(text)

        server.on_message(pass_on)


async def test_a_page_that_lost_an_answer_still_grows_and_keeps_its_media(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "lost-answer")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    lossy = Lossy(2)
    await lossy.watch(ann)
    await ann.join(devices=False)
    await ben.join()
    await ann.sees("Ben")
    async with silent_guests(link, 4):
        await until(lambda: lost(lossy), 20, "the page did not want to grow")

        async def grown() -> bool:
            return bool(await ann.page.evaluate(SLOTS) >= 16)

        await until(grown, 20, "the page does not grow")
        await ann.sees("Ben")
    assert await ann.page.evaluate("window.connections.length") == 1
    assert ann.errors == []


async def lost(lossy: Lossy) -> bool:
    """Whether an answer was lost."""
    return lossy.answers >= 2
