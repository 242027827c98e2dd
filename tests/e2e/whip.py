"""WHIP and WHEP clients of others: FFmpeg, and pages without confcall's code."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import imageio_ffmpeg
from playwright.async_api import Browser, Page

from tests.e2e.people import until
from tools.product import Confcall

WIDTH, HEIGHT, RATE = 320, 180, 15

WATCH = """
async ([url, token, order]) => {
  const pc = new RTCPeerConnection();
  const stream = new MediaStream();
  for (const kind of order) {
    stream.addTrack(pc.addTransceiver(kind, { direction: 'recvonly' }).receiver.track);
  }
  const video = document.querySelector('video');
  video.srcObject = stream;
  video.play();
  await pc.setLocalDescription();
  const headers = {
    'Content-Type': 'application/sdp',
    ...(token && { Authorization: `Bearer ${token}` }),
  };
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
        "    label = label.replace('_', ' ')\n"
        "    print(Invite.objects.create(room=room, role=role, label=label).token)"
    )
    return dict(zip(invites, confcall.shell(code).splitlines()[-len(invites) :], strict=True))


def ask(method: str, url: str, token: str = "", body: bytes | None = None) -> tuple[int, str]:
    """Status and text of a plain HTTP request."""
    headers = {"Content-Type": "application/sdp"} | (
        {"Authorization": f"Bearer {token}"} if token else {}
    )
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextlib.asynccontextmanager
async def encoder(
    confcall: Confcall,
    slug: str,
    token: str,
    log: Path,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    site: str = "",
) -> AsyncIterator[asyncio.subprocess.Process]:
    """FFmpeg that sends a test picture and a tone, to the product or to ``site``."""
    picture = f"-re -f lavfi -i testsrc=size={size[0]}x{size[1]}:rate={RATE}"
    tone = "-re -f lavfi -i sine=frequency=440:sample_rate=48000"
    video = f"-c:v libx264 -preset ultrafast -profile:v baseline -bf 0 -g {2 * RATE}"
    audio = "-pix_fmt yuv420p -c:a libopus -ac 2 -ar 48000"
    words = f"-hide_banner -nostdin {picture} {tone} {video} {audio} -f whip".split()
    address = f"{site or confcall.url}/whip/{slug}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), *words, "-authorization", token, address]
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=file, stderr=asyncio.subprocess.STDOUT
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def firewall(confcall: Confcall) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A site that passes offers on to the product, but no media; and its answers so far."""
    host, port = confcall.url.removeprefix("http://").split(":")
    answers: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if head.startswith(b"DELETE"):
            # Not passed on: an encoder that is switched off does not end its session either.
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()
            return
        inner, outer = await asyncio.open_connection(host, int(port))
        outer.write(re.sub(rb"(?i)connection: *[^\r]*", b"Connection: close", head) + body)
        answer = await inner.read(-1)
        outer.close()
        # The discard port, where no one listens, padded to keep Content-Length.
        blocked = re.sub(
            rb"(a=candidate:.* )(\d+)( typ)",
            lambda found: found[1] + b"9".zfill(len(found[2])) + found[3],
            answer,
        )
        writer.write(blocked)
        await writer.drain()
        writer.close()
        answers.append(answer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", answers
    finally:
        server.close()


async def stop(process: asyncio.subprocess.Process, log: Path) -> None:
    """Stop FFmpeg as with Ctrl-C: it ends the session with DELETE."""
    process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), 20)
    except TimeoutError:
        raise AssertionError(
            f"ffmpeg does not end:\n{log.read_text(errors='replace')[-4000:]}"
        ) from None


async def viewer(browser: Browser, site: str) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(site)
    # Sound plays only after a click, and a muted element would measure none.
    await page.mouse.click(9, 9)
    return page


async def gets(page: Page, width: int, height: int, seconds: float = 30) -> None:
    """Wait until the page decodes more pictures of this size, and more sound."""
    before = await page.evaluate(GOT)

    async def more() -> bool:
        now = await page.evaluate(GOT)
        sound = now["samples"] > before["samples"] + 4800 and now["energy"] > before["energy"]
        return (
            sound
            and now["frames"] >= before["frames"] + 10
            and (now["width"], now["height"]) == (width, height)
        )

    async def text() -> str:
        return f"{width}x{height} does not arrive: {await page.evaluate(GOT)}"

    await until(more, seconds, text)
