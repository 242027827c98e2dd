"""A browser that speaks to a worker over the bus, without the web side."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from sfu_worker import wire
from tests.e2e.people import until

CLIENT = """
window.start = async ({sources, rids, slots, width, height, codec}) => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const video = {width: {exact: width}, height: {exact: height}};
  const stream = sources.length
    ? await navigator.mediaDevices.getUserMedia({audio: true, video}) : null;
  const tracks = {};
  for (const source of sources) {
    const track = source === 'microphone' ? stream.getAudioTracks()[0] : stream.getVideoTracks()[0];
    const scale = {q: 4, h: 2, f: 1}, most = {q: 150e3, h: 500e3, f: 2.5e6};
    const encodings = source === 'camera' && rids.length
      ? rids.map((rid) => ({rid, scaleResolutionDownBy: scale[rid], maxBitrate: most[rid]}))
      : codec ? [{maxBitrate: 400e3}] : undefined;
    if (codec) for (const encoding of encodings) encoding.scalabilityMode = 'L1T3';
    const transceiver = pc.addTransceiver(track,
      {direction: 'sendonly', sendEncodings: encodings, streams: [stream]});
    // Offer nothing else: the answer would prefer the codec that every browser has.
    if (codec) transceiver.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs
      .filter((c) => [`video/${codec}`, 'video/rtx'].includes(c.mimeType)));
    tracks[source] = transceiver;
  }
  window.slots = [];
  for (let i = 0; i < slots; i++) for (const kind of ['audio', 'video']) {
    window.slots.push(pc.addTransceiver(kind, {direction: 'recvonly'}));
  }
  const wait = new Promise((resolve) => pc.addEventListener('icegatheringstatechange', () =>
    pc.iceGatheringState === 'complete' && resolve()));
  await pc.setLocalDescription();
  await wait;
  return {sdp: pc.localDescription.sdp,
    tracks: Object.fromEntries(Object.entries(tracks).map(([s, t]) => [t.mid, s])),
    slots: window.slots.map((t) => t.mid)};
};
window.finish = async (sdp) => {
  await window.pc.setRemoteDescription({type: 'answer', sdp});
  for (const t of window.slots) {
    const element = document.createElement(t.receiver.track.kind);
    element.srcObject = new MediaStream([t.receiver.track]);
    element.muted = true; element.play();
    document.body.append(element);
  }
};
window.inbound = async (mid) => {
  for (const r of (await window.pc.getStats()).values())
    if (r.type === 'inbound-rtp' && r.mid === mid)
      return {frames: r.framesDecoded || 0, height: r.frameHeight || 0, lost: r.packetsLost,
        freezes: r.freezeCount || 0, codec: r.codecId, packets: r.packetsReceived,
        plis: r.pliCount};
  return {frames: 0, height: 0, lost: 0, freezes: 0, packets: 0};
};
window.outbound = async () => {
  const found = {};
  for (const r of (await window.pc.getStats()).values())
    if (r.type === 'outbound-rtp' && r.kind === 'video')
      found[r.rid || ''] = {active: r.active, frames: r.framesEncoded, height: r.frameHeight,
        target: r.targetBitrate, bytes: r.bytesSent, rtx: r.retransmittedPacketsSent};
  return found;
};
window.only = async (rids) => {
  const sender = window.pc.getSenders().find((s) => s.getParameters().encodings.length > 1);
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.active = rids.includes(encoding.rid);
  await sender.setParameters(parameters);
};
null;
"""


class Peer:
    """A page and its reply channel."""

    def __init__(self, name: str, page: Page, bus: Bus) -> None:
        self.name, self.page, self.bus = name, page, bus
        self.events: list[wire.Message] = []
        self.slots: list[str] = []

    async def join(
        self,
        sources: tuple[str, ...] = ("microphone", "camera"),
        *,
        slots: int = 2,
        rids: str = "qhf",
        height: int = 540,
        codec: str = "",
        reports: bool = True,
    ) -> None:
        """Join, send ``sources`` and have ``slots`` pairs of slots.

        With ``codec`` the camera is sent in that one, in three temporal layers. Without ``reports``
        the worker is not told what arrives.
        """
        channel = await self.bus.layer.new_channel("sfu-test")
        self.reader = asyncio.create_task(self._read(channel))
        await self.send(wire.Join("lab", self.name, self.name, "speaker", True, channel))
        await self.page.goto(self.bus.origin)
        await self.page.evaluate(CLIENT)
        options = {"sources": list(sources), "rids": list(rids), "slots": slots, "codec": codec}
        made = await self.page.evaluate(
            "(x) => window.start(x)", options | {"width": height * 16 // 9, "height": height}
        )
        self.slots = made["slots"]
        if not reports:
            made["sdp"] = re.sub(
                r"a=(rtcp-fb:\d+ goog-remb|extmap:\d+ \S*transport-wide-cc\S*)\r\n", "", made["sdp"]
            )
        await self.send(wire.Offer("lab", self.name, made["sdp"], made["tracks"]))
        await until(lambda: self.has(wire.Answer), 10, lambda: self.say("no answer"))
        answer = next(e for e in self.events if isinstance(e, wire.Answer))
        await self.page.evaluate("(x) => window.finish(x)", answer.sdp)

    async def _read(self, channel: str) -> None:
        while True:
            message = await self.bus.layer.receive(channel)
            self.events.append(wire.decode(message["body"]))

    async def end(self) -> None:
        self.reader.cancel()
        await asyncio.gather(self.reader, return_exceptions=True)

    async def send(self, command: wire.Command) -> None:
        await self.bus.layer.send(wire.worker_channel("lab"), wire.seal(command, 1))

    async def has(self, kind: type) -> bool:
        return any(isinstance(e, kind) for e in self.events)

    async def say(self, text: str) -> str:
        return f"{text}: {self.events[-10:]}\n{self.bus.log.read_text()[-3000:]}"

    async def want(self, slot: int, track: str | None, height: int = 0) -> None:
        await self.send(
            wire.Slots("lab", self.name, [wire.SlotRequest(self.slots[slot], track, height)])
        )

    async def inbound(self, slot: int) -> dict[str, Any]:
        found: dict[str, Any] = await self.page.evaluate(
            "(x) => window.inbound(x)", self.slots[slot]
        )
        return found


class Bus:
    """The channel layer, a page to run in and the worker's log."""

    def __init__(self, layer: Any, origin: str, log: Path) -> None:
        self.layer, self.origin, self.log = layer, origin, log


async def peer(browser: Browser, bus: Bus, name: str) -> Peer:
    return Peer(name, await browser.new_page(), bus)


async def seen(p: Peer, track: str) -> bool:
    ids = {e.track.id for e in p.events if isinstance(e, wire.TrackPublished)}
    ids |= {t.id for e in p.events if isinstance(e, wire.RoomState) for t in e.tracks}
    if track not in ids:
        await p.send(wire.Snapshot("lab", p.name))
    return track in ids


async def detail(ann: Peer, ben: Peer) -> str:
    sent = await ann.page.evaluate("window.outbound()")
    return f"ann sends {sent}\nben gets {await ben.inbound(1)}\n{await ben.say('events')}"
