"""Write docs/images: the lobby, a call, its end and the admin, from real browsers.

    python tools/screenshots.py [FOLDER]

Four people are in the call, each in a Chromium of their own whose camera shows a drawn clip. It
needs what the browser tests need.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from tests.e2e.people import Person  # noqa: E402
from tools import chromium, product  # noqa: E402
from tools.product import Confcall  # noqa: E402
from tools.screenshot_people import SITTERS, Sitter, write_clip, write_sound  # noqa: E402

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LARGEST = 300_000

# A fake camera is named after its file.
NAMED_DEVICES = """
Object.defineProperty(MediaDeviceInfo.prototype, 'label', { get() {
  return this.kind === 'videoinput' ? 'Built-in camera' : 'Built-in microphone';
} });
"""

NOTES = (
    ("Sunday at the garden table\n", True),
    ("Bring: the long ladder, gloves, a cake\n", False),
    ("Ben asks the neighbours about the hedge\n", False),
    ("Cleo has the key to the shed until Friday\n", False),
)
CHAT = (
    ("Ben Okafor", "The forecast says sun from ten o’clock."),
    ("Cleo Marin", "Then let us start at ten. I bring coffee."),
    ("Dan Ito", "The plan of the beds is in the notes."),
)


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, product.confcall() as running:
        async with AsyncExitStack() as stack:
            browsers = {
                sitter.name: await stack.enter_async_context(before(sitter, Path(scratch)))
                for sitter in SITTERS
            }
            await take(running, browsers, folder)


def before(sitter: Sitter, scratch: Path) -> AbstractAsyncContextManager[Browser]:
    """A browser in which one person sits before the camera."""
    clip, sound = scratch / f"{sitter.name}.y4m", scratch / f"{sitter.name}.wav"
    write_clip(sitter, clip)
    write_sound(sitter, sound)
    return chromium.browser(
        f"--use-file-for-fake-video-capture={clip}",
        f"--use-file-for-fake-audio-capture={sound}",
    )


async def take(product: Confcall, browsers: dict[str, Browser], folder: Path) -> None:
    code = (
        "from rooms.models import Invite\n"
        "print(Invite.objects.get(role='speaker').get_absolute_url())"
    )
    link = product.url + product.shell(code).splitlines()[-1]
    people: dict[str, Person] = {}
    for name, browser in browsers.items():
        context = await browser.new_context(viewport=WIDE, locale="en")  # type: ignore[arg-type]
        await context.add_init_script(NAMED_DEVICES)
        people[name] = await Person.arrive(context, link, name)
    ann = people[SITTERS[0].name]
    await ann.page.get_by_role("textbox", name="Your name").fill(ann.name)
    await ann.button("Turn on camera and microphone").click()
    await ann.page.locator("#preview-video").wait_for()
    await settle(ann.page)
    await both_sizes(ann.page, folder, "lobby")
    for person in people.values():
        await person.join()
    await write(people)
    await ann.sees(*[name for name in people if name != ann.name], seconds=60)
    await settle(ann.page)
    await ann.page.mouse.move(5, 5)
    for scheme in ("dark", "light"):
        await ann.page.emulate_media(color_scheme=scheme)
        await both_sizes(ann.page, folder, f"call-{scheme}")
    for size in ("1280", "390"):
        (folder / f"call-light-{size}.png").replace(folder / f"call-{size}.png")
    await ann.button("Leave").click()
    await ann.button("Join again").wait_for()
    await both_sizes(ann.page, folder, "end")
    await admin(product, ann.page, folder)


async def write(people: dict[str, Person]) -> None:
    """Put something into notes and chat."""
    first = next(iter(people.values()))
    editor = first.page.frame_locator("iframe").locator(".ql-editor")
    await editor.click(timeout=60_000)
    for line, heading in NOTES:
        if heading:
            await first.page.keyboard.press("Control+b")
        await first.page.keyboard.insert_text(line.strip())
        if heading:
            await first.page.keyboard.press("Control+b")
        await first.page.keyboard.press("Enter")
    for name, words in CHAT:
        page = people[name].page
        await page.get_by_role("textbox", name="Message").fill(words)
        await people[name].button("Send").click()
        await expect(first.page.get_by_role("log").get_by_text(words)).to_be_visible()
    await first.page.evaluate("document.activeElement.blur()")


async def admin(product: Confcall, page: Page, folder: Path) -> None:
    await page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    await page.goto(f"{product.url}/admin/")
    await page.get_by_label("Username").fill("owner")
    await page.get_by_label("Password").fill(product.password)
    await page.get_by_role("button", name="Log in").click()
    await page.goto(f"{product.url}/admin/rooms/room/")
    await page.locator("#result_list tbody th a").first.click()
    await both_sizes(page, folder, "admin")


async def settle(page: Page) -> None:
    """Wait until everything has moved into place. Only how good the picture is depends on it."""
    await page.wait_for_timeout(4000)


async def both_sizes(page: Page, folder: Path, name: str) -> None:
    for size in (WIDE, PHONE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await page.wait_for_timeout(3000)  # a larger layer comes with a key frame
        path = folder / f"{name}-{size['width']}.png"
        await page.screenshot(path=path)
        shrink(path)
    await page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def shrink(path: Path) -> None:
    """Make a PNG with as many colours as fit into ``LARGEST`` bytes."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    for colours in (256, 160, 96, 64):
        for dither in (Image.Dither.FLOYDSTEINBERG, Image.Dither.NONE):
            image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=dither).save(
                path, optimize=True
            )
            if path.stat().st_size <= LARGEST:
                return


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"))
