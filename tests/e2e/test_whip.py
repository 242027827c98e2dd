"""WHIP and WHEP with other clients: FFmpeg sends, and a page without confcall's code receives."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import Person, until
from tests.e2e.whip import (
    HEIGHT,
    WATCH,
    WIDTH,
    ask,
    encoder,
    firewall,
    gets,
    room_with_invites,
    stop,
    viewer,
)
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def test_what_ffmpeg_sends_by_whip_is_seen_and_heard_in_the_call_until_it_stops(
    browser: Browser, confcall: Confcall, tmp_path: Path
) -> None:
    tokens = room_with_invites(confcall, "stage", Ann="speaker", Camera_1="speaker")
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    await ann.join(devices=False)
    log = tmp_path / "ffmpeg"
    async with encoder(confcall, "stage", tokens["Camera_1"], log) as ffmpeg:
        try:
            await ann.group("Camera 1").wait_for(timeout=30_000)
            await ann.sees("Camera 1", frames=30)
            await ann.hears("Camera 1")
        except BaseException as exc:
            exc.add_note(log.read_text(errors="replace")[-4000:])
            raise
        media = await ann.media_of("Camera 1")
        assert (media["width"], media["height"], media["groups"]) == (WIDTH, HEIGHT, 1)

        # People who come later get a key frame too, although no one can ask FFmpeg for one.
        ben = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ben")
        await ben.join(devices=False)
        await ben.sees("Camera 1")
        await stop(ffmpeg, log)
    # Sooner than a lost connection would be noticed: it was the DELETE.
    await expect(ann.group("Camera 1")).to_have_count(0, timeout=5_000)
    await expect(ben.group("Camera 1")).to_have_count(0, timeout=5_000)
    assert ann.errors == ben.errors == []


async def test_attempts_that_never_connect_take_no_place_and_a_killed_encoder_comes_back_once(
    browser: Browser, confcall: Confcall, tmp_path: Path
) -> None:
    tokens = room_with_invites(confcall, "wall", Ann="speaker", Camera_1="speaker")
    confcall.shell(
        "from rooms.models import Room; Room.objects.filter(slug='wall').update(max_people=6)"
    )
    ann = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ann")
    await ann.join(devices=False)
    log = tmp_path / "ffmpeg"
    async with firewall(confcall) as (site, answers):
        for number in range(5):
            async with encoder(confcall, "wall", tokens["Camera_1"], log, site=site):

                async def answered(number: int = number) -> bool:
                    return len(answers) > number

                await until(answered, 30, lambda: asyncio.sleep(0, log.read_text(errors="replace")))
    assert [answer.split(b"\r\n")[0].split()[1] for answer in answers] == [b"201"] * 5
    # Five attempts and Ann are six.
    ben = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ben")
    await ben.join(devices=False)
    await ann.group("Ben").wait_for()
    await expect(ann.group("Camera 1")).to_have_count(0)

    async with encoder(confcall, "wall", tokens["Camera_1"], log) as ffmpeg:
        await ann.sees("Camera 1")
        ffmpeg.kill()
        await ffmpeg.wait()
    async with encoder(confcall, "wall", tokens["Camera_1"], log) as ffmpeg:

        async def goes_on() -> bool:
            return any("goes on in a newer session" in line for line in confcall.said)

        await until(goes_on, 30, lambda: asyncio.sleep(0, "".join(confcall.said[-50:])))
        await expect(ann.group("Camera 1")).to_have_count(1)
        await ann.sees("Camera 1")
        await ben.sees("Camera 1")
        await stop(ffmpeg, log)
    assert ann.errors == ben.errors == []


async def test_a_plain_page_watches_the_newest_publisher_by_whep(
    browser: Browser, confcall: Confcall, other_site: str, tmp_path: Path
) -> None:
    tokens = room_with_invites(
        confcall, "cinema", First="speaker", Second="speaker", Audience="listener"
    )
    pages = [await viewer(browser, other_site), await viewer(browser, other_site)]
    url = f"{confcall.url}/whep/cinema"
    async with encoder(confcall, "cinema", tokens["First"], tmp_path / "first"):
        # Once with the audio first and once with the video: the order is the offerer's choice.
        status, location, text = await pages[0].evaluate(
            WATCH, [url, tokens["Audience"], ["audio", "video"]]
        )
        assert (status, text[:3]) == (201, "v=0")
        await gets(pages[0], WIDTH, HEIGHT)
        async with encoder(confcall, "cinema", tokens["Second"], tmp_path / "second", (426, 240)):
            await gets(pages[0], 426, 240)
            assert (await pages[1].evaluate(WATCH, [url, tokens["Audience"], ["video", "audio"]]))[
                0
            ] == 201
            await gets(pages[1], 426, 240)

    session = urljoin(confcall.url, location)
    assert await asyncio.to_thread(ask, "DELETE", session, tokens["Second"]) != (200, ""), (
        "another token ended it"
    )
    assert await asyncio.to_thread(ask, "DELETE", session, tokens["Audience"]) == (200, "")
    assert (await asyncio.to_thread(ask, "DELETE", session, tokens["Audience"]))[0] == 404
    await pages[0].wait_for_function(
        "['disconnected', 'failed', 'closed'].includes(window.pc.connectionState)", timeout=30_000
    )
    assert await pages[1].evaluate("window.pc.connectionState") == "connected"


async def test_refusals_of_whip_have_their_own_status(
    browser: Browser, confcall: Confcall, other_site: str
) -> None:
    tokens = room_with_invites(confcall, "doors", Camera="speaker", Audience="listener")
    page = await viewer(browser, other_site)
    offer = await page.evaluate(
        """async () => { const pc = new RTCPeerConnection();
        for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'sendonly' });
        return (await pc.createOffer()).sdp; }"""
    )

    async def post(path: str, token: str, body: str = offer) -> int:
        return (
            await asyncio.to_thread(ask, "POST", f"{confcall.url}/{path}", token, body.encode())
        )[0]

    assert await post("whip/doors", "") == 401
    assert await post("whip/doors", secrets.token_urlsafe(16)) == 401
    assert await post(f"whip/{secrets.token_hex(4)}", tokens["Camera"]) == 401
    assert await post("whep/doors", "") == 401
    assert await post("whip/doors", tokens["Audience"]) == 403
    assert await post("whip/doors", tokens["Camera"], "junk") == 400
    assert await post("whip/doors", tokens["Camera"], "v=0\r\nm=audio nonsense\r\n") == 400
    assert await post("whip/doors", tokens["Camera"]) == 201

    confcall.shell(
        "from rooms.models import Room\nRoom.objects.filter(slug='doors').update(closed=True)"
    )
    assert await post("whip/doors", tokens["Camera"]) == 409
    assert await post("whep/doors", tokens["Audience"]) == 409


BY_HAND = """
async ([root, token]) => {
  const pc = new RTCPeerConnection();
  for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'sendonly' });
  await pc.setLocalDescription();
  const steps = [];
  const ask = async (method, url, type, body, more = {}) => {
    const headers = { ...(type && { 'Content-Type': type }), ...more };
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch(new URL(url, root), { method, body, headers });
    steps.push([method, response.status, Object.fromEntries(response.headers)]);
    return response;
  };
  const fragment = ['application/trickle-ice-sdpfrag', 'a=end-of-candidates'];
  await ask('OPTIONS', '/whip/desk');
  const made = await ask('POST', '/whip/desk', 'application/sdp', pc.localDescription.sdp);
  const at = made.headers.get('Location');
  const tag = made.headers.get('ETag');
  await ask('OPTIONS', at);
  await ask('PATCH', at, ...fragment, { 'If-Match': tag });
  await ask('PATCH', at, ...fragment, { ETag: tag });
  await ask('PATCH', at, ...fragment);
  await ask('DELETE', at);
  await ask('DELETE', at);
  await ask('GET', '/whip/desk');
  token = '';
  await ask('POST', '/whip/desk', 'application/sdp', 'v=0');
  pc.close();
  return steps;
}
"""


async def test_a_page_of_another_site_can_send_all_and_read_all(
    browser: Browser, confcall: Confcall, other_site: str
) -> None:
    tokens = room_with_invites(confcall, "desk", Camera="speaker")
    page = await viewer(browser, other_site)
    steps = await page.evaluate(BY_HAND, [confcall.url, tokens["Camera"]])
    assert [(method, status) for method, status, _ in steps] == [
        ("OPTIONS", 200),
        ("POST", 201),
        ("OPTIONS", 200),
        ("PATCH", 204),
        ("PATCH", 204),
        ("PATCH", 428),
        ("DELETE", 200),
        ("DELETE", 404),
        ("GET", 405),
        ("POST", 401),
    ]
    told = [set(headers) for *_, headers in steps]
    assert {"accept-post", "access-control-allow-methods"} <= told[0]
    assert {"location", "etag"} <= told[1]
    assert "accept-patch" in told[2]
    assert "allow" in told[8]
    assert "www-authenticate" in told[9]
