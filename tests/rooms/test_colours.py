"""Contrast and accents."""

from __future__ import annotations

import colorsys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rooms.looks import colours, stylesheet
from rooms.looks.stylesheet import DARK_DANGER, DARK_PANEL, LIGHT_DANGER, LIGHT_PANEL
from tests.rooms.stylesheet import tokens

COLOURS = st.tuples(*[st.integers(0, 255)] * 3).map(
    lambda rgb: colours.render(tuple(c / 255 for c in rgb))
)


def test_contrast_is_the_one_of_wcag() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@example("#000000", DARK_PANEL)
@example("#ffffff", LIGHT_PANEL)
@given(COLOURS, st.sampled_from([LIGHT_PANEL, DARK_PANEL]))
def test_an_accent_can_be_read_on_our_panels_and_its_text_on_it(colour: str, panel: str) -> None:
    accent = colours.readable(colour, panel)
    assert colours.contrast(accent, panel) >= colours.ENOUGH
    assert colours.contrast(colours.on(accent), accent) >= colours.ENOUGH


def test_hues_are_those_of_css() -> None:
    # From CSS Color 4's table of colours, and the inverse.
    for colour, lightness, chroma, hue in (
        ("#ff0000", 0.628, 0.258, 29.2),
        ("#008000", 0.520, 0.177, 142.5),
        ("#0000ff", 0.452, 0.313, 264.1),
    ):
        found = colours.oklch(colour)
        assert found == pytest.approx((lightness, chroma, hue), rel=0.01)
        assert colours.from_oklch(*found) == colour


THEMES = [(LIGHT_PANEL, LIGHT_DANGER), (DARK_PANEL, DARK_DANGER)]


@pytest.mark.parametrize(("panel", "danger"), THEMES, ids=["light", "dark"])
def test_no_accent_looks_like_the_button_that_ends_something(panel: str, danger: str) -> None:
    for degrees in range(0, 360, 3):
        for lightness in (0.2, 0.45, 0.65, 0.85):
            for saturation in (0.45, 0.6, 0.75, 1.0):
                raw = colours.render(colorsys.hls_to_rgb(degrees / 360, lightness, saturation))
                accent = stylesheet.accent(raw, panel, danger)
                assert colours.contrast(accent, panel) >= colours.ENOUGH, raw
                assert colours.contrast(colours.on(accent), accent) >= colours.ENOUGH, raw
                # Rounding to eight bits shifts the hue of dark and pale colours a little.
                assert (
                    abs(colours.hue_distance(accent, danger)) >= colours.APART - 5
                    or colours.oklch(accent)[1] < colours.GREY
                ), (raw, accent)


def test_a_photo_with_a_red_spot_gives_no_red_button() -> None:
    pixels = [(200, 30, 30)] * 100 + [(120, 120, 120)] * 900
    found = colours.accent(pixels, "#5b8cff")
    assert abs(colours.hue_distance(found, LIGHT_DANGER)) < 10
    for panel, danger in THEMES:
        assert colours.hue_distance(stylesheet.accent(found, panel, danger), danger) > 35


def test_a_blue_accent_stays_as_it_is() -> None:
    assert stylesheet.accent("#003399", LIGHT_PANEL, LIGHT_DANGER) == "#003399"


def test_the_danger_colours_are_those_of_the_stylesheet() -> None:
    assert [tokens(scheme)["--danger"] for scheme in ("light", "dark")] == [
        LIGHT_DANGER,
        DARK_DANGER,
    ]


def test_a_readable_colour_stays_as_it_is() -> None:
    assert colours.readable("#003399", LIGHT_PANEL) == "#003399"


def test_the_accent_is_the_images_own_colour() -> None:
    orange = colours.accent([(230, 140, 40)] * 300 + [(120, 120, 120)] * 700, "#5b8cff")
    red, green, blue = colours.parse(orange)
    assert red > green > blue


def test_a_grey_image_gets_the_fallback() -> None:
    assert colours.accent([(128, 128, 128)] * 1000, "#5b8cff") == "#5b8cff"


@pytest.mark.parametrize("text", ["", "red", "#fff", "#gggggg", "5b8cff1"])
def test_a_text_that_is_not_a_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        colours.parse(text)
