"""A real Etherpad beside the call, under its own host name, behind deploy/Caddyfile."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.deploy.caddy import NOTES, SITE, caddy
from tests.deploy.parts import ask
from tests.e2e.people import Person, until
from tools import etherpad_for_tests, product
from tools.product import Confcall, answers, free_port, wait_until

pytestmark = pytest.mark.e2e

KEY = "a-key-for-tests-alone"


@dataclass
class Site:
    """A confcall and an Etherpad, each under a name of its own, behind one Caddy."""

    confcall: Confcall
    url: str
    notes_url: str
    etherpad: Etherpad

    def room(self, slug: str, role: str = "speaker") -> str:
        """A room made for one test; returns the link of an invite."""
        code = (
            "from rooms.models import Room, Invite\n"
            f"defaults = {{'title': {slug.title()!r}}}\n"
            f"room, _ = Room.objects.get_or_create(slug={slug!r}, defaults=defaults)\n"
            f"print(Invite.objects.create(room=room, role={role!r}).get_absolute_url())"
        )
        return self.url + self.confcall.shell(code).splitlines()[-1]

    def pad(self, slug: str) -> str:
        code = f"from rooms.models import Room\nprint(Room.objects.get(slug={slug!r}).pad_id)"
        return self.confcall.shell(code).splitlines()[-1]

    def status(self, host: str, path: str) -> int:
        """The status of an answer that came through Caddy."""
        return ask(host, urllib.parse.urlsplit(self.url).port or 443, path)[0]


class Etherpad:
    """A running Etherpad, as the web server reaches it."""

    def __init__(self, place: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = place / "log"
        self._command = etherpad_for_tests.command(place, self.port, KEY)
        self._folder = etherpad_for_tests.installed()
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=os.environ | {"NODE_ENV": "production"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def wait_until_it_answers(self) -> None:
        def ready() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            return answers(f"{self.url}/api")

        wait_until(ready, self.log.read_text)

    def call(self, function: str, **values: str) -> dict[str, Any]:
        query = urllib.parse.urlencode({"apikey": KEY, **values})
        with urllib.request.urlopen(
            f"{self.url}/api/1.2.15/{function}?{query}", timeout=30
        ) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def text(self, pad: str) -> str:
        return str((self.call("getText", padID=pad)["data"] or {}).get("text"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    url, notes_url = f"https://{SITE}:{port}", f"https://{NOTES}:{port}"
    etherpad = Etherpad(tmp_path_factory.mktemp("etherpad"))
    etherpad.launch()
    settings = {
        "SITE_URL": url,
        "TRUST_PROXY": "1",
        "ETHERPAD_URL": notes_url,
        "ETHERPAD_API_URL": etherpad.url,
        "ETHERPAD_API_KEY": KEY,
    }
    try:
        with product.confcall(**settings) as running:
            etherpad.wait_until_it_answers()
            with caddy(tmp_path_factory.mktemp("caddy"), running.port, etherpad.port, port):
                yield Site(running, url, notes_url, etherpad)
    finally:
        etherpad.kill()


async def arrive(browser: Browser, link: str, name: str) -> Person:
    return await Person.arrive(browser, link, name, ignore_https_errors=True)


def editor(pad: FrameLocator | Page) -> Any:
    """The text of a pad, which is two of Etherpad's frames deep."""
    return (
        pad.frame_locator("iframe[name=ace_outer]")
        .frame_locator("iframe[name=ace_inner]")
        .locator("#innerdocbody")
    )


def notes_of(person: Person) -> FrameLocator:
    return person.page.get_by_label("Notes", exact=True).frame_locator("iframe")


def address_of(site: Site, slug: str) -> str:
    return f"{site.notes_url}/p/{urllib.parse.quote(site.pad(slug), safe='')}?"


def pad_address(person: Person, site: Site) -> str:
    """Where the frame of the notes has arrived."""
    pads = [frame.url for frame in person.page.frames if frame.url.startswith(site.notes_url)]
    return next((url for url in pads if "/p/" in url), "")


