"""No line is longer than can be read at a glance: 100 characters, where no formatter sees to it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 100
CHECKED = {"static/rooms": {".js", ".css"}, "tests/js": {".js"}}


@pytest.mark.parametrize("folder", CHECKED)
def test_no_line_is_longer_than_100_characters(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in CHECKED[folder]]
    assert files
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert not wrong
