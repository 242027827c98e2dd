"""One of three receivers has its link squeezed and widened again: its layer falls and returns, and nobody else's moves."""

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

SIZE = Size(960, 540)
"The smallest of which Chromium sends three layers."
FRAMES = 30
GRAIN = 80
"Edge of the part that changes, in pixels: enough for the top layer to take all of its 1.5 Mbit/s."

NARROW, WIDE = Conditions(rate=500_000), Conditions(rate=10_000_000)

# Nothing here depends on the sender's computer or upload: however busy the machine is, neither may take the top layer away.
SENDER = """
{
  const { setParameters } = RTCRtpSender.prototype;
  RTCRtpSender.prototype.setParameters = function (parameters) {
    return setParameters.call(this, { ...parameters, degradationPreference: 'maintain-framerate-and-resolution' });
  };
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    sdp = sdp.replaceAll(/^a=rtpmap:(\\d+) VP8.*$/gm, '$&\\r\\na=fmtp:$1 x-google-min-bitrate=2500;x-google-start-bitrate=2500');
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
    """A still picture with a patch of grain that is new in each frame: cheap to encode, and dear to send at full size."""
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
    """A browser whose camera shows the clip. All sit in it, in tabs: one browser takes less of a small machine than four."""
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
    """Somebody who watches Ann. ``layers`` are the rids that her picture has come in, ``heights`` those seen since a while."""

    person: Person

    def __init__(self, name: str) -> None:
        self.name = name
        self.layers: list[str] = []
        self.heights: set[float] = set()

    async def arrive(self, context: BrowserContext, link: str) -> None:
        """Join, and make Ann's picture large, so that its top layer is asked for."""
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
        """From now on is what counts."""
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


async def test_one_squeezed_receiver_falls_and_rises_alone(
    camera: Browser, confcall: Confcall, relay: Relay
) -> None:
    async def seat() -> BrowserContext:
        return await camera.new_context(viewport={"width": 1280, "height": 800})

    link = room(confcall, "squeeze")
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
    everybody = [squeezed, *others]
    for viewer in everybody:
        await viewer.gets_it()
    for viewer in everybody:
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
    assert [viewer.person.errors for viewer in everybody] == [[]] * 3