async def test_the_pad_beside_the_call_has_its_chat_open_and_knows_the_name(
    browser: Browser, site: Site
) -> None:
    link = site.room("writers")
    ann, ben = await arrive(browser, link, "Ann Müller & Co"), await arrive(browser, link, "Ben")
    await ann.join()
    await ben.join()
    for person in (ann, ben):
        await expect(editor(notes_of(person))).to_contain_text("Writers", timeout=60_000)
        await expect(notes_of(person).locator("#chattext")).to_be_visible()
        await expect(notes_of(person).locator("#chatinput")).to_be_visible()
        # The field is in a list that opens with a click; its value is what Etherpad knows.
        await expect(notes_of(person).locator("#myusernameedit")).to_have_value(person.name)
    assert pad_address(ann, site).startswith(address_of(site, "writers"))

    await editor(notes_of(ann)).press_sequentially("Bring the ladder ")
    await expect(editor(notes_of(ben))).to_contain_text("Bring the ladder", timeout=15_000)
    pad = site.pad("writers")

    async def kept() -> bool:
        return "Bring the ladder" in await asyncio.to_thread(site.etherpad.text, pad)

    await until(kept, 15, "what was typed cannot be read back")

    await notes_of(ben).locator("#chatinput").fill("On Sunday?")
    await notes_of(ben).locator("#chatinput").press("Enter")
    said = notes_of(ann).locator("#chattext")
    await expect(said).to_contain_text("On Sunday?")
    await expect(said).to_contain_text("Ben")
    await ann.sees("Ben")
    await ben.hears(ann.name)
    assert ann.errors == ben.errors == []


async def test_the_copied_notes_link_opens_the_pad_alone(browser: Browser, site: Site) -> None:
    ann = await arrive(browser, site.room("copies"), "Ann")
    await ann.join(devices=False)
    await ann.button("Copy notes link").click()

    async def copied() -> bool:
        return "/n/" in await ann.clipboard()

    await until(copied, 10, "the notes link was not copied")
    reader = await arrive(browser, await ann.clipboard(), "Reader")
    await expect(reader.page.get_by_role("heading", level=1)).to_contain_text("Copies")
    beside = reader.page.frame_locator("iframe.pad")
    await expect(editor(beside)).to_contain_text("Copies", timeout=60_000)


async def test_whoever_is_removed_has_nothing_of_a_copy_of_the_pads_address(
    browser: Browser, site: Site
) -> None:
    link = site.room("leavers")
    ann, ben = await arrive(browser, link, "Ann"), await arrive(browser, link, "Ben")
    for person in (ann, ben):
        await person.join(devices=False)
        await expect(editor(notes_of(person))).to_contain_text("Leavers", timeout=60_000)
    await editor(notes_of(ann)).press_sequentially("Bring the ladder ")
    await expect(editor(notes_of(ben))).to_contain_text("Bring the ladder", timeout=15_000)
    copy = pad_address(ben, site)
    tab = await ben.page.context.new_page()
    await tab.goto(copy)
    await expect(editor(tab)).to_contain_text("Bring the ladder", timeout=60_000)
    stranger = await arrive(browser, copy, "Stranger")
    await expect(stranger.page.locator("#permissionDenied")).to_be_visible(timeout=60_000)
    code = (
        "from rooms.models import Arrival, Ban\n"
        "who = Arrival.objects.get(room__slug='leavers', name='Ben')\n"
        "Ban.objects.create(room=who.room, person=who.person)"
    )
    await asyncio.to_thread(site.confcall.shell, code)

    async def moved() -> bool:
        now = pad_address(ann, site).partition("?")[0]
        return now not in ("", copy.partition("?")[0])

    await until(moved, 30, "the pad stays where Ben knows it")
    await expect(editor(notes_of(ann))).to_contain_text("Bring the ladder", timeout=60_000)
    await editor(notes_of(ann)).press_sequentially("and the rope ")
    await expect(editor(tab)).not_to_contain_text("rope")
    await tab.goto(copy)
    await expect(tab.locator("#permissionDenied")).to_be_visible(timeout=60_000)
    await tab.goto(pad_address(ann, site))
    await expect(tab.locator("#permissionDenied")).to_be_visible(timeout=60_000)


