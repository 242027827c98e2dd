"""Photos of people from other sites: any picture becomes a small square, anything else none."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from rooms.fetching import Answer
from rooms.indieweb import people, photos
from rooms.indieweb.indieauth import Deadline, Proof
from rooms.indieweb.microformats import Card
from rooms.looks.image_files import BadImage

ME = "https://ann.example/"


def png(size: tuple[int, int]) -> bytes:
    body = io.BytesIO()
    Image.new("RGBA", size, (200, 30, 30, 128)).save(body, "PNG", comment="secret")
    return body.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (40, 900), (2000, 300)])
def test_a_photo_of_any_size_becomes_a_square_without_anything_else(size: tuple[int, int]) -> None:
    file = photos.encode(png(size))
    image = Image.open(io.BytesIO(file.read()))
    assert (image.format, image.size, image.mode) == ("WEBP", (photos.SIDE, photos.SIDE), "RGB")
    assert not image.info.get("exif")
    assert str(file.name).endswith(".webp")


@pytest.mark.parametrize("data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a"])
def test_what_is_no_picture_is_no_photo(data: bytes) -> None:
    with pytest.raises(BadImage):
        photos.encode(data)


def test_too_many_pixels_are_refused_by_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MAX_PIXELS", 100 * 100 - 1)
    with pytest.raises(BadImage, match="megapixels"):
        photos.encode(png((100, 100)))


def test_a_photo_on_a_private_address_is_not_fetched() -> None:
    assert photos.fetch_photo("http://127.0.0.1:8000/ann.png", 1) is None


def test_a_photo_has_an_address_and_nothing_else_in_its_folder(
    client: Client, settings: Any
) -> None:
    folder = settings.MEDIA_ROOT / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "abc1.webp").write_bytes(b"bytes")
    response = client.get("/media/photos/abc1.webp")
    assert (response.content, response["Content-Type"]) == (b"bytes", "image/webp")
    assert "immutable" in response["Cache-Control"]
    for absent in ("abc2.webp", "..%2fabc1.webp", "abc1.jpg"):
        assert client.get(f"/media/photos/{absent}").status_code == 404


@pytest.mark.parametrize("photo", ["https://[", "//[", "javascript:alert(1)"])
def test_a_photo_with_a_mangled_address_is_no_photo(photo: str) -> None:
    page = Answer(ME, 200, {"content-type": "text/html"}, b"")
    said = people._card(Proof(ME, {"photo": photo}, page), Deadline.begin())
    assert said == Card(url=ME)


@pytest.mark.django_db
def test_two_who_sign_in_at_once_leave_one_photo(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    page = Answer(ME, 200, {"content-type": "text/html"}, b"")
    proof = Proof(ME, {"name": "Ann", "photo": "/me.png"}, page)

    def fetch(*_: Any) -> Any:
        monkeypatch.setattr(photos, "fetch_photo", lambda *_: photos.encode(png((9, 9))))
        people.remember(proof, Deadline.begin())
        return photos.encode(png((9, 9)))

    monkeypatch.setattr(photos, "fetch_photo", fetch)
    profile = people.remember(proof, Deadline.begin())
    _folders, files = profile.photo.storage.listdir("photos")
    assert files == [Path(str(profile.photo.name)).name]


@pytest.mark.django_db
def test_a_name_that_the_site_does_not_tell_stays() -> None:
    page = Answer(ME, 200, {"content-type": "text/html"}, b"")
    people.remember(Proof(ME, {"name": "Ann"}, page), Deadline.begin())
    assert people.remember(Proof(ME, {}, page), Deadline.begin()).name == "Ann"
