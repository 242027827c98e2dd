"""Uploaded images: checked, and encoded anew, so that nothing of the file that somebody sent is ever served.

What is refused, and before what: too many bytes before reading; an unknown format and too many pixels before decoding
(from the header alone); whatever does not decode to its end. What comes out is a WebP of our own, turned upright,
without EXIF, colour profile, comments or further frames, and a thumbnail.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from rooms import colours
from rooms.models import Background

LONG_SIDE = 2560
"Pixels: sharp on a large screen; more is bytes that nobody sees under a scrim."

THUMBNAIL_LONG_SIDE = 480
QUALITY = 82
BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError)
"What Pillow's decoders raise on files that are broken; each of them has its own idea."

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")


class BadImage(ValueError):
    """The upload cannot be used. The text is for whoever uploaded it."""


def too_large(max_bytes: int) -> BadImage:
    limit = max_bytes >> 20
    return BadImage(
        _("The file is larger than %(limit)d MB. Make it smaller and upload it again.")
        % {"limit": limit}
    )


def too_many_pixels(max_pixels: int) -> BadImage:
    limit = max_pixels // 1_000_000
    return BadImage(
        _("The image has more than %(limit)d megapixels. Make it smaller and upload it again.")
        % {"limit": limit}
    )


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
    picture = _decode(data, max_pixels)
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    small = picture.copy()
    small.thumbnail((THUMBNAIL_LONG_SIDE, THUMBNAIL_LONG_SIDE), Image.Resampling.LANCZOS)
    return Picture(_webp(picture), _webp(small), picture.size, _accent(small))


def _decode(data: bytes, max_pixels: int) -> Image.Image:
    """Upright RGB pixels of the first frame."""
    try:
        with _unusable():
            # Only these decoders are tried: no PostScript, no PDF, no TIFF. SVG has none.
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as exc:  # Pillow's own limit, twice 89 million, was faster
        raise too_many_pixels(max_pixels) from exc
    width, height = image.size
    if width * height > max_pixels:
        raise too_many_pixels(max_pixels)
    if min(width, height) < 16:
        raise BadImage(_("The image is too small to fill a screen. Choose a larger one."))
    with _unusable():
        if image.format == "JPEG":
            # The decoder can leave out detail that is scaled away below: a quarter of the memory for a large photo.
            image.draft("RGB", (LONG_SIDE, LONG_SIDE))
        image.seek(0)
        image.load()
        return _flat(ImageOps.exif_transpose(_srgb(image)))


def _srgb(image: Image.Image) -> Image.Image:
    """The colours as the image's own profile means them, so that the profile itself can be left behind."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        if converted is not None:
            converted.info["exif"] = image.info.get("exif", b"")
            return converted
    return image


def _flat(image: Image.Image) -> Image.Image:
    """RGB, with white behind what is transparent, and without any metadata."""
    if "A" in image.getbands() or "transparency" in image.info:
        layer = image.convert("RGBA")
        flat = Image.new("RGB", layer.size, "white")
        flat.paste(layer, mask=layer.getchannel("A"))
    else:
        flat = image.convert("RGB")
    flat.info.clear()
    return flat


@contextlib.contextmanager
def _unusable() -> Iterator[None]:
    """Whatever Pillow raises on files that are broken, cut short, or something else altogether."""
    try:
        with warnings.catch_warnings():
            # Pillow's own limit only warns; ours is checked from the header.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except BROKEN as exc:
        raise BadImage(
            _("This is not an image that can be used. Upload a JPEG, PNG, WebP, AVIF or GIF file.")
        ) from exc


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
