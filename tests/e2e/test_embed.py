"""A call in a blog on another site, in browsers that block cookies and storage there."""

from __future__ import annotations

import datetime
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, Request, expect

from tests.e2e.blogs import SITES, Blogs, blogs
from tests.e2e.firefox import Firefox
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools import chromium
from tools.product import ROOT, Confcall

pytestmark = pytest.mark.e2e

NO_STORAGE = """
if (location.hostname === 'b.test') for (const name of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
}
"""
# What the element says, for the test.
HEAR = """
window.heard = [];
for (const type of ['ready', 'joined', 'left', 'people', 'muted', 'hand']) {
  document.querySelector('conf-call').addEventListener(type, ({ detail }) =>
    window.heard.push([type, detail]));
}
"""


@pytest.fixture(scope="module")
def blog() -> Iterator[Blogs]:
    with blogs() as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader(confcall: Confcall, blog: Blogs) -> AsyncIterator[Browser]:
    """A Chromium without cookies of third parties, in which a.test and b.test count as https."""
    secure = f"{blog.at('a.test')[:-1]},{call_site(confcall)}"
    # Playwright disables ThirdPartyStoragePartitioning, without which the other flag does nothing.
    # This list takes the place of Playwright's.
    flags = [SITES, "--test-third-party-cookie-phaseout"]
    flags.append("--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable")
    async with chromium.browser(
        *flags, f"--unsafely-treat-insecure-origin-as-secure={secure}"
    ) as browser:
        yield browser


def call_site(confcall: Confcall) -> str:
    return f"http://b.test:{confcall.port}"


# Sets a cookie that may be used in frames of other sites, and tells what is left of it.
CRUMB = (
    "() => { document.cookie = 'crumb=1; Path=/; Secure; SameSite=None'; return document.cookie; }"
)


async def test_chromium_keeps_no_cookie_of_a_third_party(
    reader: Browser, confcall: Confcall, blog: Blogs
) -> None:
    """Otherwise the other tests here would not show that a call needs none."""
    card = f"{call_site(confcall)}/e/r/absent/"
    blog.write("/frame", f'<iframe src="{card}"></iframe>')
    context = await reader.new_context()
    page = await context.new_page()
    await page.goto(blog.at("a.test", "/frame"))
    frame = page.frames[-1]
    assert frame.url == card
    assert await frame.evaluate(CRUMB) == ""
    assert await context.cookies() == []
    own = await context.new_page()
    await own.goto(card)
    assert await own.evaluate(CRUMB) == "crumb=1"
    await page.reload()
    assert await page.frames[-1].evaluate("document.cookie") == ""
    await context.close()


def listed(confcall: Confcall, slug: str, *origins: str, **fields: object) -> None:
    """A room that visitors may join, and that these origins may frame."""
    values = {"title": slug.title(), "visitors": "speak", "embed_origins": "\n".join(origins)}
    confcall.shell(
        "from rooms.models import Room\n"
        f"Room.objects.update_or_create(slug={slug!r}, defaults={values | fields!r})"
    )


def post(confcall: Confcall, slug: str, more: str = "") -> str:
    """The body of a post with a call."""
    return (
        f'<script src="{call_site(confcall)}/embed.js" async></script>'
        f'<conf-call room="{slug}"></conf-call>{more}'
    )


async def open_post(context: BrowserContext, address: str) -> tuple[Page, FrameLocator]:
    page = await context.new_page()
    await page.goto(address)
    await page.evaluate(HEAR)
    return page, page.frame_locator("conf-call >> iframe")


async def heard(page: Page, kind: str, *details: object) -> None:
    """Wait until the page around the frame has heard this last."""

    async def so() -> bool:
        said = [detail for type_, detail in await page.evaluate("window.heard") if type_ == kind]
        return bool(said) and (not details or said[-1] == details[0])

    async def text() -> str:
        return f"{kind} {details} was not heard, but {await page.evaluate('window.heard')}"

    await until(so, 60, text)


