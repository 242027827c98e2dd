"""Uploaded image files, turned into pixels: upright, sRGB, no larger than a screen.

Unknown formats, and too many or too few pixels, are refused before decoding, by the header alone.
Extreme shapes are refused, and whatever does not decode to its end.
"""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import warnings
from collections.abc import Iterator

import pillow_heif
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageCms, ImageOps

logger = logging.getLogger(__name__)

# Only these decoders are tried: no PostScript, PDF, TIFF or SVG. A HEIF file may be an AVIF too, so
# AVIF goes first.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")
KINDS = gettext_lazy("JPEG, PNG, WebP, AVIF, HEIC or GIF")
ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,image/gif,.heic,.heif"

# Pixels. A smaller image would be a blur behind a call.
SHORTEST_LONG_SIDE, SHORTEST_SHORT_SIDE = 320, 200
# Width divided by height: a phone held upright with some space, and a panorama.
NARROWEST, WIDEST = 1 / 3, 4.0


class BadImage(ValueError):
    """The upload cannot be used. The text is for the person who uploaded it."""


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


def decode(data: bytes, max_pixels: int, long_side: int) -> Image.Image:
    """RGB pixels of the first or main picture, at most ``long_side`` long. Raises BadImage."""
    image = _open(data, max_pixels)
    _check_size(image.size)
    with _unusable():
        if image.format == "JPEG":
            # The decoder may leave out detail that is scaled away below: a quarter of the memory.
            image.draft("RGB", (long_side, long_side))
        image.load()
    if image.format == "HEIF":  # its header may have lied
        _check_pixels(image.size, max_pixels)
        _check_size(image.size)
    with _unusable():
        plain = _eight_bits(image)
        # Scale before the colours are converted: full-size copies cost the memory.
        plain.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
        upright = ImageOps.exif_transpose(plain)
        _check_shape(upright.size)
        return _flat(_srgb(upright))


def square(data: bytes, max_pixels: int, side: int) -> Image.Image:
    """RGB pixels of the middle of a picture of any size, for a face. Raises BadImage."""
    image = _open(data, max_pixels)
    with _unusable():
        if image.format == "JPEG":
            image.draft("RGB", (2 * side, 2 * side))
        image.load()
    _check_pixels(image.size, max_pixels)
    with _unusable():
        upright = ImageOps.exif_transpose(_eight_bits(image))
        return _flat(_srgb(ImageOps.fit(upright, (side, side), Image.Resampling.LANCZOS)))


def _open(data: bytes, max_pixels: int) -> Image.Image:
    """The picture before it is decoded, which has no more pixels than it may have."""
    _register_heif()
    try:
        with _unusable():
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as exc:  # Pillow's own limit (twice 89 million) came first
        raise too_many_pixels(max_pixels) from exc
    _check_pixels(image.size, max_pixels)
    return image


@functools.cache
def _register_heif() -> None:
    # Use the main picture, not an embedded thumbnail, and skip what we would not look at.
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise too_many_pixels(max_pixels)


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if max(size) < SHORTEST_LONG_SIDE or min(size) < SHORTEST_SHORT_SIDE:
        raise BadImage(
            _(
                "The image is too small to fill a screen: %(width)d × %(height)d pixels. "
                "Choose one of at least %(long)d × %(short)d."
            )
            % {
                "width": width,
                "height": height,
                "long": SHORTEST_LONG_SIDE,
                "short": SHORTEST_SHORT_SIDE,
            }
        )


def _check_shape(size: tuple[int, int]) -> None:
    ratio = size[0] / size[1]
    if not NARROWEST <= ratio <= WIDEST:
        text = (
            _(
                "The image is too narrow to fill a screen. Crop its height to at most three times "
                "its width."
            )
            if ratio < 1
            else _(
                "The image is too wide to fill a screen. Crop its width to at most four times its "
                "height."
            )
        )
        raise BadImage(text)


def _eight_bits(image: Image.Image) -> Image.Image:
    """The same picture with 8 bits a channel, without a palette or a transparent colour.

    Scaling needs this: 16 bits would be clipped, and indices cannot be averaged.
    """
    if image.mode.startswith("I"):
        return _from_sixteen_bits(image)
    clear = image.has_transparency_data
    kinds = {"1": ("L", "LA"), "L": ("L", "LA"), "P": ("RGB", "RGBA"), "RGB": ("RGB", "RGBA")}
    kinds |= {"PA": ("RGBA", "RGBA"), "RGBa": ("RGBA", "RGBA"), "La": ("LA", "LA")}
    mode = kinds.get(image.mode, (image.mode, image.mode))[clear]
    return image if mode == image.mode else image.convert(mode)


def _from_sixteen_bits(image: Image.Image) -> Image.Image:
    """Grey with 16 bits. Pillow's own conversion makes all but the darkest part white."""
    lights = [round(value / 257) for value in range(65536)]
    clear = image.info.get("transparency")
    flat = Image.new("LA" if isinstance(clear, int) else "L", image.size)
    for top in range(0, image.height, 256):  # in bands: each pixel takes four bytes meanwhile
        box = (0, top, image.width, min(top + 256, image.height))
        wide = image.crop(box).convert("I")
        band = wide.point(lights, "L")
        if isinstance(clear, int):
            band.putalpha(wide.point([255 * (v != clear) for v in range(65536)], "L"))
        flat.paste(band, box)
    flat.info = {name: value for name, value in image.info.items() if name != "transparency"}
    return flat


# The modes of pixels that a profile of each colour space applies to.
_SPACES = {
    "RGB": ("RGB", ("RGB", "RGBA", "L", "LA")),
    "GRAY": ("L", ("L", "LA")),
    "CMYK": ("CMYK", ("CMYK",)),
}


def _srgb(image: Image.Image) -> Image.Image:
    """The colours as the image's own profile means them, so that the profile can be dropped."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode, modes = _SPACES.get(source.profile.xcolor_space.strip(), ("", ()))
        if image.mode not in modes:
            return image
        colours = image if image.mode == mode else image.convert(mode)
        converted = ImageCms.profileToProfile(
            colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        if converted is not None:
            if "A" in image.getbands():
                converted.putalpha(image.getchannel("A"))
            return converted
    return image


def _flat(image: Image.Image) -> Image.Image:
    """RGB on white where the image is transparent, without any metadata."""
    if "A" in image.getbands():
        layer = image.convert("RGBA")
        flat = Image.new("RGB", layer.size, "white")
        flat.paste(layer, mask=layer.getchannel("A"))
    else:
        flat = image.convert("RGB")
    flat.info.clear()
    return flat


@contextlib.contextmanager
def _unusable() -> Iterator[None]:
    """Turn whatever a decoder raises into BadImage. Each decoder has its own exceptions."""
    try:
        with warnings.catch_warnings():
            # Pillow's own limit only warns; ours is checked by the header.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except (BadImage, Image.DecompressionBombError):
        raise
    except Exception as exc:
        logger.info("x an upload is not an image: %r", exc)
        raise BadImage(
            _(
                "This file cannot be used as an image. Upload a %(kinds)s file. To convert another "
                "format, open it in an image editor and export it as JPEG."
            )
            % {"kinds": KINDS}
        ) from exc
