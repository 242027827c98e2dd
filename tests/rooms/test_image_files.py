"""Which pixels come out of which file, compared before our own lossy encoding."""

from __future__ import annotations

import contextlib
import io
import random
import struct
from typing import Any

import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageOps

from rooms.looks.image_files import BadImage, decode
from tests.rooms import images

SIZE = (320, 240)
ORANGE = (230, 140, 40)
TEAL = (20, 120, 130)


def colours(data: bytes) -> list[tuple[int, ...]]:
    """The colours of the upper and the lower half."""
    image = decode(data, 60_000_000, 2560)
    assert image.mode == "RGB"
    assert not image.info
    width, height = image.size
    found = [image.getpixel((width // 2, height * part // 4)) for part in (1, 3)]
    return [pixel for pixel in found if isinstance(pixel, tuple)]


def near(found: tuple[int, ...], wanted: tuple[int, ...], by: int = 3) -> bool:
    return max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= by


def sixteen(*values: int) -> bytes:
    """Samples of 16 bits from values of 8."""
    return b"".join(struct.pack(">H", value * 257) for value in values)


GREY, LIGHT = (90, 90, 90), (200, 200, 200)
WHITE = (255, 255, 255)

FORMS: dict[str, tuple[bytes, tuple[int, ...], tuple[int, ...]]] = {
    "16-bit grey": (images.png(SIZE, 16, 0, sixteen(90), sixteen(200)), GREY, LIGHT),
    "16-bit grey with a clear value": (
        images.png(SIZE, 16, 0, sixteen(90), sixteen(200), (b"tRNS", sixteen(90))),
        WHITE,
        LIGHT,
    ),
    "16-bit grey with alpha": (
        images.png(SIZE, 16, 4, sixteen(90, 255), sixteen(90, 0)),
        GREY,
        WHITE,
    ),
    "16-bit colour": (images.png(SIZE, 16, 2, sixteen(*ORANGE), sixteen(*TEAL)), ORANGE, TEAL),
    "16-bit colour with alpha": (
        images.png(SIZE, 16, 6, sixteen(*ORANGE, 255), sixteen(*TEAL, 0)),
        ORANGE,
        WHITE,
    ),
    "grey with alpha": (images.png(SIZE, 8, 4, bytes([90, 255]), bytes([90, 0])), GREY, WHITE),
    "grey with a clear value": (
        images.png(SIZE, 8, 0, bytes([90]), bytes([200]), (b"tRNS", b"\0\xc8")),
        GREY,
        WHITE,
    ),
    "colour with a clear one": (
        images.png(
            SIZE, 8, 2, bytes(ORANGE), bytes(TEAL), (b"tRNS", bytes([0, 20, 0, 120, 0, 130]))
        ),
        ORANGE,
        WHITE,
    ),
    "palette": (
        images.png(SIZE, 8, 3, b"\0", b"\1", (b"PLTE", bytes([*ORANGE, *TEAL]))),
        ORANGE,
        TEAL,
    ),
    "palette with transparency": (
        images.png(
            SIZE, 8, 3, b"\0", b"\1", (b"PLTE", bytes([*ORANGE, *TEAL])), (b"tRNS", b"\xff\0")
        ),
        ORANGE,
        WHITE,
    ),
    "palette of four bits": (
        images.png(SIZE, 4, 3, b"\0", b"\x11", (b"PLTE", bytes([*ORANGE, *TEAL]))),
        ORANGE,
        TEAL,
    ),
    "one bit": (images.png(SIZE, 1, 0, b"\0", b"\xff"), (0, 0, 0), WHITE),
    "two bits": (images.png(SIZE, 2, 0, b"\x55", b"\xaa"), (85, 85, 85), (170, 170, 170)),
    "YCCK": (images.ycck((25, 115, 215, 0)), ORANGE, ORANGE),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_pixels_keeps_its_colours(name: str) -> None:
    data, upper, lower = FORMS[name]
    found = colours(data)
    assert near(found[0], upper), found
    assert near(found[1], lower), found


def test_a_cmyk_photo_keeps_its_colours() -> None:
    out = io.BytesIO()
    Image.new("CMYK", SIZE, (25, 115, 215, 0)).save(out, "JPEG", quality=95)
    assert near(colours(out.getvalue())[0], ORANGE, by=6)


# Colour profiles


def in_display_p3(colour: tuple[int, ...]) -> tuple[int, ...]:
    """The values of an sRGB colour in Display P3."""
    wide = ImageCms.ImageCmsProfile(io.BytesIO(images.rgb_profile()))
    pixel = ImageCms.profileToProfile(
        Image.new("RGB", (1, 1), colour), ImageCms.createProfile("sRGB"), wide
    )
    assert pixel is not None
    found = pixel.getpixel((0, 0))
    assert isinstance(found, tuple)
    assert not near(found, colour, by=8), "the profile changes nothing"
    return found


def profiled(kind: str) -> bytes:
    """Orange above, teal below, in Display P3; with alpha, half of the teal is transparent."""
    upper, lower = bytes(in_display_p3(ORANGE)), bytes(in_display_p3(TEAL))
    chunk = images.profile_chunk(images.rgb_profile())
    if kind == "palette":
        return images.png(SIZE, 8, 3, b"\0", b"\1", chunk, (b"PLTE", upper + lower))
    if kind == "palette with transparency":
        clear = (b"tRNS", b"\xff\xff\x00")
        return images.png(SIZE, 8, 3, b"\0", b"\1", chunk, (b"PLTE", upper + lower + upper), clear)
    if kind == "16-bit":
        return images.png(SIZE, 16, 2, sixteen(*upper), sixteen(*lower), chunk)
    if kind == "RGBA":
        return images.png(SIZE, 8, 6, upper + b"\xff", lower + b"\xff", chunk)
    image = Image.new("RGB", SIZE, tuple(upper))
    image.paste(tuple(lower), (0, SIZE[1] // 2, *SIZE))
    if kind == "HEIC":
        return images.heic(image, icc_profile=images.rgb_profile())
    out = io.BytesIO()
    options: dict[str, Any] = {"WEBP": {"lossless": True}, "PNG": {}}.get(kind, {"quality": 95})
    image.save(out, kind, icc_profile=images.rgb_profile(), **options)
    return out.getvalue()


@pytest.mark.parametrize(
    "kind",
    [
        "JPEG",
        "PNG",
        "WEBP",
        "AVIF",
        "HEIC",
        "RGBA",
        "16-bit",
        "palette",
        "palette with transparency",
    ],
)
def test_a_profile_counts_whatever_the_kind_of_image(kind: str) -> None:
    found = colours(profiled(kind))
    assert near(found[0], ORANGE, by=5), found
    assert near(found[1], TEAL, by=5), found


@pytest.mark.parametrize(
    ("depth", "kind", "pixel"),
    [(8, 0, b"\x80"), (16, 0, b"\x80\x80"), (8, 4, b"\x80\xff"), (1, 0, b"\xff")],
    ids=["8 bits", "16 bits", "with alpha", "one bit"],
)
def test_a_profile_of_greys_counts_too(depth: int, kind: int, pixel: bytes) -> None:
    data = images.png(SIZE, depth, kind, pixel, pixel, images.profile_chunk(images.grey_profile()))
    wanted = 255 if depth == 1 else 188
    assert near(colours(data)[0], (wanted,) * 3)


def test_a_profile_that_is_nonsense_or_of_another_kind_is_left_out() -> None:
    for profile in (b"nonsense" * 40, images.grey_profile()):
        chunk = images.profile_chunk(profile)
        data = images.png(SIZE, 8, 2, bytes(ORANGE), bytes(TEAL), chunk)
        assert colours(data) == [ORANGE, TEAL]


def test_an_image_with_a_profile_is_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("RGB", (400, 300), in_display_p3(ORANGE))
    image.paste(in_display_p3(TEAL), (0, 150, 400, 300))
    for kind in ("PNG", "JPEG"):
        out = io.BytesIO()
        image.save(out, kind, icc_profile=images.rgb_profile(), exif=exif)
        turned = decode(out.getvalue(), 60_000_000, 2560)
        assert turned.size == (300, 400)
        sides = [turned.getpixel((x, 200)) for x in (20, 280)]
        assert near(sides[0], TEAL, by=8), sides  # type: ignore[arg-type]
        assert near(sides[1], ORANGE, by=8), sides  # type: ignore[arg-type]


# Shapes


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ((37, 911), "too small to fill a screen: 37 × 911 pixels"),
        ((319, 200), "at least 320 × 200"),
        ((4000, 199), "too small"),
        ((240, 2400), "too narrow"),
        ((2400, 240), "too wide"),
    ],
)
def test_an_absurd_shape_is_refused_with_what_to_do(size: tuple[int, int], text: str) -> None:
    with pytest.raises(BadImage, match=text):
        decode(images.photo("PNG", size), 60_000_000, 2560)


@pytest.mark.parametrize("size", [(320, 200), (200, 320), (390, 844), (1600, 400), (300, 900)])
def test_phones_and_panoramas_are_welcome(size: tuple[int, int]) -> None:
    assert decode(images.photo("PNG", size), 60_000_000, 2560).size == size


def test_an_absurd_shape_is_judged_as_it_stands() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = images.photo("JPEG", (1200, 320), exif=exif)
    with pytest.raises(BadImage, match="too narrow"):
        decode(lying, 60_000_000, 2560)


# HEIC, as phones store it


def corners() -> Image.Image:
    """A picture with four different corners."""
    image = Image.new("RGB", (400, 320), (10, 10, 10))
    for colour, box in (
        ((250, 40, 40), (0, 0, 200, 160)),
        ((40, 250, 40), (200, 0, 400, 160)),
        ((40, 40, 250), (0, 160, 200, 320)),
    ):
        image.paste(colour, box)
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_upright_however_the_phone_was_held(orientation: int) -> None:
    image = corners()
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = images.heic(image, exif=exif.tobytes())
    assert (b"irot" in data or b"imir" in data) == (orientation != 1)
    turned = corners()
    turned.info["exif"] = exif.tobytes()
    wanted, found = ImageOps.exif_transpose(turned), decode(data, 60_000_000, 2560)
    assert found.size == wanted.size
    for x in (0.25, 0.75):
        for y in (0.25, 0.75):
            at = (int(found.width * x), int(found.height * y))
            here, there = found.getpixel(at), wanted.getpixel(at)
            assert near(here, there, by=12), at  # type: ignore[arg-type]


def test_the_main_picture_of_a_heic_with_several_is_used() -> None:
    file = pillow_heif.from_pillow(Image.new("RGB", (400, 300), TEAL))
    file.add_from_pillow(Image.new("RGB", (500, 300), ORANGE))
    out = io.BytesIO()
    file.save(out, primary_index=1, quality=95, chroma=444)
    image = decode(out.getvalue(), 60_000_000, 2560)
    assert image.size == (500, 300)
    assert near(image.getpixel((9, 9)), ORANGE, by=6)  # type: ignore[arg-type]


def ten_bits() -> bytes:
    row = struct.pack("<3H", *(value * 257 for value in ORANGE)) * 400
    file = pillow_heif.from_bytes("RGB;16", (400, 300), row * 300)
    out = io.BytesIO()
    file.save(out, quality=95, chroma=444)
    return out.getvalue()


def test_heic_with_ten_bits_keeps_its_colours() -> None:
    assert pillow_heif.open_heif(ten_bits(), convert_hdr_to_8bit=False).info["bit_depth"] == 10
    assert near(colours(ten_bits())[0], ORANGE, by=6)


def test_heic_that_claims_too_many_pixels_is_refused_by_its_header() -> None:
    data = images.heic(corners())
    size = struct.pack(">II", 400, 320)
    assert size in data
    with pytest.raises(BadImage, match="more than 60 megapixels"):
        decode(data.replace(size, struct.pack(">II", 20_000, 16_000)), 60_000_000, 2560)


@pytest.mark.parametrize("kind", ["HEIC", "ten bits", "AVIF", "WEBP", "GIF", "JPEG", "PNG"])
def test_broken_files_give_the_declared_error_and_no_other(kind: str) -> None:
    makers = {"HEIC": lambda: images.heic(corners()), "ten bits": ten_bits}
    data = makers.get(kind, lambda: images.photo(kind, (400, 300)))()
    chance = random.Random(kind)
    for _time in range(60):
        broken = bytearray(data)
        for _change in range(chance.randint(1, 12)):
            # Most of what can go wrong is in the boxes at the front.
            end = len(broken) if chance.random() < 0.4 else min(len(broken), 700)
            broken[chance.randrange(end)] = chance.choice((0, 255, chance.randrange(256)))
        if chance.random() < 0.3:
            del broken[chance.randrange(len(broken)) :]
        with contextlib.suppress(BadImage):
            decode(bytes(broken), 2_000_000, 320)
