"""Images made for tests, honest and otherwise."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image


def photo(kind: str = "JPEG", size: tuple[int, int] = (800, 600), **options: Any) -> bytes:
    """A picture with more than one colour: teal above, orange below."""
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
    images = [Image.new("RGB", (32, 32), (index % 256, 80, 160)) for index in range(frames)]
    out = io.BytesIO()
    images[0].save(out, "GIF", save_all=True, append_images=images[1:])
    return out.getvalue()


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><script>alert(1)</script></svg>'
