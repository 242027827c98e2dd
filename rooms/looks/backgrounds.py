"""Uploaded images, encoded again, so that no byte of an uploaded file is ever served.

The results are a WebP without EXIF, colour profile, comments or further frames, and a thumbnail.
``image_files`` says which files are accepted.
"""

from __future__ import annotations

import contextlib
import io
import secrets
from dataclasses import dataclass
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from rooms.looks import colours
from rooms.looks.image_files import BadImage, decode, too_large
from rooms.models import Background

# Pixels: sharp on a large screen. More would not show under a scrim.
LONG_SIDE = 2560

THUMBNAIL_LONG_SIDE = 480
QUALITY = 82


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that we encoded: two WebP files, and what the pixels told us."""

    image: bytes
    thumbnail: bytes
    size: tuple[int, int]
    accent: str


def encode(upload: IO[bytes], max_bytes: int, max_pixels: int) -> Picture:
    """Check and encode an upload. Raises BadImage."""
    data = upload.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise too_large(max_bytes)
    picture = decode(data, max_pixels, LONG_SIDE)
    small = picture.copy()
    small.thumbnail((THUMBNAIL_LONG_SIDE, THUMBNAIL_LONG_SIDE), Image.Resampling.LANCZOS)
    return Picture(_webp(picture), _webp(small), picture.size, _accent(small))


def _webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _accent(small: Image.Image) -> str:
    tiny = small.resize((64, 64), Image.Resampling.BOX)
    raw = tiny.tobytes()
    pixels = list(zip(raw[0::3], raw[1::3], raw[2::3], strict=True))
    default = Background._meta.get_field("accent").get_default()
    return colours.accent(pixels, str(default))


@dataclass(frozen=True, slots=True)
class Files:
    """Names in the media folder."""

    image: str
    thumbnail: str


def write(picture: Picture) -> Files:
    """Save the files under random names; a full disk leaves no partial file. Raises BadImage."""
    stem = f"backgrounds/{secrets.token_hex(12)}"
    files = Files(f"{stem}.webp", f"{stem}-small.webp")
    try:
        _write(files.image, picture.image)
        _write(files.thumbnail, picture.thumbnail)
    except OSError as exc:
        remove(files)
        raise BadImage(
            _(
                "The image could not be saved: the server's disk is full or read-only. "
                "Nothing was changed."
            )
        ) from exc
    return files


def adopt(background: Background, files: Files, picture: Picture) -> None:
    """Save the row with its new files, and delete the old ones once the change is committed."""
    before = current(background)
    background.image.name, background.thumbnail.name, background.accent = (
        files.image,
        files.thumbnail,
        picture.accent,
    )
    # Without the sizes Django opens the file at each load of the row, and fails if it is missing.
    background.width, background.height = picture.size
    try:
        background.save()
    except BaseException:
        remove(files)
        raise
    if before is not None:
        transaction.on_commit(lambda: remove(before))


def current(background: Background) -> Files | None:
    """The files of the stored row."""
    row = Background.objects.filter(pk=background.pk).values_list("image", "thumbnail").first()
    return Files(*row) if row and all(row) else None


def _write(name: str, body: bytes) -> None:
    stored = default_storage.save(name, ContentFile(body))
    if (
        stored != name
    ):  # the name is random, so another file in its place means that something is very wrong
        default_storage.delete(stored)
        raise OSError(f"{name} is taken")


def remove(files: Files) -> None:
    """Delete files, ignoring those that are missing."""
    for name in (files.image, files.thumbnail):
        with contextlib.suppress(OSError):
            default_storage.delete(name)