async def only_a_card(requests: list[Request]) -> None:
    """Until the click there is a page with a picture, and nothing else."""
    ours = [request for request in requests if "b.test" in request.url]
    kinds = [request.resource_type for request in ours]
    assert kinds.count("document") == 1
    assert kinds.count("script") == 1, "embed.js alone"
    assert set(kinds) <= {"document", "script", "image"}
    for request in ours:
        assert "cookie" not in await request.all_headers()


async def raises_a_hand(page: Page, frame: FrameLocator, ann: Person) -> None:
    """The page around the frame and another person hear of it."""
    await frame.get_by_role("button", name="More").click()
    await frame.get_by_role("button", name="Raise hand").click()
    await heard(page, "hand", {"raised": True})
    await expect(ann.group("Rita").get_by_role("img", name="hand raised")).to_be_visible()
    await frame.get_by_role("button", name="Lower hand").click()
    await heard(page, "hand", {"raised": False})


async def test_a_reader_joins_from_a_blog_without_cookies_and_storage(
    browser: Browser, reader: Browser, confcall: Confcall, blog: Blogs
) -> None:
    listed(confcall, "framed", blog.at("a.test")[:-1], embed_names=True)
    blog.write("/post", post(confcall, "framed"))
    context = await reader.new_context(viewport={"width": 1280, "height": 800})
    await context.add_init_script(NO_STORAGE)
    requests: list[Request] = []
    sockets: list[str] = []

    def asked(request: Request) -> None:
        requests.append(request)

    context.on("request", asked)
    page, frame = await open_post(context, blog.at("a.test", "/post"))
    page.on("websocket", lambda socket: sockets.append(socket.url))
    card = frame.get_by_role("link", name="Join")
    await expect(card).to_have_count(1)

    await only_a_card(requests)
    assert sockets == []

    await card.click()
    await frame.get_by_role("textbox", name="Your name").fill("Rita")
    await expect(
        frame.get_by_role("button", name="Join without camera and microphone")
    ).to_be_visible()
    await frame.get_by_role("button", name="Join", exact=True).click()
    await heard(page, "joined")
    ann = await Person.arrive(browser, room(confcall, "framed"), "Ann")
    await ann.join()
    await ann.sees("Rita")
    await ann.hears("Rita")
    await heard(page, "people", {"count": 2, "names": ["Rita", "Ann"]})
    await heard(page, "muted", {"microphone": False, "camera": False})

    await raises_a_hand(page, frame, ann)
    await page.evaluate("document.querySelector('conf-call').mute()")
    await heard(page, "muted", {"microphone": True, "camera": True})
    await page.evaluate("document.querySelector('conf-call').leave()")
    await heard(page, "left")
    await expect(ann.group("Rita")).to_have_count(0)
    await frame.get_by_role("link", name="Close the call").click()
    await expect(card).to_have_count(1)
    assert await context.cookies() == []
    await context.close()


TALLER = "document.documentElement.scrollHeight - innerHeight"


async def not_cut(page: Page, what: str) -> None:
    """Wait until the frame is as high as the page in it. Rounding may cost a pixel."""

    async def fits() -> bool:
        return int(await page.frames[-1].evaluate(TALLER)) <= 1

    async def cut() -> str:
        return f"{what}: {await page.frames[-1].evaluate(TALLER)} px are cut"

    await until(fits, 30, cut)


async def test_a_frame_is_as_high_as_the_page_in_it(
    reader: Browser, confcall: Confcall, blog: Blogs
) -> None:
    site, soon = blog.at("a.test")[:-1], datetime.datetime.now(datetime.UTC)
    listed(confcall, "high", site)
    listed(confcall, "high-away", site, opens_with_owner=True)
    listed(confcall, "high-early", site, opens=str(soon + datetime.timedelta(days=2)))
    confcall.shell(
        "from rooms.models import Background, Room\n"
        "rooms = Room.objects.filter(slug__startswith='high')\n"
        "rooms.update(background=Background.objects.filter(credit__gt='').first())"
    )
    context = await reader.new_context(viewport={"width": 420, "height": 1600})
    page = await context.new_page()
    warned: list[str] = []
    page.on("console", lambda line: warned.append(line.text))
    for slug in ("high", "high-away", "high-early"):
        for mode in ("", "door"):
            blog.write("/high", post(confcall, slug).replace("room=", f'mode="{mode}" room='))
            await page.goto(blog.at("a.test", "/high"))
            frame = page.frame_locator("conf-call >> iframe")
            await frame.get_by_role("link").first.click()
            await frame.locator(".card h1").first.wait_for()
            await not_cut(page, f"{slug} {mode}")
            assert int(await page.frames[-1].evaluate("innerHeight")) > 240
    assert not [line for line in warned if "allowfullscreen" in line or "postMessage" in line]
    await context.close()


