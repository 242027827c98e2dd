"""The faults that axe-core finds, for people who see, hear or move differently."""

from __future__ import annotations

from playwright.async_api import Frame, Page

from tools.product import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

FIND = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .filter(({ impact }) => ['serious', 'critical'].includes(impact))
  .map(({ id, impact, nodes }) => {
    const places = nodes.map(({ target }) => target.join(' '));
    return `${impact}: ${id} at ${places.join(', ')}`;
  })"""


async def axe_faults(page: Page | Frame) -> list[str]:
    """Serious and critical findings, one sentence each."""
    await page.evaluate(AXE.read_text())
    found: list[str] = await page.evaluate(FIND)
    return found
