"""Which codec a page sends in: the best that all others decode and that its computer can afford."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools import chromium
from tools.product import Confcall

pytestmark = pytest.mark.e2e

SIZE = (640, 360)

# The page is told this about the computer, which can in fact do more.
PROCESSORS = "Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => %d });"
OLD_DECODERS = """
const all = RTCRtpReceiver.getCapabilities.bind(RTCRtpReceiver);
RTCRtpReceiver.getCapabilities = (kind) => {
  const { codecs, ...rest } = all(kind);
  return { ...rest, codecs: codecs.filter(({ mimeType }) => !/VP9|AV1/.test(mimeType)) };
};
"""

SENT = """
async () => {
  const report = await window.connections.at(-1).getStats();
  return [...report.values()]
    .filter((r) => r.type === 'outbound-rtp' && r.kind === 'video')
    .filter((r) => r.active && r.framesPerSecond)
    .map((r) => report.get(r.codecId)?.mimeType ?? '');
}
"""
RECEIVED = """
async () => {
  const report = await window.connections.at(-1).getStats();
  return [...report.values()]
    .filter((r) => r.type === 'inbound-rtp' && r.kind === 'video' && r.framesPerSecond)
    .map((r) => report.get(r.codecId)?.mimeType ?? '');
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def small(tmp_path: Path) -> AsyncIterator[Browser]:
    """A Chromium whose camera has a small picture, of which a small machine can encode AV1."""
    width, height = SIZE
    clip = tmp_path / "clip.y4m"
    with clip.open("wb") as out:
        out.write(b"YUV4MPEG2 W%d H%d F20:1 Ip A1:1 C420jpeg\n" % SIZE)
        for frame in range(20):
            row = bytes((x + 12 * frame) % 256 for x in range(width))
            out.write(b"FRAME\n" + row * height + b"\x80" * (width * height // 2))
    async with chromium.browser(f"--use-file-for-fake-video-capture={clip}") as browser:
        yield browser


async def computer(browser: Browser, script: str) -> BrowserContext:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    await context.add_init_script(script)
    return context


async def choose(person: Person, what: str, mode: str) -> None:
    await person.button("More").click()
    await person.page.get_by_role("group", name=what).get_by_role("radio", name=mode).check()
    await person.page.keyboard.press("Escape")


async def sends(person: Person, codec: str, seconds: float = 20) -> None:
    """Wait until all layers that are sent are in this codec."""

    async def all_of_it() -> bool:
        return set(await person.page.evaluate(SENT)) == {f"video/{codec}"}

    async def instead() -> str:
        sent = await person.page.evaluate(SENT)
        return f"{person.name} sends {sent} instead of {codec}: {person.said[-20:]}"

    await until(all_of_it, seconds, instead)


async def gets(person: Person, codec: str, name: str) -> None:
    """Wait until a picture arrives in this codec, and new frames of it."""

    async def it() -> bool:
        return f"video/{codec}" in await person.page.evaluate(RECEIVED)

    await until(it, 20, lambda: person.report(f"{person.name} gets no {codec}", name))
    await person.sees(name)


async def test_motion_uses_the_best_common_codec_and_changes_for_someone_who_lacks_it(
    small: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "best-codec")
    ann = await Person.arrive(await computer(small, PROCESSORS % 16), link, "Ann")
    ben = await Person.arrive(small, link, "Ben")
    await ann.join()
    await ben.join(devices=False)
    await ben.sees("Ann")
    await sends(ann, "VP8")
    await choose(ann, "My camera", "Motion")
    await sends(ann, "AV1")
    await gets(ben, "AV1", "Ann")
    await ann.group("Ann").get_by_role("button", name="Statistics").click()
    own = ann.page.get_by_role("region", name="Statistics: Ann (you)")
    await expect(own.get_by_role("row", name=re.compile("^Codec AV1$"))).to_be_visible(
        timeout=10_000
    )
    cleo = await Person.arrive(await computer(small, OLD_DECODERS), link, "Cleo")
    await cleo.join(devices=False)
    await sends(ann, "VP8")
    await gets(cleo, "VP8", "Ann")
    await gets(ben, "VP8", "Ann")
    await expect(own.get_by_role("row", name=re.compile("^Codec VP8$"))).to_be_visible(
        timeout=10_000
    )
    await cleo.button("Leave").click()
    await sends(ann, "AV1")
    await gets(ben, "AV1", "Ann")
    await choose(ann, "My camera", "Auto")
    await sends(ann, "VP8")
    await gets(ben, "VP8", "Ann")
    assert await ann.page.evaluate("window.connections.length") == 1, "no codec needs a new offer"
    assert ann.errors == ben.errors == cleo.errors == []


async def test_a_small_computer_stays_with_a_codec_that_it_can_afford(
    small: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "small-computer")
    ann = await Person.arrive(await computer(small, PROCESSORS % 2), link, "Ann")
    await ann.join()
    await choose(ann, "My camera", "Motion")

    async def in_motion() -> bool:
        hint: str = await ann.page.evaluate(
            """window.connections.at(-1).getSenders()
               .find((s) => s.track?.kind === 'video').track.contentHint"""
        )
        codecs = await ann.page.evaluate(
            """window.connections.at(-1).getSenders().flatMap((s) => s.getParameters().encodings)
               .filter((e) => e.rid).map((e) => e.codec?.mimeType)"""
        )
        return hint == "motion" and set(codecs) == {"video/VP8"}

    await until(in_motion, 20, "the camera is not in motion and VP8")
    await sends(ann, "VP8")


# getStats of a computer that is too slow, at a time that the test chooses.
AT_ITS_LIMIT = """
const stats = RTCRtpSender.prototype.getStats;
RTCRtpSender.prototype.getStats = async function () {
  const report = await stats.call(this);
  if (!window.atItsLimit) return report;
  const slow = (entry) => (
    entry.type === 'outbound-rtp' ? { ...entry, qualityLimitationReason: 'cpu' } : entry);
  return new Map([...report].map(([id, entry]) => [id, slow(entry)]));
};
"""


async def test_a_computer_at_its_limit_changes_to_a_cheaper_codec_and_keeps_it(
    small: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "at-its-limit")
    ann = await Person.arrive(await computer(small, PROCESSORS % 16 + AT_ITS_LIMIT), link, "Ann")
    await ann.join()
    await choose(ann, "My camera", "Motion")
    await sends(ann, "AV1")
    await ann.page.evaluate("window.atItsLimit = true")
    await sends(ann, "VP9", seconds=40)
    await ann.page.evaluate("window.atItsLimit = false")
    await choose(ann, "My camera", "Auto")
    await sends(ann, "VP8")
    await choose(ann, "My camera", "Motion")
    await sends(ann, "VP9")
    assert ann.errors == []
