"""The parts that messages are made of."""

from __future__ import annotations

import pytest

from sfu_worker.wire.common import is_held


@pytest.mark.parametrize(
    ("source", "held", "expected"),
    [
        ("microphone", ["microphone"], True),
        ("camera", ["microphone"], False),
        ("screen-audio", ["screen"], True),
        ("screen", [], False),
    ],
)
def test_a_held_screen_is_silent_too(source: str, held: list[str], expected: bool) -> None:
    assert is_held(source, held) is expected
