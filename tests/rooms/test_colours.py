"""Contrast and accents."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rooms import colours
from rooms.looks import DARK_PANEL, LIGHT_PANEL

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


def test_a_readable_colour_stays_as_it_is() -> None:
    assert colours.readable("#003399", LIGHT_PANEL) == "#003399"


def test_the_accent_is_the_images_own_colour() -> None:
    orange = colours.accent([(230, 140, 40)] * 300 + [(120, 120, 120)] * 700, "#5b8cff")
    red, green, blue = colours.parse(orange)
    assert red > green > blue


def test_a_grey_image_gets_the_fallback() -> None:
    assert colours.accent([(128, 128, 128)] * 1000, "#5b8cff") == "#5b8cff"


@pytest.mark.parametrize("text", ["", "red", "#fff", "#gggggg", "5b8cff1"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        colours.parse(text)
