"""The admin for people who cannot see it well, and on a phone: axe-core on every page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import Person
from tests.e2e.rooms import room
from tools.product import ROOT, Confcall

pytestmark = pytest.mark.e2e

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

# One of everything that the admin shows, and the addresses of all its pages.
SAMPLE = """
import io, json
from datetime import timedelta
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from rooms.looks import backgrounds
from rooms.models import Admission, Arrival, Background, Ban, Call, ChatLine, Invite, Post, Room
from tests.rooms import images
now = timezone.now()
picture = backgrounds.encode(io.BytesIO(images.photo(size=(400, 1000))), 1 << 22, 1 << 22)
background = Background(title="A very tall orchard", credit="Photo: Ann Example", alt="Trees")
backgrounds.adopt(background, backgrounds.write(picture), picture)
room = Room.objects.create(slug="orchard", title="The orchard behind the house",
    background=background, opens=now, closes=now + timedelta(days=9))
invite = Invite.objects.create(room=room, role="speaker", label="Guests from the neighbourhood",
    expires=now + timedelta(days=9), uses_left=12, last_used=now)
Admission.objects.create(invite=invite, person="p", name="Bea", first=now)
Arrival.objects.create(room=room, participant="p1", person="p", name="Bea of the long, long name",
    role="speaker", since=now, invite=invite)
Ban.objects.create(room=room, person="q", name="Cid", invite=invite)
Call.objects.create(room=room, epoch="e", started=now, most_people=3)
ChatLine.objects.create(room=room, number=1, person="p", nonce="n", name="Bea",
    text="Hello there " * 20)
Post.objects.create(room=room, slug="orchard", title="What we decided about the orchard",
    authors="Bea, Cid", html="<p>We dig</p>")
pages = ["/admin/", reverse("admin:rooms_live"), reverse("admin:password_change")]
lists = []
for model, owner in admin.site._registry.items():
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    lists.append(reverse(f"{base}_changelist"))
    one = model.objects.order_by("-pk").first()
    if type(owner).has_add_permission is admin.ModelAdmin.has_add_permission:
        pages.append(reverse(f"{base}_add"))
    if one is not None:
        pages.append(reverse(f"{base}_change", args=[one.pk]))
    if model is Room:
        pages.append(reverse(f"{base}_delete", args=[one.pk]))
print(json.dumps({"pages": pages, "lists": lists}))
"""

FAULTS = """
async (how) => (await axe.run(document, { resultTypes: ['violations'], ...how })).violations
  .filter((v) => ['serious', 'critical'].includes(v.impact))
  .map((v) => {
    const places = v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160));
    return `${v.impact} ${v.id}: ${places.join(' | ')}`;
  })
"""

# Cells that are cut off, or hidden behind a scrollbar.
HIDDEN = """
() => {
  const edge = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > edge) found.push('the page scrolls sideways');
  for (const cell of document.querySelectorAll('#result_list tbody :is(td, th, button)')) {
    const box = cell.getBoundingClientRect();
    const list = cell.closest('.results').getBoundingClientRect();
    if (box.right > Math.min(edge, list.right) + 1 || !box.width) found.push(cell.className);
  }
  return found;
}
"""


async def log_in(browser: Browser, confcall: Confcall) -> Page:
    owner = await Person.arrive(browser, f"{confcall.url}/admin/", "owner", locale="en")
    assert await faults(owner.page) == []
    await owner.page.get_by_label("Username").fill("owner")
    await owner.page.get_by_label("Password").fill(confcall.password)
    await owner.page.get_by_role("button", name="Log in").click()
    await owner.page.wait_for_url("**/admin/")
    return owner.page


# Most of axe's time goes into colours. They are the same on a phone, and all that differs in the
# dark.
COLOURS = ["color-contrast", "link-in-text-block"]
WAYS: list[tuple[str, int, int, dict[str, Any]]] = [
    ("light", 1280, 800, {}),
    ("light", 390, 844, {"rules": {rule: {"enabled": False} for rule in COLOURS}}),
    ("dark", 1280, 800, {"runOnly": COLOURS}),
]


async def faults(page: Page, **how: Any) -> list[str]:
    # This runs as the debugger: the page's policy allows no other scripts.
    await page.evaluate(AXE.read_text())
    found: list[str] = await page.evaluate(FAULTS, how)
    return found


async def test_every_page_of_the_admin_is_free_of_serious_faults_and_fits(
    browser: Browser, confcall: Confcall
) -> None:
    addresses = json.loads(confcall.shell(SAMPLE).splitlines()[-1])
    # The page "Live" shows a room in progress.
    ann = await Person.arrive(browser, room(confcall, "in-progress"), "Ann")
    await ann.join(devices=False)
    page = await log_in(browser, confcall)
    problems: list[Any] = []
    for scheme, width, height, how in WAYS:
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": height})
        for path in addresses["pages"] + addresses["lists"]:
            await page.goto(confcall.url + path)
            found = await faults(page, **how)
            if path in addresses["lists"]:
                found += await page.evaluate(HIDDEN)
            problems += [(path, scheme, width, what) for what in found]
    await page.set_viewport_size({"width": 844, "height": 390})
    for path in addresses["lists"]:
        await page.goto(confcall.url + path)
        problems += [(path, 844, what) for what in await page.evaluate(HIDDEN)]
    assert not problems, "\n".join(map(str, problems))
    # The list of invites shows what people open it for.
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.goto(f"{confcall.url}/admin/rooms/invite/")
    row = page.get_by_role("row").filter(has_text="Guests from the neighbourhood")
    await expect(row.get_by_role("button", name="Copy link")).to_be_in_viewport()
    await expect(row.get_by_text("1, 12 left")).to_be_in_viewport()
