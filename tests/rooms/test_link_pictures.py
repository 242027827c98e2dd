"""The picture that link previews show of a room."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from rooms.cards import drawing, lettering, pictures
from rooms.cards.drawing import Picture, draw
from rooms.cards.lettering import covers, lines
from rooms.looks.colours import contrast, render
from rooms.models import Background, Room

WHITE = (255, 255, 255)


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body), formats=["JPEG"]).convert("RGB")


def picture(title: str = "Garden", background: Path | None = None, **other: Any) -> Picture:
    focal = other.get("focal", (50, 50))
    return Picture(title, "call.example.org", "#5b8cff", background, focal)


def two_colours(folder: Path) -> Path:
    """A wide image, red at the left and blue at the right."""
    image = Image.new("RGB", (2400, 630), (220, 0, 0))
    image.paste((0, 0, 220), (1200, 0, 2400, 630))
    image.save(folder / "wide.webp", lossless=True)
    return folder / "wide.webp"


@pytest.fixture
def shown(room: Room, settings: Any, tmp_path: Path) -> Room:
    """A room with a background."""
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path
    (tmp_path / "media/backgrounds").mkdir(parents=True)
    two_colours(tmp_path).rename(tmp_path / "media/backgrounds/wide.webp")
    room.background = Background.objects.create(
        title="Two colours", image="backgrounds/wide.webp", width=2400, height=630
    )
    room.save()
    return room


def test_the_focal_point_stays_in_the_picture(tmp_path: Path) -> None:
    file = two_colours(tmp_path)
    for across, channel in ((0, 0), (100, 2)):
        body, complete = draw(picture(background=file, focal=(across, 50)), 1200)
        image = opened(body)
        corner = image.getpixel((1150, 40))
        assert isinstance(corner, tuple)
        assert (image.size, complete) == ((1200, 630), True)
        assert corner[channel] == max(corner) > 100


def test_white_text_reads_on_a_white_background(tmp_path: Path) -> None:
    Image.new("RGB", (1200, 630), WHITE).save(tmp_path / "white.webp", lossless=True)
    image = opened(draw(picture(title="", background=tmp_path / "white.webp"), 1200)[0])
    for y in range(drawing.TEXT_TOP, 630, 50):
        pixel = image.getpixel((1190, y))
        assert isinstance(pixel, tuple)
        red, green, blue = (float(c) / 255 for c in pixel)
        assert contrast(render((red, green, blue)), "#ffffff") >= 4.5
    plain = opened(draw(picture(title=""), 1200)[0])
    assert plain.getpixel((5, 5)) != plain.getpixel((5, 625))


@pytest.mark.parametrize("title", ["Garden", "x" * 120, "word " * 24, "\u202ea\x00b"])
def test_a_title_of_any_length_stays_inside(title: str) -> None:
    image = opened(draw(picture(title), 1200)[0])
    bare = opened(draw(picture(""), 1200)[0])
    assert image.tobytes() != bare.tobytes()
    for box in ((0, 0, 1200, 100), (0, 0, 70, 630), (1130, 0, 1200, 630)):
        strip, empty = image.crop(box), bare.crop(box)
        assert strip.tobytes() == pytest.approx(empty.tobytes(), abs=3)


def test_a_long_title_has_three_lines_and_says_that_it_goes_on() -> None:
    font = lettering.Lettering("x").font(64)
    rows, whole = lines("one two three four five six seven eight nine ten", font, 300, 3)
    assert (len(rows), whole) == (3, False)
    assert rows[2].endswith(lettering.ELLIPSIS)
    assert all(font.getlength(row) <= 300 for row in rows)
    assert lines("one two", font, 1000, 3) == (["one two"], True)


def test_letters_that_no_font_has_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_fc_match", lambda letters: "")
    assert lettering.lettering("Garden 🌻 party").text == "Garden party"
    assert lettering.lettering("Tea – now").text == "Tea - now"
    assert lettering.lettering("中文").text == ""
    assert opened(draw(picture("中文 🌻"), 1200)[0]).size == (1200, 630)


def test_a_font_of_the_system_is_used_only_if_it_has_every_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lettering, "_fc_match", lambda letters: "/font.ttc\n65537\n20-7e 416 43b")
    assert lettering.lettering("Жл").path == "/font.ttc"
    assert lettering.lettering("Жл").index == 1
    assert lettering.lettering("Жя").path == ""
    assert covers("20-7e a9", frozenset("A©"))
    assert not covers("20-7e a9", frozenset("Aé"))


def test_a_text_from_right_to_left_stands_at_the_right() -> None:
    assert lettering.Lettering("12 שלום").right_to_left
    assert not lettering.Lettering("12 Garden").right_to_left


@pytest.mark.django_db
def test_the_picture_is_kept_and_its_address_changes_with_it(shown: Room, client: Client) -> None:
    first = pictures.address(shown)
    answer = client.get(first)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert opened(answer.content).size == (1200, 630)
    shown.title = "Another"
    shown.save()
    second = pictures.address(shown)
    assert second != first
    assert client.get(second).content != answer.content
    assert client.get(first).status_code == 404


@pytest.mark.django_db
def test_a_picture_is_drawn_once(
    shown: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = client.get(pictures.address(shown)).content
    monkeypatch.setattr(drawing, "draw", None)
    assert client.get(pictures.address(shown)).content == body


@pytest.mark.django_db
def test_a_picture_has_the_width_of_its_address(shown: Room, client: Client) -> None:
    for width in pictures.WIDTHS:
        image = opened(client.get(pictures.address(shown, width)).content)
        assert image.size == (width, drawing.height_of(width))


@pytest.mark.django_db
def test_nobody_finds_a_picture_by_guessing(shown: Room, client: Client) -> None:
    good = pictures.name(shown, 1200)
    other = pictures.name(shown, 600).replace("-600-", "-1200-")
    odd = [good[:-1], good + "0", other, f"{shown.pk}-1200-{'0' * 32}", f"{10**18}-1200-{'0' * 32}"]
    for name in [*odd, "9" * 80, f"{shown.pk}-999-{'0' * 32}", "-", f"{'9' * 17}-1200-{'a' * 32}"]:
        assert client.get(f"/picture/{name}.jpg").status_code == 404
    shown.closed = True
    shown.save()
    assert client.get(pictures.address(shown)).status_code == 404


@pytest.mark.django_db
def test_a_background_that_is_missing_leaves_a_plain_picture_for_now(
    shown: Room, client: Client
) -> None:
    assert shown.background is not None
    Path(shown.background.image.path).unlink()
    answer = client.get(pictures.address(shown))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


@pytest.mark.django_db
def test_the_folder_of_pictures_does_not_grow_without_end(
    shown: Room, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_FILES", 3)
    folder = settings.DATA_DIR / "pictures"
    folder.mkdir()
    old = (timezone.now() - timedelta(days=1)).timestamp()
    earlier = f"{shown.pk}-1200-{'0' * 32}.jpg"
    for name in [*(f"999{n}-1200-{'0' * 32}.jpg" for n in range(5)), earlier]:
        (folder / name).write_bytes(b"old")
        os.utime(folder / name, (old, old))
    client.get(pictures.address(shown))
    names = {file.name for file in folder.iterdir()}
    assert len(names) == 3
    assert pictures.name(shown, 1200) + ".jpg" in names
    assert earlier not in names


@pytest.mark.django_db
def test_a_disk_that_cannot_be_written_costs_only_time(
    shown: Room, client: Client, settings: Any
) -> None:
    (settings.DATA_DIR / "pictures").write_bytes(b"a file in place of the folder")
    assert client.get(pictures.address(shown)).status_code == 200


@pytest.mark.django_db
def test_whoever_waits_too_long_for_a_picture_is_told_to_come_back(
    shown: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "WAIT_SECONDS", 0.01)
    with pictures._drawing:
        answer = client.get(pictures.address(shown))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
