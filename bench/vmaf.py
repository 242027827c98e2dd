"""Score what a receiver's decoder was given: decode it, pair frames by number, compare."""

from __future__ import annotations

import hashlib
import itertools
import json
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from bench.clip import Size, read_stamp

FOURCC = {"VP8": b"VP80", "VP9": b"VP90", "AV1": b"AV01"}


@dataclass(frozen=True, slots=True)
class Quality:
    """``vmaf`` is the mean over the paired frames, ``worst`` the fifth percentile.

    ``unread`` counts the frames whose number could not be read.
    """

    vmaf: float
    worst: float
    paired: int
    unread: int


def bitstream(codec: str, size: Size, frames: Sequence[bytes]) -> bytes:
    """Encoded frames as a file that FFmpeg reads: Annex B for H264, else IVF.

    Raises KeyError for an unknown codec.
    """
    if codec == "H264":
        return b"".join(frames)
    head = struct.pack(
        "<4sHH4sHHIIII",
        b"DKIF",
        0,
        32,
        FOURCC[codec],
        size.width,
        size.height,
        30,
        1,
        len(frames),
        0,
    )
    return head + b"".join(struct.pack("<IQ", len(f), i) + f for i, f in enumerate(frames))


def decoded(path: Path, codec: str, size: Size) -> Iterator[bytes]:
    """The pictures of a bitstream in I420, scaled to ``size`` if the sender made them smaller."""
    source = ["-f", "h264"] if codec == "H264" else []
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-hide_banner",
        "-loglevel",
        "fatal",
        *source,
        "-i",
        str(path),
    ]
    command += [
        "-fps_mode",
        "passthrough",
        "-vf",
        f"scale={size.width}:{size.height}:flags=bicubic,format=yuv420p",
    ]
    command += ["-f", "rawvideo", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while len(frame := process.stdout.read(size.frame_bytes)) == size.frame_bytes:
            yield frame


def fingerprints(path: Path, codec: str, size: Size) -> list[bytes]:
    """One digest for each picture of a bitstream.

    Decoders agree on every pixel of the same stream.
    """
    return [
        hashlib.blake2b(picture, digest_size=8).digest() for picture in decoded(path, codec, size)
    ]


def untouched(got: Sequence[bytes], own: Sequence[bytes]) -> tuple[float, int]:
    """The share of received pictures that equal the encoder's own, pixel by pixel.

    Also returns where in the encoder's output they begin.
    """
    places = {digest: i for i, digest in enumerate(own)}
    found = [places[digest] for digest in got if digest in places]
    return (len(found) / len(got) if got else 0.0), (found[0] if found else 0)


def compare(
    path: Path, codec: str, size: Size, clip: Sequence[bytearray], skip: int = 0, limit: int = 240
) -> Quality:
    """Score a bitstream against the clip that it was made of.

    At most ``limit`` frames are compared, after the first ``skip``.
    """
    paired = unread = 0
    with tempfile.TemporaryDirectory(prefix="confcall-vmaf-") as name:
        got, sent, log = (Path(name) / x for x in ("got", "sent", "log"))
        with got.open("wb") as got_file, sent.open("wb") as sent_file:
            for picture in itertools.islice(decoded(path, codec, size), skip, None):
                number = read_stamp(picture, size)
                if number is None or number >= len(clip):
                    unread += 1
                    continue
                got_file.write(picture)
                sent_file.write(clip[number])
                paired += 1
                if paired == limit:
                    break
        if not paired:
            return Quality(0.0, 0.0, 0, unread)
        scores = sorted(_vmaf(got, sent, log, size))
    return Quality(sum(scores) / len(scores), scores[len(scores) // 20], paired, unread)


def _vmaf(got: Path, sent: Path, log: Path, size: Size) -> list[float]:
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size.width}x{size.height}", "-r", "30"]
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-hide_banner",
        "-loglevel",
        "error",
        *raw,
        "-i",
        str(got),
        *raw,
        "-i",
        str(sent),
    ]
    # The log's path is relative: filter options have their own rules for special characters.
    command += [
        "-lavfi",
        f"libvmaf=log_fmt=json:log_path={log.name}:n_threads=2",
        "-f",
        "null",
        "-",
    ]
    subprocess.run(command, check=True, cwd=log.parent)
    return [float(f["metrics"]["vmaf"]) for f in json.loads(log.read_text())["frames"]]
