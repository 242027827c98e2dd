"""A room that opens with its host, and what its page says about itself."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import Person
from tools.product import Confcall

pytestmark = pytest.mark.e2e

MAKE = """
from datetime import timedelta
from django.utils import timezone
from rooms.models import Room
now = timezone.now()
week = timedelta(weeks=1)
office = Room.objects.create(slug='with-host', title='The office', opens_with_owner=True,
    opens=now - timedelta(hours=1) - week, closes=now + timedelta(hours=8) - week,
    repeats='weekly')
for role in ('moderator', 'speaker'):
    print(office.invites.create(role=role).get_absolute_url())
"""

# Violations of the page's Content-Security-Policy.
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


async def test_a_guest_waits_for_the_host_and_comes_in_by_themselves(
    browser: Browser, confcall: Confcall
) -> None:
    host_link, guest_link = (confcall.url + path for path in confcall.shell(MAKE).split()[-2:])
    page = await (await browser.new_context()).new_page()
    await page.add_init_script(WATCH)
    loaded: list[str] = []
    page.on("request", lambda r: loaded.append(r.url) if r.is_navigation_request() else None)
    response = await page.goto(guest_link)
    assert response is not None
    assert response.status == 403
    await expect(page.get_by_role("heading", name="The office")).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("You are waiting")
    # Without a script the page comes back by itself too.
    plain = await (await browser.new_context(java_script_enabled=False)).new_page()
    await plain.goto(guest_link)
    await expect(plain.get_by_role("status")).to_contain_text("You are waiting")
    host = await Person.arrive(browser, host_link, "Host")
    await host.join(devices=False)
    await expect(page.get_by_role("textbox", name="Your name")).to_be_visible(timeout=30_000)
    await expect(plain.get_by_role("heading", name="The office")).to_be_visible(timeout=30_000)
    await expect(plain.get_by_text("You are waiting")).to_be_hidden(timeout=30_000)
    assert len(loaded) == 2, loaded
    # The description for programs breaks no rule of the page.
    [described] = await page.locator('script[type="application/ld+json"]').all_text_contents()
    assert json.loads(described)["eventSchedule"][0]["repeatFrequency"] == "P1W"
    assert await page.evaluate("violations") == []
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Add to calendar").click()
    assert (await download.value).suggested_filename.endswith(".ics")
    guest = Person("Ann", page)
    await guest.join(devices=False)
    await host.button("Leave").click()
    await expect(guest.group("Host")).to_be_hidden(timeout=30_000)
    await expect(guest.button("Leave")).to_be_visible()
    assert not guest.errors
