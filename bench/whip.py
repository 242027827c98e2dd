"""FFmpeg as a WHIP client of a bare worker, through a WHIP endpoint for one stream."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import imageio_ffmpeg

from bench.rig import Seat
from tools import product

SOURCES = {"audio": "microphone", "video": "camera"}


def tracks_of(sdp: str) -> dict[str, str]:
    """The mid of each m-line of an offer and the source that it carries."""
    found = {}
    for section in re.split(r"(?m)^m=", sdp)[1:]:
        mid = re.search(r"(?m)^a=mid:(\S+)", section)
        kind = section.split(" ", 1)[0]
        if mid and kind in SOURCES:
            found[mid[1]] = SOURCES[kind]
    return found


@contextlib.asynccontextmanager
async def endpoint(seat: Seat) -> AsyncIterator[str]:
    """A URL that takes one WHIP offer for the seat."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"(?im)^content-length: *(\d+)", head)
            body = (await reader.readexactly(int(length[1]) if length else 0)).decode()
            if head.startswith("POST"):
                answer = (await seat.answer(body, tracks_of(body))).encode()
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\n")
                writer.write(b"Location: /stream\r\nConnection: close\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(answer), answer))
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/whip"
    finally:
        server.close()


@contextlib.asynccontextmanager
async def stream(
    camera: Path, url: str, rate: int, own: Path, log: Path
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """FFmpeg that sends the clip over and over at ``rate`` bit/s.

    ``own`` gets what its encoder made, byte for byte.
    """
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-hide_banner",
        "-loglevel",
        "warning",
        "-re",
        "-stream_loop",
        "-1",
    ]
    command += [
        "-i",
        str(camera),
        "-map",
        "0:v",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-tune",
        "zerolatency",
    ]
    command += ["-profile:v", "baseline", "-bf", "0", "-g", "60", "-pix_fmt", "yuv420p"]
    command += ["-b:v", str(rate), "-maxrate", str(rate), "-bufsize", str(rate // 2)]
    # WHIP wants the parameter sets beside the stream, a bare file wants them in it.
    command += [
        "-flags",
        "+global_header",
        "-f",
        "tee",
        f"[f=whip]{url}|[f=h264:bsfs=dump_extra=freq=keyframe]{own}",
    ]
    process = _start(command, log)
    try:
        yield process
    finally:
        product.stop(process, 10)


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
