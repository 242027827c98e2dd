"""Chromium pages that talk to a bare worker.

One sends the fake camera; one keeps the encoded frames that reach its decoder.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from bench.relay import Relay, through, udp_candidate
from bench.rig import Seat
from sfu_worker import wire
from tools import chromium

PAGE = """
const gathered = async (pc) => {
  const wait = new Promise((resolve) => pc.addEventListener('icegatheringstatechange', () =>
    pc.iceGatheringState === 'complete' && resolve()));
  await pc.setLocalDescription();
  await wait;
};
const prefer = (transceiver, kind, codec) => {
  if (!codec) return;
  const all = kind.getCapabilities('video').codecs;
  const first = all.filter((c) => c.mimeType === `video/${codec}`);
  transceiver.setCodecPreferences([...first, ...all.filter((c) => !first.includes(c))]);
};
window.send = async ({width, height, encodings, hint, degradation, codec}) => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const video = {width: {exact: width}, height: {exact: height}, frameRate: 30};
  const stream = await navigator.mediaDevices.getUserMedia({video});
  const [track] = stream.getVideoTracks();
  if (hint) track.contentHint = hint;
  const transceiver = pc.addTransceiver(track,
    {direction: 'sendonly', streams: [stream], sendEncodings: encodings});
  prefer(transceiver, RTCRtpSender, codec);
  if (degradation) {
    const parameters = transceiver.sender.getParameters();
    parameters.degradationPreference = degradation;
    await transceiver.sender.setParameters(parameters);
  }
  await gathered(pc);
  return {sdp: pc.localDescription.sdp, mid: transceiver.mid};
};
window.watched = (rids) => {
  const [sender] = window.pc.getSenders(), parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.active = rids.includes(encoding.rid || '');
  return sender.setParameters(parameters);
};
const watch = (track) => {
  const element = document.createElement(track.kind);
  element.srcObject = new MediaStream([track]);
  element.muted = true;
  document.body.append(element);
  element.play();
};
window.hearAndSee = async () => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const receive = (kind) => pc.addTransceiver(kind, {direction: 'recvonly'});
  const [sound, picture] = [receive('audio'), receive('video')];
  await gathered(pc);
  for (const {receiver} of [sound, picture]) watch(receiver.track);
  return {sdp: pc.localDescription.sdp, sound: sound.mid, picture: picture.mid};
};
window.receive = async () => {
  const pc = window.pc = new RTCPeerConnection(
    {bundlePolicy: 'max-bundle', encodedInsertableStreams: true});
  const transceiver = pc.addTransceiver('video', {direction: 'recvonly'});
  const {readable, writable} = transceiver.receiver.createEncodedStreams();
  window.kept = [];
  readable.pipeThrough(new TransformStream({transform(frame, controller) {
    const data = frame.data.slice(0);
    if (window.kept) window.kept.push({at: window.now(), key: frame.type === 'key', data});
    controller.enqueue(frame);
  }})).pipeTo(writable);
  await gathered(pc);
  watch(transceiver.receiver.track);
  return {sdp: pc.localDescription.sdp, mid: transceiver.mid};
};
window.answered = (sdp) => window.pc.setRemoteDescription({type: 'answer', sdp});
window.now = () => performance.now() / 1000;
window.taken = async () => {
  const kept = window.kept;
  window.kept = null;
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(new Blob(kept.map((f) => f.data)));
  });
  return {frames: kept.map((f) => [f.at, f.key, f.data.byteLength]),
    data: url.slice(url.indexOf(',') + 1)};
};
window.stats = async (type) => {
  const report = await window.pc.getStats(), found = [];
  for (const r of report.values()) if (r.type === type && r.kind === 'video')
    found.push({...r, codec: (report.get(r.codecId) || {}).mimeType || ''});
  return found;
};
null;
"""


@dataclass(frozen=True, slots=True)
class Sending:
    """How a page sends. ``encodings`` are those of addTransceiver.

    Empty strings leave the browser's defaults.
    """

    encodings: list[dict[str, Any]]
    hint: str = ""
    degradation: str = ""
    codec: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """An encoded frame as the decoder got it; ``at`` in the page's seconds."""

    at: float
    key: bool
    data: bytes = field(repr=False)


