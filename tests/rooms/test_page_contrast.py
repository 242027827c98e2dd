"""Text keeps 4.5:1 on every panel, over any image (WCAG 2.2, 1.4.3), and controls 3:1 (1.4.11)."""

from __future__ import annotations

import re

import pytest

from tests.rooms.stylesheet import tokens

Colour = tuple[float, float, float]
BLACK: Colour = (0.0, 0.0, 0.0)
WHITE: Colour = (1.0, 1.0, 1.0)


def rgba(text: str) -> tuple[Colour, float]:
    if match := re.fullmatch(r"#([0-9a-f]{6})", text):
        red, green, blue = (int(match[1][i : i + 2], 16) / 255 for i in (0, 2, 4))
        return (red, green, blue), 1.0
    match = re.fullmatch(r"rgb\((\d+) (\d+) (\d+) / ([\d.]+)\)", text)
    assert match, f"a colour in another form than expected: {text}"
    return (int(match[1]) / 255, int(match[2]) / 255, int(match[3]) / 255), float(match[4])


def over(text: str, below: Colour) -> Colour:
    colour, alpha = rgba(text)
    red, green, blue = (alpha * c + (1 - alpha) * b for c, b in zip(colour, below, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("image", [BLACK, WHITE], ids=["black image", "white image"])
@pytest.mark.parametrize("text", ["--text", "--text-quiet"])
def test_text_can_be_read_on_a_panel_over_any_image(scheme: str, image: Colour, text: str) -> None:
    values = tokens(scheme)
    panel = over(values["--panel"], image)
    assert contrast(rgba(values[text])[0], panel) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("image", [BLACK, WHITE], ids=["black image", "white image"])
def test_text_can_be_read_on_a_button_and_in_a_field_on_a_panel(scheme: str, image: Colour) -> None:
    values = tokens(scheme)
    panel = over(values["--panel"], image)
    for layer in ("--hover", "--field"):
        assert contrast(rgba(values["--text"])[0], over(values[layer], panel)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "pair",
    [
        ("--accent-text", "--accent"),
        ("--danger-text", "--danger"),
        ("--text-quiet", "--panel-solid"),
        ("--danger", "--panel-solid"),
    ],
)
def test_text_on_solid_colours_can_be_read(scheme: str, pair: tuple[str, str]) -> None:
    values = tokens(scheme)
    assert contrast(rgba(values[pair[0]])[0], rgba(values[pair[1]])[0]) >= 4.5


@pytest.mark.parametrize("picture", [BLACK, WHITE], ids=["black picture", "white picture"])
def test_a_name_can_be_read_on_any_picture(picture: Colour) -> None:
    values = tokens("light")
    assert contrast(rgba(values["--tile-text"])[0], over(values["--tile-label"], picture)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("image", [BLACK, WHITE], ids=["black image", "white image"])
def test_the_edge_of_a_field_can_be_seen(scheme: str, image: Colour) -> None:
    values = tokens(scheme)
    panel = over(values["--panel"], image)
    assert contrast(over(values["--line-strong"], panel), panel) >= 3
