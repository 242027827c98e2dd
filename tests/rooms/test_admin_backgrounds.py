"""Background images in the admin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from PIL import Image

from rooms.looks import backgrounds
from rooms.models import Background, Room
from tests.rooms import images

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (images.SVG, "cannot be used as an image"),
        (images.png_header(50_000, 50_000), "megapixels"),
        (images.photo()[:1000], "cannot be used as an image"),
        (b"", "empty"),
    ],
    ids=["svg", "huge png", "cut", "empty"],
)
def test_a_bad_upload_is_an_error_of_the_form(
    owner: Client, settings: Any, data: bytes, says: str
) -> None:
    page = owner.post("/admin/rooms/background/add/", images.upload_form(data, "photo.jpg"))
    assert page.status_code == 200
    assert says in page.content.decode()
    assert not Background.objects.exists()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.*"))


def test_thirty_megabytes_are_refused_and_not_kept(owner: Client) -> None:
    page = owner.post(
        "/admin/rooms/background/add/", images.upload_form(images.photo() + b"\0" * (30 << 20))
    )
    assert "larger than 15 MB" in page.content.decode()
    assert not Background.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x.jpg",
        "..\\..\\x.jpg",
        "/etc/passwd",
        "x.php",
        "a\x00.jpg",
        "<script>.jpg",
    ],
)
def test_the_name_of_an_upload_plays_no_part(owner: Client, settings: Any, name: str) -> None:
    owner.post("/admin/rooms/background/add/", images.upload_form(images.photo(), name))
    background = Background.objects.get()
    assert re.fullmatch(r"backgrounds/[0-9a-f]{24}\.webp", background.image.name or "")
    stored = {
        path.relative_to(settings.MEDIA_ROOT).as_posix()
        for path in Path(settings.MEDIA_ROOT).rglob("*.*")
    }
    assert stored == {background.image.name, background.thumbnail.name}


def test_an_upload_without_a_file_is_refused_and_a_change_needs_none(owner: Client) -> None:
    form = images.upload_form(images.photo())
    del form["upload"]
    assert "Choose an image." in owner.post("/admin/rooms/background/add/", form).content.decode()
    owner.post("/admin/rooms/background/add/", images.upload_form(images.photo()))
    before = Background.objects.get()
    owner.post(
        f"/admin/rooms/background/{before.pk}/change/", form | {"title": "New", "focal_x": "10"}
    )
    after = Background.objects.get()
    assert (after.title, after.focal_x, after.image.name) == ("New", 10, before.image.name)


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_said_and_the_old_image_stays(
    owner: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.post("/admin/rooms/background/add/", images.upload_form(images.photo()))
    before = Background.objects.get()
    real = backgrounds._write

    def full(name: str, body: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backgrounds, "_write", full)
    address = f"/admin/rooms/background/{before.pk}/change/"
    page = owner.post(address, images.upload_form(images.photo("PNG")))
    assert "disk is full" in page.content.decode()
    assert Background.objects.get().image.name == before.image.name
    assert owner.get(before.image.url).status_code == 200
    monkeypatch.setattr(backgrounds, "_write", real)
    owner.post(address, images.upload_form(images.photo("PNG")))
    after = Background.objects.get()
    assert after.image.name != before.image.name
    assert owner.get(before.image.url).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_deleting_a_background_deletes_its_files_and_the_room_stays(
    owner: Client, settings: Any, room: Room
) -> None:
    owner.post("/admin/rooms/background/add/", images.upload_form(images.photo()))
    background = Background.objects.get()
    Room.objects.update(background=background)
    owner.post(f"/admin/rooms/background/{background.pk}/delete/", {"post": "yes"})
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.webp"))
    assert Room.objects.get().background is None


def test_a_photo_of_a_phone_is_taken_as_it_is(owner: Client) -> None:
    data = images.heic(Image.new("RGB", (640, 480), (90, 90, 90)))
    owner.post("/admin/rooms/background/add/", images.upload_form(data, "IMG_0001.HEIC"))
    assert Background.objects.values_list("width", "height").get() == (640, 480)


@pytest.mark.django_db(transaction=True)
def test_an_image_is_encoded_before_anybody_has_to_wait_for_the_database(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, open_transactions = backgrounds.encode, []

    def watched(*args: Any) -> backgrounds.Picture:
        open_transactions.append(connection.in_atomic_block)
        return encode(*args)

    monkeypatch.setattr(backgrounds, "encode", watched)
    owner.post("/admin/rooms/background/add/", images.upload_form(images.photo()))
    assert Background.objects.exists()
    assert open_transactions == [False]
