"""Images made for tests, honest and otherwise."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pillow_heif
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def photo(kind: str = "JPEG", size: tuple[int, int] = (800, 600), **options: Any) -> bytes:
    """A picture with two colours: teal above, orange below."""
    image = Image.new("RGB", size, (20, 120, 130))
    image.paste((230, 140, 40), (0, size[1] // 2, size[0], size[1]))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_gps() -> bytes:
    """A JPEG that lies on its side and says where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: rotated by 90 degrees
    exif[0x010E] = "SECRET-DESCRIPTION"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 3.0)})
    return photo(exif=exif, comment=b"SECRET-COMMENT")


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def animation(frames: int) -> bytes:
    """A GIF that shows the same picture again and again."""
    still = photo("GIF", (320, 200))
    pictures = 13 + 3 * 2 ** ((still[10] & 7) + 1)  # after the header and its palette
    return still[:pictures] + still[pictures:-1] * frames + b";"


SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">'
    b"<script>alert(1)</script></svg>"
)


def png(
    size: tuple[int, int],
    depth: int,
    kind: int,
    pixel: bytes,
    other: bytes,
    *chunks: tuple[bytes, bytes],
) -> bytes:
    """A PNG in any form, with ``pixel`` in its upper half and ``other`` below.

    Pillow writes few forms. ``kind`` is the header's colour type. With less than 8 bits, ``pixel``
    is a packed byte.
    """
    width, height = size
    count = (width * depth + 7) // 8 if depth < 8 else width
    rows = [b"\0" + (pixel if y < height // 2 else other) * count for y in range(height)]
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def profile_chunk(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"test\0\0" + zlib.compress(profile)


# Red, green and blue of Display P3 as XYZ, adapted to D50.
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def rgb_profile(primaries: tuple[tuple[float, float, float], ...] = P3) -> bytes:
    """An ICC profile with these primaries and the curve of sRGB."""
    curve = b"para\0\0\0\0\0\3\0\0" + b"".join(
        map(_fixed, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    )
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    tags = [(name, _xyz(colour)) for name, colour in zip(names, primaries, strict=True)]
    return _profile(b"RGB ", [*tags, *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC"))])


def grey_profile() -> bytes:
    """An ICC profile of linear grey, in which 128 is light."""
    return _profile(b"GRAY", [(b"kTRC", b"curv\0\0\0\0\0\0\0\1\1\0\0\0")])


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(colour: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, colour))


def _profile(space: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    text = b"mluc\0\0\0\0" + struct.pack(">IIHHII", 1, 12, 0x656E, 0x5553, 2, 28) + b"\0x"
    white = (0.9642, 1.0, 0.8249)
    tags = [(b"desc", text), (b"cprt", text), (b"wtpt", _xyz(white)), *tags]
    at = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags:
        body += b"\0" * (-len(body) % 4)
        table += name + struct.pack(">II", at + len(bodies), len(body))
        bodies += body
    head = struct.pack(
        ">I4sI4s4s4s", at + len(bodies), b"test", 0x04300000, b"mntr", space, b"XYZ "
    )
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + _xyz(white)[8:]
    return head.ljust(128, b"\0") + table + bodies


def ycck(cmyk: tuple[int, int, int, int], size: tuple[int, int] = (320, 240)) -> bytes:
    """A JPEG as print programs write it: YCCK with Adobe's marker, in one colour."""
    lights = Image.new("RGB", (1, 1), cmyk[:3]).convert("YCbCr").getpixel((0, 0))
    assert isinstance(lights, tuple)
    stored = (*lights, 255 - cmyk[3])
    out = io.BytesIO()
    Image.new("CMYK", size, tuple(255 - sample for sample in stored)).save(out, "JPEG", quality=95)
    data = out.getvalue()
    at = data.index(b"Adobe") + 11  # the colour transform
    return data[:at] + b"\2" + data[at + 1 :]


def heic(image: Image.Image, **options: Any) -> bytes:
    """As a phone stores it: the file's boxes contain a rotation."""
    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    image.save(out, "HEIF", quality=95, chroma=444, **options)
    return out.getvalue()


def upload_form(data: bytes, name: str = "hills.jpg", **more: str) -> dict[str, Any]:
    """The admin's form for a background."""
    form: dict[str, Any] = {
        "title": "Hills",
        "focal_x": "50",
        "focal_y": "50",
        "upload": SimpleUploadedFile(name, data),
    }
    return form | more
