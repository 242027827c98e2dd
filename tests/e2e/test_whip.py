"""WHIP and WHEP as others speak them: FFmpeg sends, a page that knows nothing of confcall receives."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import secrets
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urljoin

import imageio_ffmpeg
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import Confcall
from tests.e2e.people import Person, until

pytestmark = pytest.mark.e2e

WIDTH, HEIGHT, RATE = 320, 180, 15

WATCH = """
async ([url, token, order]) => {
  const pc = new RTCPeerConnection();
  const stream = new MediaStream();
  for (const kind of order) stream.addTrack(pc.addTransceiver(kind, { direction: 'recvonly' }).receiver.track);
  const video = document.querySelector('video');
  video.srcObject = stream;
  video.play();
  await pc.setLocalDescription();
  const headers = { 'Content-Type': 'application/sdp', ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', body: pc.localDescription.sdp, headers });
  const text = await response.text();
  if (response.status === 201) await pc.setRemoteDescription({ type: 'answer', sdp: text });
  window.pc = pc;
  return [response.status, response.headers.get('Location'), text];
}
"""

GOT = """
async () => {
  const got = { frames: 0, samples: 0, energy: 0, width: 0, height: 0 };
  for (const r of (await window.pc.getStats()).values()) {
    if (r.type !== 'inbound-rtp') continue;
    got.frames += r.framesDecoded || 0;
    got.width = Math.max(got.width, r.frameWidth || 0);
    got.height = Math.max(got.height, r.frameHeight || 0);
    got.samples += r.totalSamplesReceived || 0;
    got.energy += r.totalAudioEnergy || 0;
  }
  return got;
}
"""


def room_with_invites(confcall: Confcall, slug: str, **invites: str) -> dict[str, str]:
    """A new room; the tokens of invites with these labels (``_`` for a blank) and roles."""
    code = (
        "from rooms.models import Room, Invite\n"
        f"room = Room.objects.create(slug={slug!r}, title={slug.title()!r})\n"
        f"for label, role in {invites!r}.items():\n"
        "    print(Invite.objects.create(room=room, role=role, label=label.replace('_', ' ')).token)"
    )
    return dict(zip(invites, confcall.shell(code).splitlines()[-len(invites) :], strict=True))


def ask(method: str, url: str, token: str = "", body: bytes | None = None) -> tuple[int, str]:
    """Status and text of a plain HTTP request."""
    headers = {"Content-Type": "application/sdp"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextlib.asynccontextmanager
async def encoder(
    confcall: Confcall, slug: str, token: str, log: Path, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> AsyncIterator[asyncio.subprocess.Process]:
    """FFmpeg that sends a test picture and a tone."""
    picture = f"testsrc=size={size[0]}x{size[1]}:rate={RATE}"
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-bf", "0", "-g", str(2 * RATE)]
    audio = ["-c:a", "libopus", "-ac", "2", "-ar", "48000"]
    inputs = ["-re", "-f", "lavfi", "-i", picture, "-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    output = ["-pix_fmt", "yuv420p", *audio, "-f", "whip", "-authorization", token, f"{confcall.url}/whip/{slug}"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", *inputs, *video, *output]
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(*command, stdout=file, stderr=asyncio.subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def stop(process: asyncio.subprocess.Process, log: Path) -> None:
    """As with Ctrl-C: FFmpeg ends the session with DELETE."""
    process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), 20)
    except TimeoutError:
        raise AssertionError(f"ffmpeg does not end:\n{log.read_text(errors='replace')[-4000:]}") from None


class Tiny(http.server.BaseHTTPRequestHandler):
    """A page that has a video element and nothing else."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><video></video>")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def other_site() -> Iterator[str]:
    """A site that is not confcall's: the address of its page."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tiny) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


async def viewer(browser: Browser, site: str) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(site)
    # Sound plays only for somebody who has touched the page, and a muted element would measure none.
    await page.mouse.click(9, 9)
    return page


async def gets(page: Page, width: int, height: int, seconds: float = 30) -> None:
    """Wait until the page decodes more pictures of this size, and more sound."""
    before = await page.evaluate(GOT)

    async def more() -> bool:
        now = await page.evaluate(GOT)
        sound = now["samples"] > before["samples"] + 4800 and now["energy"] > before["energy"]
        return sound and now["frames"] >= before["frames"] + 10 and (now["width"], now["height"]) == (width, height)

    async def text() -> str:
        return f"{width}x{height} does not arrive: {await page.evaluate(GOT)}"

    await until(more, seconds, text)


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

        # Who comes later gets a key frame too, although nobody can ask FFmpeg for one.
        ben = await Person.arrive(browser, f"{confcall.url}/i/{tokens['Ann']}/", "Ben")
        await ben.join(devices=False)
        await ben.sees("Camera 1")
        await stop(ffmpeg, log)
    # Sooner than a lost connection would be noticed: it was the DELETE.
    await expect(ann.group("Camera 1")).to_have_count(0, timeout=5_000)
    await expect(ben.group("Camera 1")).to_have_count(0, timeout=5_000)
    assert ann.errors == ben.errors == []


async def test_a_plain_page_watches_the_newest_publisher_by_whep(
    browser: Browser, confcall: Confcall, other_site: str, tmp_path: Path
) -> None:
    tokens = room_with_invites(confcall, "cinema", First="speaker", Second="speaker", Audience="listener")
    pages = [await viewer(browser, other_site), await viewer(browser, other_site)]
    url = f"{confcall.url}/whep/cinema"
    async with encoder(confcall, "cinema", tokens["First"], tmp_path / "first"):
        # Once with the audio first and once with the video: the order is the offerer's choice.
        status, location, text = await pages[0].evaluate(WATCH, [url, tokens["Audience"], ["audio", "video"]])
        assert (status, text[:3]) == (201, "v=0")
        await gets(pages[0], WIDTH, HEIGHT)
        async with encoder(confcall, "cinema", tokens["Second"], tmp_path / "second", (426, 240)):
            await gets(pages[0], 426, 240)
            assert (await pages[1].evaluate(WATCH, [url, tokens["Audience"], ["video", "audio"]]))[0] == 201
            await gets(pages[1], 426, 240)

    session = urljoin(confcall.url, location)
    assert await asyncio.to_thread(ask, "DELETE", session, tokens["Second"]) != (200, ""), "somebody else's token ended it"
    assert await asyncio.to_thread(ask, "DELETE", session, tokens["Audience"]) == (200, "")
    await pages[0].wait_for_function("['disconnected', 'failed', 'closed'].includes(window.pc.connectionState)", timeout=30_000)
    assert await pages[1].evaluate("window.pc.connectionState") == "connected"


async def test_refusals_of_whip_have_their_own_status(browser: Browser, confcall: Confcall, other_site: str) -> None:
    tokens = room_with_invites(confcall, "doors", Camera="speaker", Audience="listener")
    page = await viewer(browser, other_site)
    offer = await page.evaluate(
        """async () => { const pc = new RTCPeerConnection();
        for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'sendonly' });
        return (await pc.createOffer()).sdp; }"""
    )

    async def post(path: str, token: str, body: str = offer) -> int:
        return (await asyncio.to_thread(ask, "POST", f"{confcall.url}/{path}", token, body.encode()))[0]

    assert await post("whip/doors", "") == 401
    assert await post("whip/doors", secrets.token_urlsafe(16)) == 401
    assert await post(f"whip/{secrets.token_hex(4)}", tokens["Camera"]) == 401
    assert await post("whep/doors", "") == 401
    assert await post("whip/doors", tokens["Audience"]) == 403
    assert await post("whip/doors", tokens["Camera"], "junk") == 400
    assert await post("whip/doors", tokens["Camera"], "v=0\r\nm=audio nonsense\r\n") == 400
    assert await post("whip/doors", tokens["Camera"]) == 201

    confcall.shell("from rooms.models import Room\nRoom.objects.filter(slug='doors').update(closed=True)")
    assert await post("whip/doors", tokens["Camera"]) == 409
    assert await post("whep/doors", tokens["Audience"]) == 409
