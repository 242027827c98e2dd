"""Walking over a page with the keyboard."""

from __future__ import annotations

import re

from playwright.async_api import Page

FOCUSED = """() => {
  const named = (e) => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.title ||
    e.textContent.trim().slice(0, 40);
  const at = document.activeElement;
  if (at.tagName !== 'IFRAME') return named(at);
  const within = at.contentDocument?.activeElement;
  return within ? `notes: ${within.matches('.ql-editor') ? 'text' : named(within)}` : 'frame';
}"""


async def press_until(page: Page, key: str, wanted: str, most: int = 40) -> list[str]:
    """Press a key until the focus is on something; returns the names on the way."""
    passed: list[str] = []
    while len(passed) < most:
        await page.keyboard.press(key)
        passed.append(await page.evaluate(FOCUSED))
        if re.search(wanted, passed[-1]):
            return passed
    raise AssertionError(f"{key} does not lead to {wanted}: {passed}")
