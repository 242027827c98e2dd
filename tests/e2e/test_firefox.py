"""Firefox and Chromium in one call."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.firefox import Firefox
from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def test_firefox_and_chromium_see_and_hear_each_other(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "engines")
    chris = await Person.arrive(browser, link, "Chris")
    await chris.join()
    async with Firefox.started() as firefox:
        await firefox.join(link, "Fiona")
        await firefox.gets("Chris")
        await chris.sees("Fiona")
        await chris.hears("Fiona")

        # Someone who comes later gets new slots in open connections.
        dora = await Person.arrive(browser, link, "Dora")
        await dora.join()
        await firefox.gets("Dora")
        await dora.sees("Fiona")
        await dora.hears("Fiona")

        # By its id: the search by accessible name has timed out in Firefox on a page full of media.
        await firefox.do("click", selector="#leave")
        for person in (chris, dora):
            await expect(person.group("Fiona")).to_have_count(0, timeout=10_000)
        assert not [line for line in await firefox.do("said") if line.startswith("error:")]
    await chris.sees("Dora")
    assert chris.errors == dora.errors == []
