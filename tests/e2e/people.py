"""People at a browser: what they do on the call page, and what getStats says they see and hear."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

# The page does not expose its connections. The lobby's check, which has no media, is none of them.
RECORD_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
  construct(target, args) {
    const pc = new target(...args);
    const add = pc.addTransceiver;
    pc.addTransceiver = (...wanted) => {
      if (!window.connections.includes(pc)) window.connections.push(pc);
      return add.apply(pc, wanted);
    };
    return pc;
  },
});
"""

MEDIA_OF = """
async (name) => {
  const region = document.querySelector('[aria-label="People in the call"]');
  const all = region ? [...region.querySelectorAll('[role=group]')] : [];
  const groups = all.filter((g) => g.getAttribute('aria-label') === name);
  const ids = groups.flatMap((g) => [...g.querySelectorAll('video, audio')])
    .flatMap((e) => (e.srcObject ? e.srcObject.getTracks() : [])).map((t) => t.id);
  const found = { frames: 0, samples: 0, energy: 0, width: 0, height: 0, groups: groups.length };
  for (const pc of window.connections.filter((c) => c.connectionState !== 'closed')) {
    for (const r of (await pc.getStats()).values()) {
      if (r.type !== 'inbound-rtp' || !ids.includes(r.trackIdentifier)) continue;
      found.frames += r.framesDecoded || 0;
      found.width = Math.max(found.width, r.frameWidth || 0);
      found.height = Math.max(found.height, r.frameHeight || 0);
      found.samples += r.totalSamplesReceived || 0;
      found.energy += r.totalAudioEnergy || 0;
    }
  }
  return found;
}
"""


async def until(
    what: Callable[[], Awaitable[bool]], seconds: float, text: Callable[[], Awaitable[str]] | str
) -> None:
    """Wait for a condition; say what was wrong when it does not come."""
    end = time.monotonic() + seconds
    while not await what():
        if time.monotonic() > end:
            raise AssertionError(text if isinstance(text, str) else await text())
        await asyncio.sleep(0.1)


class Person:
    """One tab."""

    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page
        self.said: list[str] = []
        self.errors: list[str] = []
        page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda e: self.errors.append(str(e)))

    @classmethod
    async def arrive(
        cls, browser: Browser | BrowserContext, link: str, name: str, **context: Any
    ) -> Person:
        """Open a link in a browser profile of its own."""
        if isinstance(browser, Browser):
            browser = await browser.new_context(
                **({"viewport": {"width": 1280, "height": 800}} | context)
            )
            await browser.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await browser.new_page()
        await page.add_init_script(RECORD_CONNECTIONS)
        person = cls(name, page)
        response = await page.goto(link)
        assert response is not None
        assert response.ok, f"{response.status} for {link}"
        return person

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def region(self) -> Locator:
        return self.page.get_by_role("region", name="People in the call")

    def group(self, name: str) -> Locator:
        return self.region.get_by_role("group", name=name, exact=True)

    async def join(self, *, devices: bool = True) -> None:
        """Give the name and join."""
        await self.page.get_by_role("textbox", name="Your name").fill(self.name)
        await self.button("Join" if devices else "Join without camera and microphone").click()
        await self.group(self.name).wait_for(timeout=60_000)

    async def media_of(self, name: str) -> dict[str, float]:
        found: dict[str, float] = await self.page.evaluate(MEDIA_OF, name)
        return found

    async def sees(self, *names: str, frames: int = 10, seconds: float = 30) -> None:
        """Wait until new frames of everyone named are decoded."""

        def more(before: dict[str, float], now: dict[str, float]) -> bool:
            return now["frames"] >= before["frames"] + frames

        await self._gets(names, more, "see", seconds)

    async def hears(self, *names: str, seconds: float = 30) -> None:
        """Wait until sound of everyone named arrives, as the beeps of fake microphones."""

        def more(before: dict[str, float], now: dict[str, float]) -> bool:
            return now["samples"] > before["samples"] + 4800 and now["energy"] > before["energy"]

        await self._gets(names, more, "hear", seconds)

    async def _gets(
        self,
        names: Sequence[str],
        more: Callable[[dict[str, float], dict[str, float]], bool],
        verb: str,
        seconds: float,
    ) -> None:
        before = {name: await self.media_of(name) for name in names}

        async def all_more() -> bool:
            for name in list(before):
                if more(before[name], await self.media_of(name)):
                    del before[name]
            return not before

        async def missing() -> str:
            name = next(iter(before))
            return await self.report(f"{self.name} does not {verb} {name}", name)

        await until(all_more, seconds, missing)

    async def report(self, text: str, name: str) -> str:
        media = await self.media_of(name)
        return f"{text}: {media}\nconsole: {self.said[-20:]}\nerrors: {self.errors}"

    async def clipboard(self) -> str:
        text: str = await self.page.evaluate("navigator.clipboard.readText()")
        return text


async def see_and_hear_each_other(*people: Person) -> None:
    """Wait until new frames and sound of everyone arrive at everyone else."""
    for person in people:
        others = [other.name for other in people if other is not person]
        await person.sees(*others)
        await person.hears(*others)


async def notes(person: Person) -> Locator:
    """The text of the built-in notes beside the call, once it can be written."""
    text = person.page.frame_locator("iframe").locator(".ql-editor")
    await expect(text).to_have_attribute("contenteditable", "true", timeout=20_000)
    return text
