"""The call page over links that lose packets: what it sends and hears."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from bench.relay import Relay, through, udp_candidate
from bench.shaping import Conditions, Link
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# Chromium's payload types.
OPUS, RED = 111, 63
LOSS = 0.15

THROUGH_RELAY = """
const setRemoteDescription = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = async function ({type, sdp}) {
  return setRemoteDescription.call(this, {type, sdp: await window.relayed(sdp)});
};
"""

SOUND = """
async () => {
  const found = {samples: 0, concealed: 0, received: 0, lost: 0};
  for (const pc of window.connections.filter((c) => c.connectionState !== 'closed'))
    for (const r of (await pc.getStats()).values()) {
      if (r.type !== 'inbound-rtp' || r.kind !== 'audio') continue;
      found.samples += r.totalSamplesReceived || 0;
      found.concealed += (r.concealedSamples || 0) - (r.silentConcealedSamples || 0);
      found.received += r.packetsReceived;
      found.lost += r.packetsLost;
    }
  return found;
}
"""

# A shared tab that plays a tone on the left side only.
LEFT_ALONE = """
navigator.mediaDevices.getDisplayMedia = async () => {
  const context = new AudioContext();
  const sides = new ChannelMergerNode(context, { numberOfInputs: 2 });
  const out = new MediaStreamAudioDestinationNode(context, { channelCount: 2 });
  const tone = new OscillatorNode(context, { frequency: 440 });
  tone.connect(sides, 0, 0).connect(out);
  tone.start();
  const canvas = document.createElement('canvas');
  canvas.getContext('2d').fillRect(0, 0, 10, 10);
  return new MediaStream([...canvas.captureStream(5).getTracks(), ...out.stream.getTracks()]);
};
"""

# How loud the sound of a shared screen is on each side.
SIDES = """
async () => {
  const sound = document.querySelector('.tile.screen audio')?.srcObject;
  if (!sound) return [0, 0];
  const context = new AudioContext();
  const sides = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
  context.createMediaStreamSource(sound).connect(sides);
  const meters = [0, 1].map((side) => {
    const meter = new AnalyserNode(context, { fftSize: 8192 });
    sides.connect(meter, side);
    return meter;
  });
  const loud = (meter) => {
    const samples = new Float32Array(meter.fftSize);
    meter.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
  };
  let found = [0, 0];
  for (const end = Date.now() + 10_000; Math.max(...found) < 0.1 && Date.now() < end; ) {
    await new Promise((done) => setTimeout(done, 50));
    found = meters.map(loud);
  }
  await context.close();
  return found;
}
"""

# The parameters of Opus in each section of the latest answer.
OPUS_ANSWERED = """
() => window.connections.at(-1).remoteDescription.sdp.split(/^(?=m=)/m).slice(1)
  .map((section) => (/a=fmtp:111 (.*)/.exec(section) || ['', ''])[1].trim())
"""


class Tap(Link):
    """A link that counts the sound on it by payload type, which SRTP leaves readable."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.types = {OPUS: 0, RED: 0}

    def push(self, data: bytes, now: float) -> None:
        if len(data) > 12 and 127 < data[0] < 192 and data[1] & 0x7F in self.types:
            self.types[data[1] & 0x7F] += 1
        super().push(data, now)


async def arrive_through(relay: Relay, browser: Browser, link: str, name: str) -> Person:
    """Open a link with the media of the page going through a relay."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})

    def relayed(answer: str) -> str:
        relay.open(udp_candidate(answer))
        return through(answer, relay.port)

    await context.expose_function("relayed", relayed)
    await context.add_init_script(THROUGH_RELAY)
    return await Person.arrive(context, link, name)


async def test_a_voice_is_heard_whole_though_one_packet_in_seven_is_lost(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "storm")
    ann_link, ben_link = Relay([]), Relay([])
    up, down = ann_link.up, ben_link.down = Tap(1), Tap(2)
    try:
        ann = await arrive_through(ann_link, browser, link, "Ann")
        ben = await arrive_through(ben_link, browser, link, "Ben")
        await ann.join()
        await ben.join()
        await ben.hears("Ann")
        # A voice leaves Chromium with redundancy; without packet loss no receiver gets any.
        assert up.types[RED] > 0
        assert up.types[OPUS] == 0
        assert down.types[RED] == 0
        assert down.types[OPUS] > 0
        ben_link.change(Conditions(loss=LOSS), Conditions(loss=LOSS))

        async def whole() -> bool:
            """Whether, for three seconds, many packets were lost but little of the sound."""
            before = await ben.page.evaluate(SOUND)
            await ben.page.wait_for_timeout(3000)
            now = await ben.page.evaluate(SOUND)
            samples, concealed, received, lost = (
                now[key] - before[key] for key in ("samples", "concealed", "received", "lost")
            )
            stretches.append((samples, concealed, received, lost))
            return bool(
                received and lost / (lost + received) > LOSS / 2 and concealed / samples < LOSS / 3
            )

        stretches: list[tuple[int, int, int, int]] = []
        await until(
            whole, 60, lambda: ben.report(f"samples, concealed, received, lost: {stretches}", "Ann")
        )
        assert down.types[RED] > 50
        await ben.hears("Ann")
        # Ann's own link loses packets too: the worker recovers them from what she sends twice.
        ann_link.change(Conditions(), Conditions(loss=LOSS))
        stretches.clear()
        await until(
            whole, 60, lambda: ben.report(f"samples, concealed, received, lost: {stretches}", "Ann")
        )
        assert ann.errors == ben.errors == []
    finally:
        ann_link.close()
        ben_link.close()


async def test_the_sound_of_a_shared_tab_keeps_its_two_sides(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "sides")
    ann = await Person.arrive(browser, link, "Ann")
    await ann.page.add_init_script(LEFT_ALONE)
    await ann.page.reload()
    ben = await Person.arrive(browser, link, "Ben")
    await ann.join()
    await ben.join(devices=False)
    await ann.button("Share screen").click()

    async def left_alone() -> bool:
        left, right = await ben.page.evaluate(SIDES)
        return bool(left > 0.05 and right < left / 10)

    await until(left_alone, 20, lambda: ben.report("both sides are alike", "Ann"))
    microphone, _camera, _screen, sound, *_ = await ann.page.evaluate(OPUS_ANSWERED)
    assert "stereo" not in microphone
    assert "stereo=1" in sound
    assert ann.errors + ben.errors == []
