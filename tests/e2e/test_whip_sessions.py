"""A browser as a WHIP or WHEP client: ICE restarts (RFC 9725), and simulcast in OBS's order."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import Person, until
from tests.e2e.whip import gets, room_with_invites, viewer
from tools.product import Confcall

pytestmark = pytest.mark.e2e

NAME = "Camera 1"

CLIENT = """
window.connect = async (url, token, pc) => {
  Object.assign(window, { pc, url, token, dtls: [] });
  await pc.setLocalDescription();
  const response = await window.request('POST', url, 'application/sdp', pc.localDescription.sdp);
  const text = await response.text();
  if (response.status !== 201) return [response.status, text];
  window.session = new URL(response.headers.get('Location'), url).href;
  window.etag = response.headers.get('ETag');
  await pc.setRemoteDescription({ type: 'answer', sdp: text });
  const transport = (pc.getSenders().find((s) => s.transport) || pc.getReceivers()[0]).transport;
  transport.onstatechange = () => window.dtls.push(transport.state);
  return [response.status, text];
};
window.request = (method, url, type, body, match) => fetch(url, { method, body, headers: {
  Authorization: `Bearer ${window.token}`,
  ...(type && { 'Content-Type': type }), ...(match && { 'If-Match': match }) } });
window.publish = async (url, token, { size, rids, scales, codec }) => {
  const stream = await navigator.mediaDevices.getUserMedia(
    { audio: true, video: { width: { exact: size[0] }, height: { exact: size[1] } } });
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  pc.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] });
  const sendEncodings = rids.length ? rids.map((rid, i) => (
    { rid, scaleResolutionDownBy: scales[i], maxBitrate: 1.2e6 / scales[i] ** 2 })) : undefined;
  const camera = pc.addTransceiver(stream.getVideoTracks()[0],
    { direction: 'sendonly', streams: [stream], sendEncodings });
  const wanted = [`video/${codec}`, 'video/rtx'];
  const codecs = RTCRtpSender.getCapabilities('video').codecs;
  camera.setCodecPreferences(codecs.filter((c) => wanted.includes(c.mimeType)));
  return window.connect(url, token, pc);
};
window.watch = async (url, token) => {
  const pc = new RTCPeerConnection();
  const receive = (kind) => pc.addTransceiver(kind, { direction: 'recvonly' }).receiver.track;
  const tracks = ['audio', 'video'].map(receive);
  const video = document.querySelector('video');
  video.srcObject = new MediaStream(tracks);
  video.play();
  return window.connect(url, token, pc);
};
window.patch = async (body, match) => {
  const type = 'application/trickle-ice-sdpfrag';
  const response = await window.request('PATCH', window.session, type, body, match);
  return [response.status, response.headers.get('ETag'), await response.text()];
};
// The client keeps both descriptions and changes only ICE in them (RFC 9725, section 4.3.3).
window.restart = async () => {
  pc.restartIce();
  await pc.setLocalDescription();
  const user = pc.localDescription.sdp.match(/a=ice-(ufrag|pwd):.*/g).slice(0, 2).join('\\r\\n');
  const [status, etag, text] = await window.patch(user + '\\r\\n', '*');
  if (status !== 200) return [status, text];
  window.etag = etag;
  let sdp = pc.remoteDescription.sdp;
  for (const line of text.match(/a=ice-(ufrag|pwd):.*/g)) {
    sdp = sdp.replaceAll(new RegExp(line.split(':')[0] + ':.*', 'g'), line);
  }
  await pc.setRemoteDescription({ type: 'answer', sdp });
  return [status, text];
};
window.state = async () => {
  const found = { streams: {}, packets: 0, dtls: window.dtls, connection: pc.connectionState };
  const stats = await pc.getStats();
  for (const r of stats.values()) {
    if (r.type === 'transport') {
      Object.assign(found, { user: r.iceLocalUsernameFragment, secure: r.dtlsState });
    }
    if (r.type === 'outbound-rtp') {
      const codec = (stats.get(r.codecId)?.mimeType || '').replace('video/', '');
      found.streams[r.ssrc] = { rid: r.rid, height: r.frameHeight, codec };
      found.packets += r.packetsSent;
    }
    if (r.type === 'inbound-rtp') {
      found.streams[r.ssrc] = {};
      found.packets += r.packetsReceived;
    }
  }
  return found;
};
null;
"""


async def client(browser: Browser, site: str) -> Page:
    page = await viewer(browser, site)
    await page.evaluate(CLIENT)
    return page


async def publish(page: Page, url: str, token: str, **how: Any) -> None:
    """Send the fake camera and microphone by WHIP."""
    options = {"size": [640, 360], "rids": [], "scales": [], "codec": "VP8"} | how
    status, text = await page.evaluate(
        "([u, t, o]) => window.publish(u, t, o)", [url, token, options]
    )
    assert status == 201, text


async def restarts(page: Page, confcall: Confcall) -> None:
    """Restart ICE: the same streams go on, with no word of DTLS on either side."""
    before = await page.evaluate("window.state()")
    etag = await page.evaluate("window.etag")
    assert before["secure"] == "connected"
    status, text = await page.evaluate("window.restart()")
    assert (status, text.split("\r\n")[0]) == (200, "a=ice-lite")
    ufrag = text.split("a=ice-ufrag:")[1].split("\r\n")[0]
    assert await page.evaluate("window.etag") == f'"{ufrag}"' != etag

    async def restarted() -> bool:
        return f"- {ufrag}: ICE restarted" in "".join(confcall.said)

    await until(restarted, 20, "the worker has seen no check of the new session")

    async def more() -> bool:
        now = await page.evaluate("window.state()")
        return bool(now["packets"] > before["packets"] + 50 and now["user"] != before["user"])

    async def text_of() -> str:
        return f"before {before}, now {await page.evaluate('window.state()')}"

    await until(more, 30, text_of)
    after = await page.evaluate("window.state()")
    assert after["streams"].keys() == before["streams"].keys()
    assert (after["dtls"], after["secure"], after["connection"]) == (
        before["dtls"],
        "connected",
        "connected",
    )
    # The worker would log that at the end of a DTLS handshake.
    assert f"- {ufrag}: connected to" not in "".join(confcall.said)
    # Candidates must name the current session.
    end = "a=end-of-candidates\r\n"
    assert [
        (await page.evaluate("([b, m]) => window.patch(b, m)", [end, m]))[0]
        for m in (etag, f'"{ufrag}"', None)
    ] == [
        412,
        204,
        428,
    ]


async def test_ice_restarts_of_a_stream_and_of_its_viewer_interrupt_nothing(
    browser: Browser, confcall: Confcall, other_site: str
) -> None:
    tokens = room_with_invites(
        confcall, "tunnel", Ann="speaker", Camera_1="speaker", Audience="listener"
    )
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    await ann.join(devices=False)
    camera, audience = await client(browser, other_site), await client(browser, other_site)
    await publish(camera, f"{confcall.url}/whip/tunnel", tokens["Camera_1"])
    await ann.sees(NAME)
    status, text = await audience.evaluate(
        "([u, t]) => window.watch(u, t)", [f"{confcall.url}/whep/tunnel", tokens["Audience"]]
    )
    assert status == 201, text
    await gets(audience, 640, 360)
    for page in (camera, audience, camera):
        await restarts(page, confcall)
        await ann.sees(NAME)
        await ann.hears(NAME)
        await gets(audience, 640, 360)
    assert ann.errors == []


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_stream_in_three_layers_shows_each_viewer_the_one_that_fits(
    browser: Browser, confcall: Confcall, other_site: str, codec: str
) -> None:
    slug = f"layers-{codec.lower()}"
    tokens = room_with_invites(confcall, slug, Ann="speaker", Camera_1="speaker")
    camera = await client(browser, other_site)
    # Names and sizes as OBS has them: all, two thirds, one third.
    how = {"size": [960, 540], "rids": ["0", "1", "2"], "scales": [1, 1.5, 3], "codec": codec}
    await publish(camera, f"{confcall.url}/whip/{slug}", tokens["Camera_1"], **how)

    async def sends_all() -> bool:
        streams = (await camera.evaluate("window.state()"))["streams"].values()
        return {(s.get("rid"), s.get("height")) for s in streams if s.get("rid")} == {
            ("0", 540),
            ("1", 360),
            ("2", 180),
        }

    await until(sends_all, 60, lambda: camera.evaluate("window.state().then(JSON.stringify)"))
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    await ann.join(devices=False)
    # The other person is large, or as wide as a high window: each height gets another layer.
    for width, height, layer in (
        (1280, 800, 540),
        (280, 480, 180),
        (1000, 1600, 360),
        (1280, 800, 540),
    ):
        await ann.page.set_viewport_size({"width": width, "height": height})

        async def fits(layer: int = layer) -> bool:
            return (await ann.media_of(NAME))["height"] == layer

        await until(fits, 60, partial(ann.report, f"not the layer of {layer} lines", NAME))
        await ann.sees(NAME)
    streams = (await camera.evaluate("window.state()"))["streams"].values()
    assert {s["codec"] for s in streams if s.get("rid")} == {codec}
    assert ann.errors == []


async def test_a_stream_whose_room_is_closed_is_gone_and_told_so(
    browser: Browser, confcall: Confcall, other_site: str
) -> None:
    tokens = room_with_invites(confcall, "exit", Ann="speaker", Camera_1="speaker")
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    await ann.join(devices=False)
    camera = await client(browser, other_site)
    await publish(camera, f"{confcall.url}/whip/exit", tokens["Camera_1"])
    await ann.sees(NAME)
    owner = await Person.arrive(browser, f"{confcall.url}/admin/", "owner", locale="en")
    await owner.page.get_by_label("Username").fill("owner")
    await owner.page.get_by_label("Password").fill(confcall.password)
    await owner.page.get_by_role("button", name="Log in").click()
    await owner.page.goto(f"{confcall.url}/admin/rooms/room/?slug=exit")
    await owner.page.get_by_role("checkbox", name="Select all objects on this page").check()
    await owner.page.locator("select[name=action]").select_option("close_rooms")
    await owner.page.get_by_role("button", name="Go").click()
    await expect(owner.page.locator(".messagelist .success")).to_be_visible()
    # The worker closes DTLS, which is how a stream learns of it (RFC 7675, section 5.2).
    await camera.wait_for_function("window.dtls.includes('closed')", timeout=15_000)
    assert (await camera.evaluate("window.patch('a=end-of-candidates', '*')"))[0] == 404
    assert (await camera.evaluate("window.restart()"))[0] == 404
    assert (
        await camera.evaluate("window.request('DELETE', window.session).then((r) => r.status)")
        == 404
    )
    assert await ann.group(NAME).count() == 0
