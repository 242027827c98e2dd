"""Chromium accepts our answers: no other judge of SDP counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route

from sfu_worker import sdp

pytestmark = pytest.mark.e2e

START = """
async () => {
  const video = {width: 1280, height: 720};
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video});
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  pc.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendonly', streams: [stream]});
  const sendEncodings = [
    {rid: 'q', scaleResolutionDownBy: 4}, {rid: 'h', scaleResolutionDownBy: 2}, {rid: 'f'}];
  pc.addTransceiver(stream.getVideoTracks()[0],
    {direction: 'sendonly', streams: [stream], sendEncodings});
  pc.addTransceiver('video', {direction: 'sendonly'});
  pc.addTransceiver('audio', {direction: 'sendonly'});
}
"""

OFFER = """
async (pairs) => {
  for (let i = 0; i < pairs; i++)
    for (const kind of ['audio', 'video']) pc.addTransceiver(kind, {direction: 'recvonly'});
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}
"""

ANSWER = """
async (sdp) => {
  await pc.setRemoteDescription({type: 'answer', sdp});
  const sending = pc.getTransceivers()[1].sender.getParameters();
  return {
    state: pc.signalingState,
    directions: pc.getTransceivers().map((t) => t.currentDirection),
    rids: sending.encodings.map((e) => [e.rid, e.active, e.scaleResolutionDownBy]),
    codecs: [...new Set(sending.codecs.map((c) => c.mimeType))],
    extensions: sending.headerExtensions.map((e) => e.uri),
  };
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> Page:
    """An empty page of a secure origin, which may use the camera."""

    async def serve(route: Route) -> None:
        await route.fulfill(body="<!doctype html><title>SDP</title>", content_type="text/html")

    page = await browser.new_page()
    await page.route("http://localhost/", serve)
    await page.goto("http://localhost/")
    await page.evaluate(START)
    return page


def answer_to(text: str, allocate_ssrc: Callable[[], int]) -> str:
    offer = sdp.parse_offer(text)
    candidates = [
        sdp.candidate("127.0.0.1", 9),
        sdp.candidate("::1", 9, index=1),
        sdp.candidate("127.0.0.1", 9, tcp=True),
    ]
    local = sdp.LocalTransport(
        "abcdefgh", "p" * 24, ":".join(["5A"] * 32), sdp.local_setup(offer.setup), candidates
    )
    return sdp.build_answer(offer, sdp.answer_media(offer, allocate_ssrc), local)


async def test_chromium_takes_the_answer_and_keeps_three_layers(page: Page) -> None:
    ssrcs = itertools.count(1000)
    got = await page.evaluate(ANSWER, answer_to(await page.evaluate(OFFER, 6), ssrcs.__next__))
    assert got["state"] == "stable"
    assert got["directions"] == ["sendonly"] * 4 + ["recvonly"] * 12
    assert got["rids"] == [["q", True, 4], ["h", True, 2], ["f", True, 1]]
    assert got["codecs"][0] == "video/VP8"
    assert {sdp.MID, sdp.RID, sdp.REPAIRED_RID, sdp.TRANSPORT_CC} <= set(got["extensions"])
    assert "urn:3gpp:video-orientation" not in got["extensions"]


async def test_chromium_takes_the_answer_to_an_offer_with_more_slots(page: Page) -> None:
    ssrcs = itertools.count(1000)
    await page.evaluate(ANSWER, answer_to(await page.evaluate(OFFER, 1), ssrcs.__next__))
    ssrcs = itertools.count(1000)
    got = await page.evaluate(ANSWER, answer_to(await page.evaluate(OFFER, 2), ssrcs.__next__))
    assert got["state"] == "stable"
    assert got["directions"] == ["sendonly"] * 4 + ["recvonly"] * 6
    assert [rid for rid, *_ in got["rids"]] == ["q", "h", "f"]


async def test_the_two_tracks_of_a_slot_are_in_one_stream(page: Page) -> None:
    await page.evaluate(
        """window.streams = [];
           pc.addEventListener('track', (e) => streams.push(e.streams.map((s) => s.id)))"""
    )
    await page.evaluate(
        ANSWER, answer_to(await page.evaluate(OFFER, 2), itertools.count(1000).__next__)
    )
    assert await page.evaluate("streams") == [["slot1"], ["slot1"], ["slot2"], ["slot2"]]
