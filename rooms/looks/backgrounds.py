"""Uploaded images, encoded anew, so that nothing of the file that somebody sent is ever served.

What comes out is a WebP of our own, without EXIF, colour profile, comments or further frames, and a
thumbnail. What may come in: ``image_files``.
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

LONG_SIDE = 2560
"Pixels: sharp on a large screen; more is bytes that nobody sees under a scrim."

THUMBNAIL_LONG_SIDE = 480
QUALITY = 82


@dataclass(frozen=True, slots=True)
class Picture:
    """An image encoded by us: two WebP files and what was learnt from the pixels."""

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
    """Save the files under names that nobody can guess. A full disk leaves no half file. Raises BadImage."""
    stem = f"backgrounds/{secrets.token_hex(12)}"
    files = Files(f"{stem}.webp", f"{stem}-small.webp")
    try:
        _write(files.image, picture.image)
        _write(files.thumbnail, picture.thumbnail)
    except OSError as exc:
        remove(files)
        raise BadImage(
            _(
                "The image could not be saved: the server's disk is full or read-only. Nothing was changed."
            )
        ) from exc
    return files


def adopt(background: Background, files: Files, picture: Picture) -> None:
    """Save the row with its new files, and drop those of before once the change is certain."""
    before = current(background)
    background.image.name, background.thumbnail.name, background.accent = (
        files.image,
        files.thumbnail,
        picture.accent,
    )
    # Without them Django opens the file at each load of the row to find out, and fails where it is gone.
    background.width, background.height = picture.size
    try:
        background.save()
    except BaseException:
        remove(files)
        raise
    if before is not None:
        transaction.on_commit(lambda: remove(before))


def current(background: Background) -> Files | None:
    """The files that the stored row names."""
    row = Background.objects.filter(pk=background.pk).values_list("image", "thumbnail").first()
    return Files(*row) if row and all(row) else None


def _write(name: str, body: bytes) -> None:
    stored = default_storage.save(name, ContentFile(body))
    if (
        stored != name
    ):  # the name is random: somebody else's file is in its place only if something is very wrong
        default_storage.delete(stored)
        raise OSError(f"{name} is taken")


def remove(files: Files) -> None:
    """Delete files; those that are not there are no matter."""
    for name in (files.image, files.thumbnail):
        with contextlib.suppress(OSError):
            default_storage.delete(name)
