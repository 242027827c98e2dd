"""The limits of CONTRIBUTING.md that neither ruff nor import-linter enforces."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path, PurePosixPath

from tools.metrics import (
    LONG_FUNCTION,
    LONG_LINE,
    bare_strings,
    counted_lines,
    functions,
    length,
    read,
    sources,
    tracked,
)

ROOT = Path(__file__).resolve().parents[1]
PATHS = tracked(ROOT)
PYTHON = sources(ROOT, PATHS)
TEXT = (".py", ".js", ".mjs", ".css", ".html", ".md", ".toml", ".yaml")
LONGEST_FILE = 400  # lines
FULLEST_FOLDER = 20  # modules
# On the packet path a call per packet costs more than a long function.
PACKET_PATH = ("sfu_worker/rtp/vp8.py", "sfu_worker/up/ingress.py")
SHIPPED = ("confcall", "rooms", "sfu_worker", "static/rooms")


def test_lines_have_a_hundred_characters_at_most() -> None:
    long = [
        f"{path}: {line[:60]}"
        for path in PATHS
        if path.endswith(TEXT) and not path.startswith("tests/data/")
        for line in counted_lines(path, read(ROOT, path))
        if len(line) > LONG_LINE
    ]
    assert not long, "\n".join(long)


def test_files_are_short_enough_to_read() -> None:
    long = {
        path: lines
        for path in PATHS
        if path.endswith((".py", ".js", ".css"))
        for lines in [len(read(ROOT, path).splitlines())]
        if lines > LONGEST_FILE
    }
    assert not long


def test_a_comment_explains_a_constant_and_no_string_below_it() -> None:
    found = {file.path: bare_strings(file.tree) for file in PYTHON}
    assert not {path: count for path, count in found.items() if count}


def test_functions_fit_on_a_screen() -> None:
    assert not [
        f"{file.path}: {function.name}"
        for file in PYTHON
        if file.path not in PACKET_PATH
        for function in functions(file.tree)
        if length(function) > LONG_FUNCTION
    ]


def test_no_folder_that_ships_has_more_than_twenty_modules() -> None:
    folders = Counter(
        str(PurePosixPath(path).parent)
        for path in PATHS
        if path.endswith((".py", ".js")) and path.startswith(SHIPPED)
        if PurePosixPath(path).stem not in ("__init__", "__main__")
    )
    assert folders
    assert not {folder: count for folder, count in folders.items() if count > FULLEST_FOLDER}


def has_behaviour(tree: ast.Module) -> bool:
    """Whether anything in a module does more than hold values."""
    return any(function.name != "__init__" for function in functions(tree))


def test_each_module_of_the_worker_has_a_test_of_its_name() -> None:
    tests = {path for path in PATHS if path.startswith("tests/sfu_worker/")}
    alone = []
    for file in PYTHON:
        path = PurePosixPath(file.path)
        if path.parts[0] != "sfu_worker" or path.name.startswith("__"):
            continue
        twin = str(PurePosixPath("tests", path.parent, f"test_{path.name}"))
        if has_behaviour(file.tree) and twin not in tests:
            alone.append(file.path)
    assert not alone
