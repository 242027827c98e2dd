"""Whether a page fits a screen, in fonts of different widths."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import CDPSession, Frame, Page

from tests.e2e.people import until

FIT = Path(__file__).with_name("fit.js").read_text()

# Width, height, device pixels per CSS pixel. Zoom divides the CSS pixels of the same window.
SCREENS = {
    "320": (320, 640, 2),
    "360": (360, 640, 3),
    "390": (390, 844, 3),
    "640": (640, 800, 1),
    "700": (700, 800, 1),
    "on its side": (844, 390, 3),
    "1280": (1280, 800, 1),
    "1280 at 200 %": (640, 400, 2),
    "1280 at 400 %": (320, 200, 4),
}
FONTS = {
    "narrow": "* { font-family: 'DejaVu Sans Condensed', 'Arial Narrow', sans-serif !important; }",
    "wide": (
        "* { font-family: 'DejaVu Sans', Verdana !important; letter-spacing: 0.03em !important; }"
    ),
}


async def resize(cdp: CDPSession, screen: str) -> None:
    width, height, scale = SCREENS[screen]
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    await cdp.send("Emulation.setDeviceMetricsOverride", metrics)


async def use_font(page: Page, font: str) -> None:
    """Let the page and its frames use one font. Their policy allows no style elements."""
    for frame in page.frames:
        await frame.evaluate(
            """(css) => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(css);
              document.adoptedStyleSheets = [sheet];
            }""",
            FONTS[font],
        )


async def faults(frame: Page | Frame, scope: str = "body") -> list[str]:
    """The controls that do not fit once the layout has settled, one sentence each."""
    found: list[str] = []

    async def fits() -> bool:
        found[:] = await frame.evaluate(FIT, scope)
        return not found

    try:
        await until(fits, 1, "")
    except AssertionError:
        return found
    return []