async def test_only_listed_sites_may_frame_a_room(
    reader: Browser, confcall: Confcall, blog: Blogs
) -> None:
    listed(confcall, "closely", blog.at("a.test")[:-1])
    blog.write("/post", post(confcall, "closely"))
    blog.write("/around", f'<iframe src="{blog.at("a.test", "/post")}"></iframe>')
    # Each page around the frame counts: listed, then unlisted, then listed.
    blog.write("/chain", f'<iframe src="{blog.at("c.test", "/around")}"></iframe>')
    # Without allow-same-origin, the origin of the post is "null".
    blog.write("/null", '<iframe sandbox="allow-scripts" src="/post"></iframe>')
    admin = f"{call_site(confcall)}/admin/"
    blog.write("/admin", f'<iframe src="{admin}"></iframe>')
    context = await reader.new_context()
    for host, path, may in (
        ("a.test", "/post", True),
        ("c.test", "/post", False),
        ("c.test", "/around", False),
        ("a.test", "/chain", False),
        ("a.test", "/null", False),
        ("a.test", "/admin", False),
    ):
        page = await context.new_page()
        await page.goto(blog.at(host, path))
        await page.wait_for_function("!document.querySelector('conf-call:not(:defined)')")
        await page.wait_for_load_state("networkidle")
        inner = page.frames[-1]
        # Chromium shows a page of its own in place of a frame that was refused.
        assert ("chrome-error:" in inner.url) is not may, (host, path, inner.url)
        if may:
            await expect(inner.get_by_role("link", name="Join")).to_have_count(1)
        await page.close()
    await context.close()


async def test_forged_messages_change_nothing(
    reader: Browser, confcall: Confcall, blog: Blogs
) -> None:
    listed(confcall, "forged", blog.at("a.test")[:-1])
    forged = "{confcall: 1, type: 'leave'}"
    attack = (
        "<script>setInterval(() => { for (const frame of [parent, ...Array(parent.length).keys()]"
        f".map((f) => (f === parent ? f : parent[f]))) frame.postMessage({forged}, '*'); }}, 50);"
        "</script>"
    )
    blog.write("/attack", attack)
    blog.write(
        "/post",
        post(confcall, "forged", f'<iframe src="{blog.at("c.test", "/attack")}"></iframe>'),
    )
    context = await reader.new_context(viewport={"width": 1280, "height": 800})
    page, frame = await open_post(context, blog.at("a.test", "/post"))
    await frame.get_by_role("link", name="Join").click()
    await frame.get_by_role("textbox", name="Your name").fill("Rita")
    await frame.get_by_role("button", name="Join without camera and microphone").click()
    await heard(page, "people", {"count": 1, "names": None})
    await page.evaluate("window.postMessage({confcall: 1, type: 'left'}, '*')")
    # Twenty attacks later the call is still there, and hears the right page.
    await page.wait_for_timeout(1000)
    assert "left" not in [kind for kind, _ in await page.evaluate("window.heard")]
    await page.evaluate("document.querySelector('conf-call').leave()")
    await heard(page, "left")
    await context.close()