class BenchPage:
    """A page with a connection to the worker."""

    def __init__(self, page: Page, seat: Seat) -> None:
        self.page, self.seat = page, seat

    async def send(self, width: int, height: int, how: Sending) -> None:
        await self.seat.join(publish=True)
        options = {"width": width, "height": height, "encodings": how.encodings}
        options |= {"hint": how.hint, "degradation": how.degradation, "codec": how.codec}
        made = await self.page.evaluate("(x) => window.send(x)", options)
        await self.page.evaluate(
            "(x) => window.answered(x)",
            await self.seat.answer(made["sdp"], {made["mid"]: "camera"}),
        )
        if len(how.encodings) > 1:
            self.seat.on_layers = self._encode_only

    async def _encode_only(self, rids: list[str]) -> None:
        await self.page.evaluate("(x) => window.watched(x)", rids)

    async def receive(self, source: str, height: int) -> None:
        await self.seat.join(publish=False)
        made = await self.page.evaluate("() => window.receive()")
        await self.page.evaluate(
            "(x) => window.answered(x)", await self.seat.answer(made["sdp"], {})
        )
        await self.seat.want([wire.SlotRequest(made["mid"], f"{source}:camera", height)])

    async def receive_over(self, relay: Relay, source: str, height: int) -> float:
        """Receive sound and picture over a relay whose steps begin now.

        Returns when they began (time.monotonic()).
        """
        await self.seat.join(publish=False)
        made = await self.page.evaluate("() => window.hearAndSee()")
        answer = await self.seat.answer(made["sdp"], {})
        relay.open(udp_candidate(answer))
        await self.page.evaluate("(x) => window.answered(x)", through(answer, relay.port))
        await self.page.wait_for_function("() => window.pc.connectionState === 'connected'")
        began = relay.begin()
        sound = wire.SlotRequest(made["sound"], f"{source}:microphone")
        await self.seat.want([sound, wire.SlotRequest(made["picture"], f"{source}:camera", height)])
        return began

    async def now(self) -> float:
        """The page's clock."""
        return float(await self.page.evaluate("() => window.now()"))

    async def taken(self) -> list[Kept]:
        """All that the decoder was given until now; nothing is kept from now on."""
        got = await self.page.evaluate("() => window.taken()")
        data, at, found = base64.b64decode(got["data"]), 0, []
        for when, key, size in got["frames"]:
            found.append(Kept(when, key, data[at : at + size]))
            at += size
        return found

    async def stats(self, kind: str) -> list[dict[str, Any]]:
        """The ``inbound-rtp`` or ``outbound-rtp`` statistics of video; ``codec`` is a MIME type."""
        found: list[dict[str, Any]] = await self.page.evaluate("(x) => window.stats(x)", kind)
        return found

    async def close(self) -> None:
        await self.seat.leave()
        await self.page.close()


@dataclass
class Pages:
    """A browser and an origin that counts as secure."""

    browser: Browser
    origin: str

    async def open(self, seat: Seat) -> BenchPage:
        page = await self.browser.new_page()
        await page.goto(self.origin)
        await page.evaluate(PAGE)
        return BenchPage(page, seat)


@contextlib.asynccontextmanager
async def pages(camera: Path | None = None) -> AsyncIterator[Pages]:
    """Headless Chromium whose camera shows the clip."""
    flags = ["--autoplay-policy=no-user-gesture-required"]
    if camera:
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    with chromium.page_server() as origin:
        async with chromium.browser(*flags) as browser:
            yield Pages(browser, origin)