async def test_a_listener_reads_the_pad_and_cannot_write(browser: Browser, site: Site) -> None:
    lea = await arrive(browser, site.room("readers", "listener"), "Lea")
    await lea.page.get_by_role("textbox", name="Your name").fill("Lea")
    await lea.page.get_by_role("button", name=re.compile("^Join")).last.click()
    await lea.group("Lea").wait_for()
    text = editor(notes_of(lea))
    await expect(text).to_contain_text("Readers", timeout=60_000)
    await expect(text).not_to_have_attribute("contenteditable", "true")
    assert site.pad("readers") not in await lea.page.content(), "the name of the pad lets one write"


async def test_a_pad_that_etherpad_has_lost_is_made_again_for_everyone(
    browser: Browser, site: Site
) -> None:
    ann = await arrive(browser, site.room("lost"), "Ann")
    await ann.join(devices=False)
    await expect(editor(notes_of(ann))).to_contain_text("Lost", timeout=60_000)
    answer = await asyncio.to_thread(site.etherpad.call, "deletePad", padID=site.pad("lost"))
    assert answer["code"] == 0
    lea = await arrive(browser, site.room("lost", "listener"), "Lea")
    await lea.page.get_by_role("textbox", name="Your name").fill("Lea")
    await lea.page.get_by_role("button", name=re.compile("^Join")).last.click()
    await expect(editor(notes_of(lea))).to_contain_text("Lost", timeout=60_000)
    ben = await arrive(browser, site.room("lost"), "Ben")
    await ben.join(devices=False)
    await editor(notes_of(ben)).press_sequentially("Found ")
    await expect(editor(notes_of(lea))).to_contain_text("Found", timeout=15_000)


async def test_a_pad_that_no_one_created_is_refused(browser: Browser, site: Site) -> None:
    stranger = await arrive(browser, f"{site.notes_url}/p/nobody-made-this", "Stranger")
    await expect(stranger.page.locator("#permissionDenied")).to_be_visible(timeout=60_000)
    answer = await asyncio.to_thread(site.etherpad.call, "getText", padID="nobody-made-this")
    assert (answer["code"], answer["message"]) == (1, "padID does not exist")


@pytest.mark.parametrize(
    "path", ["/api", f"/api/1.2.15/listAllPads?apikey={KEY}", "/admin", "/admin/plugins", "/stats"]
)
def test_what_is_for_operators_is_closed(site: Site, path: str) -> None:
    assert site.status(NOTES, path) == 404
    # Etherpad itself answers there, if only to ask for a login.
    assert direct(site.etherpad.url + path) in (200, 401, 403)


def direct(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


async def test_the_call_goes_on_when_etherpad_dies(browser: Browser, site: Site) -> None:
    link = site.room("survivors")
    ann, ben = await arrive(browser, link, "Ann"), await arrive(browser, link, "Ben")
    await ann.join()
    await ben.join()
    await expect(editor(notes_of(ann))).to_contain_text("Survivors", timeout=60_000)
    cleo = await arrive(browser, link, "Cleo")
    site.etherpad.kill()
    try:
        await ann.sees("Ben")
        await ben.hears("Ann")
        # One is in the lobby already, and one comes now.
        dan = await arrive(browser, link, "Dan")
        for newcomer in (cleo, dan):
            await newcomer.join()
            await expect(newcomer.page.get_by_text("Notes did not load")).to_be_visible(
                timeout=30_000
            )
            await newcomer.sees("Ann")
            await ann.sees(newcomer.name)
    finally:
        site.etherpad.launch()
