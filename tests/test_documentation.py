"""The files that the documentation for contributors names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
NAME = re.compile(r"(?<![\w./<>*-])[\w.-]*\w(?:/[\w.-]+)*(?:\.(?:py|js|html|css|md|toml|sdp)\b|/)")


def tracked() -> set[str]:
    command = ["git", "-C", str(ROOT), "ls-files"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def named(text: str) -> set[str]:
    """The files and folders in a text. A folder ends in a slash; addresses are no files."""
    text = re.sub(r"https?://\S+|\]\([^)]*\)|/ws/\S*|\.venv/\S*", " ", text)
    return set(NAME.findall(text))


def test_files_and_folders_are_found_in_a_text() -> None:
    text = "`a/b.py`, c.js (see [d](e.md)) and `f/g/`; /i/<token>/ and tests/js/<module>.test.js"
    assert named(text) == {"a/b.py", "c.js", "f/g/", "tests/js/"}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_the_documentation_names_exists(page: str) -> None:
    files = tracked()
    folders = {f"{parent}/" for file in files for parent in Path(file).parents}
    names = named((ROOT / page).read_text(encoding="utf-8"))
    assert names
    missing = [
        name
        for name in names
        if not any(f"/{there}".endswith(f"/{name}") for there in files | folders)
    ]
    assert not sorted(missing)
