"""Front page, health, images and stylesheets."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rooms.looks import backgrounds
from rooms.models import Background, Room
from tests.rooms import images

pytestmark = pytest.mark.django_db


def test_the_front_page_says_nothing_about_rooms(client: Client) -> None:
    empty = client.get("/").content
    Room.objects.create(slug="garden", title="Garden")
    assert client.get("/").content == empty


def test_health_asks_the_database_and_redis(client: Client, settings: Any) -> None:
    response = client.get("/health/")
    assert (response.status_code, response.json()) == (200, {"database": True, "redis": True})
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/health/")
    assert (response.status_code, response.json()) == (503, {"database": True, "redis": False})


@pytest.mark.parametrize(
    "path",
    [
        "/media/backgrounds/absent.webp",
        "/media/backgrounds/../secret_key",
        "/media/backgrounds/..%2f..%2fsecret_key",
        "/media/backgrounds/x.svg",
        "/media/secret_key",
        "/media/backgrounds/",
        "/static/../manage.py",
    ],
)
def test_nothing_but_our_images_is_served(
    client: Client, settings: Any, tmp_path: Path, path: str
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media" / "backgrounds").mkdir(parents=True)
    (tmp_path / "media" / "backgrounds" / "x.svg").write_text("<svg/>")
    (tmp_path / "media" / "secret_key").write_text("secret")
    assert client.get(path).status_code == 404


def test_an_old_stylesheet_address_answers_and_is_not_kept(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    picture = backgrounds.encode(io.BytesIO(images.photo()), 1 << 20, 1_000_000)
    background = Background(title="Hills", focal_x=20)
    backgrounds.adopt(background, backgrounds.write(picture), picture)
    response = client.get(f"/look/{background.pk}.000000000000.css")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-cache")
    assert "--focal: 20% 50%" in response.content.decode()
    assert client.get("/look/999999.000000000000.css").status_code == 404
