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
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from rooms import colours
from rooms.models import Background

LONG_SIDE = 2560
"Pixels: sharp on a large screen; more is bytes that nobody sees under a scrim."

THUMBNAIL_LONG_SIDE = 480
QUALITY = 82
BROKEN = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError)
"What Pillow's decoders raise on files that are broken; each of them has its own idea."

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")


class BadImage(ValueError):
    """The upload cannot be used. The text is for whoever uploaded it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image encoded by us: two WebP files and what was learnt from the pixels."""

    image: bytes
    thumbnail: bytes
    accent: str


def encode(upload: IO[bytes], max_bytes: int, max_pixels: int) -> Picture:
    """Check and encode an upload. Raises BadImage."""
    data = upload.read(max_bytes + 1)
    if len(data) > max_bytes:
        limit = max_bytes >> 20
        raise BadImage(_("The file is larger than %(limit)d MB. Make it smaller and upload it again.") % {"limit": limit})
    picture = _decode(data, max_pixels)
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    small = picture.copy()
    small.thumbnail((THUMBNAIL_LONG_SIDE, THUMBNAIL_LONG_SIDE), Image.Resampling.LANCZOS)
    return Picture(_webp(picture), _webp(small), _accent(small))


def _decode(data: bytes, max_pixels: int) -> Image.Image:
    """Upright RGB pixels of the first frame."""
    with _unusable():
        # Only these decoders are tried: no PostScript, no PDF, no TIFF. SVG has none.
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    width, height = image.size
    if width * height > max_pixels:
        limit = max_pixels // 1_000_000
        raise BadImage(_("The image has more than %(limit)d megapixels. Make it smaller and upload it again.") % {"limit": limit})
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
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
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
        raise BadImage(_("This is not an image that can be used. Upload a JPEG, PNG, WebP, AVIF or GIF file.")) from exc


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


def store(background: Background, picture: Picture) -> None:
    """Save the files under names that nobody can guess, then the row, then drop the files of before.

    A full disk or a failing database leaves the old image in its place and no half file. Raises BadImage.
    """
    before = [field.name for field in (background.image, background.thumbnail) if field and field.name] if background.pk else []
    before = [name for name in before if name.startswith("backgrounds/")]
    stem = f"backgrounds/{secrets.token_hex(12)}"
    written: list[str] = []
    try:
        for name, body in ((f"{stem}.webp", picture.image), (f"{stem}-small.webp", picture.thumbnail)):
            written.append(name)
            _write(name, body)
        background.image.name, background.thumbnail.name = written
        background.accent = picture.accent
        background.save()
    except OSError as exc:
        _remove(written)
        raise BadImage(_("The image could not be saved: the server's disk is full or read-only. Nothing was changed.")) from exc
    except BaseException:
        _remove(written)
        raise
    _remove(before)


def _write(name: str, body: bytes) -> None:
    stored = default_storage.save(name, ContentFile(body))
    if stored != name:  # the name is random: somebody else's file is in its place only if something is very wrong
        default_storage.delete(stored)
        raise OSError(f"{name} is taken")


def _remove(names: list[str]) -> None:
    for name in names:
        with contextlib.suppress(OSError):
            default_storage.delete(name)


def forget(background: Background) -> None:
    """Remove the files of a background whose row is gone."""
    _remove([field.name for field in (background.image, background.thumbnail) if field and field.name])
