"""The link of one of three receivers gets narrow and wide again: only its layer changes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncIterator, Iterator
from itertools import dropwhile
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    WebSocket,
    expect,
)

from bench.clip import Size, write_y4m
from bench.relay import Relay, through, udp_candidate
from bench.shaping import Conditions
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools import chromium
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# The smallest picture of which Chromium sends three layers.
SIZE = Size(960, 540)
FRAMES = 30
# Edge of the part that changes, in pixels: enough for the top layer to use all of its 1.5 Mbit/s.
GRAIN = 80

NARROW, WIDE = Conditions(rate=500_000), Conditions(rate=10_000_000)

# However busy the machine is, neither the sender's CPU nor its bandwidth drops the top layer.
SENDER = """
{
  const { setParameters } = RTCRtpSender.prototype;
  RTCRtpSender.prototype.setParameters = function (parameters) {
    const degradationPreference = 'maintain-framerate-and-resolution';
    return setParameters.call(this, { ...parameters, degradationPreference });
  };
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    const rates = 'x-google-min-bitrate=2500;x-google-start-bitrate=2500';
    sdp = sdp.replaceAll(/^a=rtpmap:(\\d+) VP8.*$/gm, `$&\\r\\na=fmtp:$1 ${rates}`);
    return setRemoteDescription.call(this, { type, sdp });
  };
}
"""

BEHIND_RELAY = """
{
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setRemoteDescription = async function ({ type, sdp }) {
    return setRemoteDescription.call(this, { type, sdp: await window.throughRelay(sdp) });
  };
}
"""


def pictures() -> Iterator[bytearray]:
    """A still picture with a patch of new grain in each frame: easy to encode, but many bits."""
    chance = random.Random(1)
    still = b"".join(bytes([64 + y // 5]) * SIZE.width for y in range(SIZE.height)) + b"\x80" * (
        SIZE.width * SIZE.height // 2
    )
    for _ in range(FRAMES):
        frame = bytearray(still)
        for y in range(200, 200 + GRAIN):
            frame[y * SIZE.width + 400 : y * SIZE.width + 400 + GRAIN] = bytes(
                chance.choices(range(40, 210, 10), k=GRAIN)
            )
        yield frame


@pytest_asyncio.fixture(loop_scope="session")
async def camera(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser whose camera shows the clip. All people use it: a small machine cannot run four."""
    clip = tmp_path / "clip.y4m"
    write_y4m(clip, pictures(), SIZE)
    async with chromium.browser(f"--use-file-for-fake-video-capture={clip}") as browser:
        yield browser


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A link that takes everything until it is changed."""
    relay = Relay([])
    yield relay
    relay.close()


class Viewer:
    """Someone who watches Ann.

    ``layers`` are the rids that her picture came in, ``heights`` are those seen since ``forget``.
    """

    person: Person

    def __init__(self, name: str) -> None:
        self.name = name
        self.layers: list[str] = []
        self.heights: set[float] = set()

    async def arrive(self, context: BrowserContext, link: str) -> None:
        """Join, and make Ann's picture large, which asks for its top layer."""
        context.on("page", self._listen)
        self.person = await Person.arrive(context, link, self.name)
        await self.person.join(devices=False)
        await self.person.sees("Ann")
        await self.person.group("Ann").get_by_role("button", name="Pin").click()

    def _listen(self, page: Page) -> None:
        def hear(said: str | bytes) -> None:
            message = json.loads(said)
            if message["type"] == "slot_bound" and message["track"].endswith(":camera"):
                self.layers.append(message["layer"])

        def opened(socket: WebSocket) -> None:
            if "/ws/call/" in socket.url:
                socket.on("framereceived", hear)

        page.on("websocket", opened)

    async def look(self) -> float:
        """The height of the picture that arrives."""
        height = (await self.person.media_of("Ann"))["height"]
        self.heights.add(height)
        return height

    def forget(self) -> None:
        """Count from now on."""
        del self.layers[:-1]
        self.heights.clear()

    async def has_the_top_layer(self) -> bool:
        return await self.look() == SIZE.height and self.layers[-1:] == ["f"]

    async def gets_it(self) -> None:
        await until(self.has_the_top_layer, 90, lambda: self.say("does not get the top layer"))

    async def statistics(self) -> Locator:
        await self.person.group("Ann").get_by_role("button", name="Statistics").click()
        return self.person.page.get_by_role("region", name="Statistics: Ann")

    async def say(self, text: str) -> str:
        return await self.person.report(f"{self.name} {text}; layers {self.layers}", "Ann")


async def lead_through(relay: Relay, context: BrowserContext) -> None:
    """Let the media of this context's page go over the relay."""
    used: list[str] = []

    def led(sdp: str) -> str:
        if not used:
            relay.open(udp_candidate(sdp))
        used.append(sdp)
        return through(sdp, relay.port)

    await context.expose_function("throughRelay", led)
    await context.add_init_script(BEHIND_RELAY)


async def meet(camera: Browser, link: str, relay: Relay) -> tuple[Viewer, list[Viewer]]:
    """Ann, who sends; Ben, whose media goes over the relay; and two other viewers."""

    async def seat() -> BrowserContext:
        return await camera.new_context(viewport={"width": 1280, "height": 800})

    context = await seat()
    await context.add_init_script(SENDER)
    ann = await Person.arrive(context, link, "Ann")
    await ann.join()
    squeezed, others = Viewer("Ben"), [Viewer("Cleo"), Viewer("Dan")]
    context = await seat()
    await lead_through(relay, context)
    await squeezed.arrive(context, link)
    for other in others:
        await other.arrive(await seat(), link)
    return squeezed, others


async def test_one_squeezed_receiver_falls_and_rises_alone(
    camera: Browser, confcall: Confcall, relay: Relay
) -> None:
    squeezed, others = await meet(camera, room(confcall, "squeeze"), relay)
    everyone = [squeezed, *others]
    for viewer in everyone:
        await viewer.gets_it()
    for viewer in everyone:
        viewer.forget()

    relay.change(NARROW)

    async def has_fallen() -> bool:
        for other in others:
            await other.look()
        return await squeezed.look() < SIZE.height and squeezed.layers[-1] != "f"

    await until(has_fallen, 60, lambda: squeezed.say("still has the top layer"))
    await squeezed.person.sees("Ann", frames=60, seconds=90)
    assert "f" not in dropwhile("f".__eq__, squeezed.layers), squeezed.layers
    panel = await squeezed.statistics()
    await expect(panel.get_by_role("row", name="Limited by the network")).to_be_visible(
        timeout=30_000
    )
    await expect(panel.get_by_role("row", name=re.compile("^Layer [qh]$"))).to_be_visible(
        timeout=30_000
    )

    relay.change(WIDE)

    async def has_risen() -> bool:
        for other in others:
            await other.look()
        return await squeezed.has_the_top_layer()

    await until(has_risen, 120, lambda: squeezed.say("does not get the top layer back"))
    await expect(panel.get_by_role("row", name="Limited by nothing")).to_be_visible(timeout=30_000)
    await squeezed.person.sees("Ann")
    for other in others:
        assert set(other.layers) == {"f"}, await other.say("had another layer meanwhile")
        assert other.heights == {SIZE.height}, await other.say(
            f"saw pictures of {other.heights} lines"
        )
    assert [viewer.person.errors for viewer in everyone] == [[]] * 3