async def test_a_plain_frame_without_permissions_offers_a_tab(
    reader: Browser, confcall: Confcall, blog: Blogs
) -> None:
    listed(confcall, "plainly", blog.at("a.test")[:-1])
    blog.write(
        "/plain",
        f'<iframe src="{call_site(confcall)}/e/r/plainly/" width="640" height="400"></iframe>',
    )
    context = await reader.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(blog.at("a.test", "/plain"))
    frame = page.frame_locator("iframe")
    await frame.get_by_role("link", name="Join").click()
    tab = frame.get_by_role("link", name="Open the call in its own tab")
    await expect(frame.get_by_text("does not let it use the camera")).to_be_visible()
    async with context.expect_page() as opened:
        await tab.click()
    own = await opened.value
    await expect(own.get_by_role("textbox", name="Your name")).to_be_visible()
    assert own.url == f"{call_site(confcall)}/r/plainly/"
    await context.close()


def listen(page: Page) -> list[str]:
    """What scripts of the page raise from now on."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


SNIPPET = re.compile(r"```html\n(.*?)```", re.DOTALL)


async def test_the_snippets_of_the_documentation_work(
    reader: Browser, confcall: Confcall, blog: Blogs
) -> None:
    site = blog.at("a.test")[:-1]
    for slug in ("garden", "office"):
        listed(confcall, slug, site)
    key = confcall.shell(
        "from rooms.models import Room\nprint(Room.objects.get(slug='garden').notes_key)"
    )
    pages = [ROOT / "README.md", ROOT / "docs" / "embedding.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    snippets = [found for found in SNIPPET.findall(text) if "<script" in found or "<i" in found]
    assert len(snippets) >= 5
    context = await reader.new_context(viewport={"width": 1280, "height": 800})
    for number, snippet in enumerate(snippets):
        filled = snippet.replace("https://call.example.org", call_site(confcall))
        blog.write(f"/snippet{number}", filled.replace("KEY", key.splitlines()[-1]))
        page = await context.new_page()
        errors = listen(page)
        await page.goto(blog.at("a.test", f"/snippet{number}"), wait_until="networkidle")
        frames = [frame for frame in page.frames if "b.test" in frame.url]
        pictures = await page.evaluate("[...document.images].filter((i) => i.naturalWidth).length")
        assert len(frames) + pictures == 1, snippet
        for frame in frames:
            await expect(frame.locator("h1, h2").first).not_to_be_empty()
        assert errors == [], snippet
        await page.close()
    await context.close()


async def test_firefox_keeps_no_cookie_of_a_third_party(confcall: Confcall, blog: Blogs) -> None:
    card = f"{call_site(confcall)}/e/r/absent/"
    blog.write("/frame", f'<iframe src="{card}"></iframe>')
    # Firefox takes "Secure" from https alone, and any cookie without SameSite in frames.
    crumb = "() => { document.cookie = 'crumb=1; Path=/'; return document.cookie; }"
    async with Firefox.started() as firefox:
        await firefox.do("open", url=blog.at("a.test", "/frame"), init="")
        await firefox.do("frame", url="/e/r/absent/")
        assert await firefox.do("evaluate", function=crumb) == ""
        await firefox.do("open", url=card, init="")
        assert await firefox.do("evaluate", function=crumb) == "crumb=1"


async def test_a_reader_joins_in_firefox(confcall: Confcall, blog: Blogs) -> None:
    listed(confcall, "foxes", blog.at("a.test")[:-1])
    blog.write("/post", post(confcall, "foxes"))
    async with Firefox.started() as firefox:
        assert await firefox.do("open", url=blog.at("a.test", "/post"), init=NO_STORAGE) == 200
        await firefox.do("evaluate", function=f"() => {{ {HEAR} }}")
        await firefox.do("frame", url="/e/r/foxes/")
        await firefox.do("click", selector='aria/Join the call[role="link"]')
        await firefox.do("frame", url="/r/foxes/?frame")
        await firefox.do("fill", selector='aria/Your name[role="textbox"]', text="Fiona")
        await firefox.do("click", selector="#join-without")
        await firefox.do("wait", selector='#stage [role=group][aria-label="Fiona"]', seconds=30)
        await firefox.do("frame", url="a.test")
        kinds = await firefox.do("evaluate", function="() => window.heard.map(([kind]) => kind)")
        assert kinds[:2] == ["ready", "joined"]
        assert not [line for line in await firefox.do("said") if line.startswith("error:")]
