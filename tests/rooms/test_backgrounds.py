"""Encoding of uploaded images."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from PIL import Image

from rooms.looks import backgrounds
from rooms.looks.image_files import BadImage
from rooms.models import Background
from tests.rooms import images

MB = 1 << 20


def encode(
    data: bytes, max_bytes: int = 15 * MB, max_pixels: int = 60_000_000
) -> backgrounds.Picture:
    return backgrounds.encode(io.BytesIO(data), max_bytes, max_pixels)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_accepted_format_becomes_webp(kind: str) -> None:
    picture = encode(images.photo(kind))
    image, small = Image.open(io.BytesIO(picture.image)), Image.open(io.BytesIO(picture.thumbnail))
    assert (image.format, image.size) == ("WEBP", (800, 600))
    assert (small.format, small.size) == ("WEBP", (480, 360))


def test_large_images_are_made_smaller_and_keep_their_shape() -> None:
    assert Image.open(io.BytesIO(encode(images.photo(size=(4000, 2000))).image)).size == (
        2560,
        1280,
    )


def test_a_photo_is_upright_and_says_nothing_of_where_it_was_taken() -> None:
    data = images.with_gps()
    assert b"SECRET" in data
    image = Image.open(io.BytesIO(encode(data).image))
    assert image.size == (600, 800)
    assert not image.getexif()
    for secret in (b"SECRET", b"EXIF", b"Exif", b"GPS"):
        assert secret not in encode(data).image
        assert secret not in encode(data).thumbnail


def test_transparency_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (320, 240), (0, 0, 0, 0)).save(out, "PNG")
    image = Image.open(io.BytesIO(encode(out.getvalue()).image)).convert("RGB")
    assert image.getpixel((32, 32)) == (255, 255, 255)


@pytest.mark.parametrize(
    "data",
    [
        images.SVG,
        b"",
        b"\0" * 1000,
        b"GIF89a" + b"<script>alert(1)</script>",
        images.photo()[:2000],
        images.photo("PNG")[:500],
        images.photo("WEBP")[:300],
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n",
        b"%PDF-1.4\n",
        images.photo("TIFF"),
        images.photo("BMP"),
        images.photo("ICO"),
    ],
    ids=[
        "svg",
        "empty",
        "zeros",
        "gif",
        "cut jpeg",
        "cut png",
        "cut webp",
        "eps",
        "pdf",
        "tiff",
        "bmp",
        "ico",
    ],
)
def test_an_unusable_image_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(BadImage, match="cannot be used as an image"):
        encode(data)


def test_a_polyglot_loses_its_second_language() -> None:
    script = b"<script>alert('polyglot')</script>"
    picture = encode(images.photo("GIF") + script)
    assert script not in picture.image
    assert picture.image[:4] == b"RIFF"


def test_fifty_thousand_squared_is_refused_by_its_header() -> None:
    tracemalloc.start()
    with pytest.raises(BadImage, match="more than 60 megapixels"):
        encode(images.png_header(50_000, 50_000))
    assert tracemalloc.get_traced_memory()[1] < 20 * MB
    tracemalloc.stop()


def test_a_header_that_promises_more_than_the_file_holds_is_refused() -> None:
    with pytest.raises(BadImage, match="cannot be used as an image"):
        encode(images.png_header(5000, 5000))


def test_a_file_that_is_too_large_is_not_read_to_its_end() -> None:
    file = io.BytesIO(images.photo() + b"\0" * (5 * MB))
    with pytest.raises(BadImage, match="larger than 2 MB"):
        backgrounds.encode(file, 2 * MB, 60_000_000)
    assert file.tell() == 2 * MB + 1


def test_the_first_of_five_thousand_frames_is_used() -> None:
    image = Image.open(io.BytesIO(encode(images.animation(5000)).image))
    assert getattr(image, "n_frames", 1) == 1


def test_a_dot_is_too_small() -> None:
    with pytest.raises(BadImage, match="too small"):
        encode(images.photo("PNG", (8, 8)))


@pytest.mark.django_db
def test_a_full_disk_leaves_no_half_file(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    picture = encode(images.photo())
    real, calls = backgrounds._write, []

    def full_at_the_second(name: str, body: bytes) -> None:
        calls.append(name)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(name, body)

    monkeypatch.setattr(backgrounds, "_write", full_at_the_second)
    with pytest.raises(BadImage, match="disk is full"):
        backgrounds.write(picture)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.django_db(transaction=True)
def test_a_new_image_takes_the_place_of_the_old_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    background = Background(title="Hills")
    for _time in range(2):
        picture = encode(images.photo())
        backgrounds.adopt(background, backgrounds.write(picture), picture)
    files = sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    )
    assert files == sorted([str(background.image), str(background.thumbnail)])


def test_the_sample_image_is_small_enough_to_ship_and_is_what_the_tool_draws(
    tmp_path: Path,
) -> None:
    from tools.draw_sample_background import draw

    path = Path(django_settings.BASE_DIR) / "rooms" / "sample" / "dusk.jpg"
    assert path.stat().st_size < 400 * 1024
    shipped, drawn = Image.open(path).resize((64, 36)), draw().resize((64, 36))
    pairs = zip(shipped.convert("RGB").tobytes(), drawn.tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pairs) < 12
