"""How soon somebody who joins sees the others, and what the page weighs before that.

    python -m bench.join [--times 20]

The product and the browsers are real (``manage.py serve``, Chromium with a fake camera). One person
is in the call with their camera. Another one opens an invite, turns the preview on, and clicks on
Join. The time runs from that click, in the page, to the first frame of the other's video that the
page paints. Weights are those of the files that were loaded until then, compressed with gzip.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import statistics
from collections import Counter

from playwright.async_api import Browser, BrowserContext, Page, Response

from bench.rig import load_average, stop_on_sigterm
from tools import chromium
from tools.product import Confcall, confcall

SENDER, VIEWER = "Sender", "Viewer"
PATIENCE = 60_000  # milliseconds
WEIGHED = ("document", "script", "stylesheet", "image", "font")

# Milliseconds from the click on Join to the first frame of the other's video that is painted.
WATCH = """
(sender) => {
  globalThis.benchWait = new Promise((resolve) => {
    let clicked = 0;
    const join = document.getElementById('join');
    join.addEventListener('click', () => (clicked = performance.now()), true);
    const look = () => {
      const group = [...document.querySelectorAll('#stage [role=group]')]
        .find((each) => each.getAttribute('aria-label') === sender);
      const video = group?.querySelector('.tile:not(.screen) video');
      if (video) video.requestVideoFrameCallback((now) => resolve(now - clicked));
      else requestAnimationFrame(look);
    };
    look();
  });
}
"""


class Weights:
    """What a page has loaded: bytes after gzip, by kind."""

    def __init__(self, page: Page) -> None:
        self._responses: list[Response] = []
        page.on("response", self._keep)

    def _keep(self, response: Response) -> None:
        self._responses.append(response)

    async def before(self) -> Counter[str]:
        """Of everything that has arrived so far."""
        found: Counter[str] = Counter()
        for response in list(self._responses):
            kind = response.request.resource_type
            if response.ok and kind in WEIGHED:
                found[kind] += len(gzip.compress(await response.body()))
        return found


async def enter(page: Page, link: str, name: str) -> None:
    """Open the lobby and turn the preview on."""
    await page.goto(link)
    await page.get_by_label("Your name").fill(name)
    start = page.get_by_role("button", name="Turn on camera and microphone")
    if await start.is_visible():
        await start.click()
    await page.locator("#preview-video").wait_for(state="visible", timeout=PATIENCE)


async def join(page: Page) -> None:
    await page.get_by_role("button", name="Join", exact=True).click()


async def one(browser: Browser, link: str) -> tuple[float, Counter[str]]:
    """Milliseconds from the click to the first frame, and the weights until then."""
    context: BrowserContext = await browser.new_context()
    try:
        page = await context.new_page()
        weights = Weights(page)
        await enter(page, link, VIEWER)
        await page.evaluate(WATCH, SENDER)
        await join(page)
        wait = await page.evaluate("globalThis.benchWait")
        return float(wait), await weights.before()
    finally:
        await context.close()


def invite(product: Confcall) -> str:
    """A link into a new room."""
    made = product.shell(
        "from rooms.models import Invite, Room;"
        "room = Room.objects.create(slug='bench', title='Bench');"
        "print(Invite.objects.create(room=room, role='speaker').get_absolute_url())"
    )
    return product.url + made.splitlines()[-1]


async def run(times: int) -> None:
    with confcall() as product:
        link = invite(product)
        async with chromium.browser() as browser:
            other = await (await browser.new_context()).new_page()
            await enter(other, link, SENDER)
            await join(other)
            await other.get_by_role("button", name="Leave").wait_for(timeout=PATIENCE)
            await one(browser, link)  # makes server and browser warm
            found = [await one(browser, link) for _ in range(times)]
    waits = sorted(wait for wait, _ in found)
    p95 = waits[int(0.95 * (len(waits) - 1))]
    print(
        f"click to first frame: p50 {statistics.median(waits):.0f} ms, p95 {p95:.0f} ms, "
        f"{len(waits)} joins, load {load_average():.1f}"
    )
    for kind, size in found[-1][1].most_common():
        print(f"{kind:>10}  {size / 1000:6.1f} kB after gzip, until the first frame")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=20)
    stop_on_sigterm()
    asyncio.run(run(parser.parse_args().times))


if __name__ == "__main__":
    main()
