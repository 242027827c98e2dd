"""One confcall behind the three proxies that docs/operations.md prints, each used in one call."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.deploy.parts import ask
from tests.deploy.proxies import HOST, PROXIES, Proxy
from tests.e2e.people import Person, see_and_hear_each_other
from tools import product
from tools.product import ROOT, Confcall, free_port

pytestmark = pytest.mark.e2e

OFFER = ROOT / "tests/data/offer_ffmpeg_whip.sdp"


class Behind:
    """A confcall and its proxies, by name."""

    def __init__(self, confcall: Confcall, proxies: dict[str, Proxy]) -> None:
        self.confcall = confcall
        self.proxies = proxies

    def invite(self, role: str) -> str:
        """The token of a new invite to the sample room."""
        code = (
            "from rooms.models import Room\n"
            f"print(Room.objects.get().invites.create(role={role!r}, label={role!r}).token)"
        )
        return self.confcall.shell(code).splitlines()[-1]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    ports = {name: free_port() for name in PROXIES}
    first, *others = (f"{HOST}:{port}" for port in ports.values())
    with ExitStack() as stack:
        running = stack.enter_context(
            product.confcall(
                SITE_URL=f"https://{first}",
                EXTRA_HOSTS=",".join(others),
                TRUST_PROXY="1",
                SFU_LISTEN="127.0.0.1",
                SFU_WORKERS="1",
            )
        )
        proxies = {
            name: stack.enter_context(
                start(tmp_path_factory.mktemp(name), running.port, ports[name])
            )
            for name, start in PROXIES.items()
        }
        yield Behind(running, proxies)


async def test_people_who_come_through_different_proxies_are_in_one_call(
    browser: Browser, behind: Behind
) -> None:
    token = behind.invite("speaker")
    people = []
    for name, proxy in behind.proxies.items():
        link = f"{proxy.url}/i/{token}/"
        people.append(await Person.arrive(browser, link, name.title(), ignore_https_errors=True))
        await people[-1].join()
    await see_and_hear_each_other(*people)
    assert [person.errors for person in people] == [[]] * len(people)
    assert not [name for name, proxy in behind.proxies.items() if token in proxy.logs()]


@pytest.mark.parametrize("name", PROXIES)
async def test_a_large_background_can_be_uploaded(
    browser: Browser, behind: Behind, name: str, tmp_path: Path
) -> None:
    # Noise does not get smaller: 5 MB, where a proxy's own limit may be 1 MB.
    picture = tmp_path / "noise.png"
    Image.frombytes("RGB", (1600, 1000), random.Random(1).randbytes(4_800_000)).save(picture)
    assert picture.stat().st_size > 4_500_000
    proxy = behind.proxies[name]
    page = await browser.new_page(ignore_https_errors=True)
    await page.goto(f"{proxy.url}/admin/rooms/background/add/")
    await page.get_by_label("Username").fill("owner")
    await page.get_by_label("Password").fill(behind.confcall.password)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_label("Title").fill(f"Noise by {name}")
    await page.locator("input[type=file]").set_input_files(picture)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("was added successfully")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("name", PROXIES)
def test_an_encoder_starts_and_ends_a_stream(behind: Behind, name: str) -> None:
    proxy = behind.proxies[name]
    headers = {
        "Authorization": f"Bearer {behind.invite('speaker')}",
        "Content-Type": "application/sdp",
    }
    status, answer, sdp = ask(
        HOST, proxy.port, "/whip/sample/", headers, method="POST", body=OFFER.read_bytes()
    )
    assert status == 201, sdp
    assert answer["content-type"] == "application/sdp"
    session = answer["location"].removeprefix(proxy.url)
    assert session.startswith("/")
    assert ask(HOST, proxy.port, session, headers, method="DELETE")[0] == 200
